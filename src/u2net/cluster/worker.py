"""A bundle of names -> rows of the manifest: fetch, decode, network, edges, encode, put."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from u2net import __version__
from u2net.batch.animation import made
from u2net.batch.outcome import Outcome
from u2net.batch.plan import Task
from u2net.batch.run import Encodable, done
from u2net.batch.streamed import is_unreached
from u2net.cluster.cores import claim
from u2net.cluster.job import Job
from u2net.cluster.ledger import TRIES
from u2net.cluster.listing import Todo
from u2net.cluster.rows import UNREACHED, Row, row_of, schema, told
from u2net.cluster.weight import Turnstile
from u2net.errors import OutputExistsError, PlaceError, U2NetError
from u2net.parallel import in_order, one_by_one
from u2net.places.address import Address
from u2net.places.place import check_names

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = "rows"
"""The column of what a worker gives."""


class Worker:
    """Holds the line, with its network loaded, for as long as its process lives."""

    def __init__(self, job: Job, ledger: Any, cores: int, at_once: int) -> None:
        claim(cores)
        self._job, self._ledger, self._jobs = job, ledger, at_once
        self._remover = job.remover()
        self._remover.load()
        self._turnstile = Turnstile()
        self._source, self._target = job.origin.place, job.outputs
        model = job.model or str(job.options.model)
        self._about = {"model": model, "version": str(__version__), "run": job.run}

    def __call__(self, bundles: "pa.Table") -> "pa.Table":
        """The rows of all pictures in `bundles`, whatever became of them, as one row.

        Ray Data hands out every row by itself, a tenth of a second each, and the worker waits.
        """
        import pyarrow as pa

        rows = [row for bundle in read(bundles) for row in self._rows(bundle)]
        kind = pa.list_(pa.struct([*schema(), pa.field(UNREACHED, pa.bool_())]))
        return pa.table({ROWS: pa.array([rows], kind)})

    def _rows(self, bundle: list[Todo]) -> Iterator[Row]:
        import ray

        rows, deaths = ray.get(self._ledger.past.remote([told(one.name) for one in bundle]))
        yield from rows.values()
        left = [one for one in bundle if told(one.name) not in rows]
        fresh = [one for one in left if told(one.name) not in deaths]
        for _, row in in_order(self._one, fresh, self._jobs):
            yield _sure(row)
        for one in (one for one in left if told(one.name) in deaths):
            again = partial(self._one, deaths=deaths[told(one.name)])
            for _, row in one_by_one(again, [one]):
                yield _sure(row)

    def _one(self, todo: Todo, *, deaths: int = 0) -> Row:
        begun = self._ledger.begin.remote(told(todo.name))
        row = self._made(todo, deaths, begun)
        self._ledger.end.remote(told(todo.name), row)
        return row

    def _made(self, todo: Todo, deaths: int, begun: Any) -> Row:
        task = Task(
            source=self._source.address / todo.name, target=self._target.address / todo.result
        )
        make = partial(self._outcome, todo=todo, deaths=deaths, begun=begun)
        ((_, result),) = one_by_one(make, [task])
        status, unreached = "done", is_unreached(result)
        if isinstance(result, U2NetError):
            status = "failed" if isinstance(result, PlaceError) else "quarantined"
            result = _failed(task, result)
        row = row_of(result, todo.name, status=status, attempts=deaths + 1, **self._about)
        return row | {UNREACHED: unreached}

    def _outcome(self, task: Task[Address], *, todo: Todo, deaths: int, begun: Any) -> Outcome:
        import ray

        if deaths >= TRIES:
            raise U2NetError(
                f"{task.source}: its worker died {deaths} times, perhaps for want of memory; make "
                "it smaller, or do it alone"
            )
        check_names(todo.name)
        there = Outcome(
            source=task.source, target=task.target, status="done", remarks=("was there already",)
        )
        replace = self._job.existing == "replace"
        if (todo.look or deaths) and not replace and self._target.has(todo.result):
            return there

        def fetched(_: Address) -> Encodable:
            limits = self._remover.options.limits
            source = self._source.read(todo.name, limits)
            # It was on its way meanwhile; what decodes now may take this process with it.
            try:
                ray.get(begun)
            except ray.exceptions.RayError as error:
                raise PlaceError(f"{task.source}: the driver is gone; try again") from error
            with self._turnstile.passed(source):
                return made(source, self._remover, all_frames=self._job.all_frames, limits=limits)

        def put(_: Address, data: bytes) -> None:
            self._target.write(todo.result, data, replace=replace)

        try:
            return done(task, fetched, self._job.kind, put)
        except OutputExistsError:
            return there


def _failed(task: Task[Address], error: U2NetError) -> Outcome:
    told = str(error)
    if str(task.source) not in told and str(task.target) not in told:
        told = f"{task.source}: {told}"
    return Outcome(source=task.source, target=task.target, status="failed", error=told)


def _sure(row: Row | U2NetError) -> Row:
    if isinstance(row, U2NetError):
        raise row
    return row


def written(bundle: list[Todo]) -> "pa.Table":
    """A bundle as one row, which Ray Data does not divide; names as bytes, for any name."""
    import pyarrow as pa

    return pa.table(
        {
            "names": [[one.name.encode("utf-8", "surrogateescape") for one in bundle]],
            "results": [[one.result.encode("utf-8", "surrogateescape") for one in bundle]],
            "looks": [[one.look for one in bundle]],
        }
    )


def read(bundles: "pa.Table") -> Iterator[list[Todo]]:
    """The bundles that were `written`."""
    for row in bundles.to_pylist():
        texts = [
            [value.decode("utf-8", "surrogateescape") for value in row[column]]
            for column in ("names", "results")
        ]
        yield [Todo(*one) for one in zip(*texts, row["looks"], strict=True)]

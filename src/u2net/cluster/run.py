"""A job carried out on a cluster, and what became of each picture as it is known."""

import logging
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from u2net.batch.streamed import PATIENCE
from u2net.cluster.claim import Claim, begun, claimed, note
from u2net.cluster.job import Job
from u2net.cluster.ledger import Ledger
from u2net.cluster.listing import bundles, count
from u2net.cluster.pool import Pool, joined, pool
from u2net.cluster.record import Part, Record, check_free, empty
from u2net.cluster.rows import UNREACHED, Row
from u2net.cluster.worker import ROWS, Worker, written
from u2net.errors import PlaceError, U2NetError
from u2net.places.place import Place

AT_ONCE = 2
"""Bundles that one worker has: one in work, one waiting."""


@dataclass(slots=True)
class Progress:
    """What is known of a run while it goes on."""

    pool: Pool | None = None
    """As the nodes are that are up at the time."""
    total: int | None = None
    """Pictures that there are; None until they are counted, beside the work."""
    counts: Counter[str] = field(default_factory=Counter)
    """By status, those of earlier starts among them."""
    before: int = 0
    """How many of those there were when this start began."""
    retries: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """Files that are no pictures, by what they are; none until they are counted."""

    def take(self, counted: tuple[int, Counter[str]] | None) -> None:
        """Note what there is, once it is known."""
        if counted is not None:
            self.total, self.left_out = counted


def run(
    job: Job, manifest: Place, *, cluster: str, jobs: int | None, progress: Progress
) -> Generator[list[Row], None, None]:
    """The rows of pictures as they come, in no order; they are in the manifest soon after.

    Raises `PlaceError` when a place or the cluster cannot be reached, or another run has the place.
    """
    with claimed(job.state) as claim:
        job, network = job.with_model()
        goes_on, finished = begun(job)
        if job.existing == "refuse" and not goes_on:
            check_free(manifest)
        record = Record.opened(manifest) if goes_on else Record(manifest)
        progress.counts, progress.before = record.counts, record.counts.total()
        # Looked at where it takes long only if there is nothing to do; no cluster starts in vain.
        short, left_out = finished or not record.parts, Counter[str]()
        if short and not any(True for _ in bundles(job, record.parts, manifest, left_out)):
            progress.left_out = left_out
        else:
            with joined(cluster):
                # Until here nothing is written: what could not begin is no run.
                job.put(network)
                if not goes_on:
                    empty(manifest)
                note(job, finished=False)
                job = replace(job, run=uuid4().hex[:8], begun=goes_on)
                yield from _rows(job, record, jobs, progress, claim)
                note(job, finished=True)


def _rows(
    job: Job, record: Record, jobs: int | None, progress: Progress, claim: Claim
) -> Generator[list[Row], None, None]:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    progress.pool = about = pool(jobs, job.options.engine)
    here: Any = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    ledger: Any = (
        ray.remote(Ledger)
        .options(num_cpus=0, scheduling_strategy=here, max_restarts=-1, max_task_retries=-1)
        .remote()
    )
    counted = ray.remote(count).options(num_cpus=0, scheduling_strategy=here).remote(job)
    unreached = 0
    try:
        for rows in _batches(job, record, about, ledger, here):
            claim.check()
            unreached = _in_a_row(rows, unreached)
            if written := record.add(rows):
                progress.retries = ray.get(ledger.forget.remote(written))
                progress.pool = pool(about.cores, job.options.engine)
            if progress.total is None:
                progress.take(_if_ready(counted))
            yield rows
            if unreached >= PATIENCE:
                raise PlaceError(
                    f"stopped: {unreached} pictures in a row could not be reached or written; see "
                    "to that, then give the same command"
                )
    finally:
        if not claim.lost.is_set():
            record.flush()
    progress.take(_if_ready(counted, seconds=10))
    progress.retries = ray.get(ledger.forget.remote([]))


def _batches(job: Job, record: Record, about: Pool, ledger: Any, here: Any) -> Iterator[list[Row]]:
    import ray.data

    _quieten(ray.data.DataContext.get_current())
    source = _source(lambda: _blocks(job, tuple(record.parts), record.place))
    names = ray.data.read_datasource(
        source,
        override_num_blocks=1,
        ray_remote_args={"num_cpus": 0, "scheduling_strategy": here},
    )
    made = names.map_batches(
        Worker,
        fn_constructor_kwargs={
            "job": job,
            "ledger": ledger,
            "cores": about.cores,
            "at_once": about.at_once,
        },
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=about.cores,
        num_gpus=about.gpus or None,
        # More on nodes that come. Those of a lost node wait for room, at the latest until others
        # have nothing left to do and end.
        compute=ray.data.ActorPoolStrategy(
            min_size=about.workers, max_tasks_in_flight_per_actor=AT_ONCE
        ),
    )
    try:
        for table in made.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
            yield from table[ROWS].to_pylist()
    except ray.exceptions.RayError as error:
        raise _reason(error) from error


def _blocks(job: Job, parts: tuple[Part, ...], manifest: Place) -> Iterator[Any]:
    for bundle in bundles(job, list(parts), manifest, Counter()):
        yield written(bundle)


def _source(read: Callable[[], Iterator[Any]]) -> Any:
    """One task that lists, beside the driver: what it gives is taken as fast as it is worked on."""
    from ray.data import Datasource, ReadTask
    from ray.data.block import BlockMetadata

    class Names(Datasource):
        def estimate_inmemory_data_size(self) -> None:
            return None

        def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[ReadTask]:
            nothing = BlockMetadata(
                num_rows=None, size_bytes=None, input_files=None, exec_stats=None
            )
            return [ReadTask(read, nothing)]

    return Names()  # type: ignore[no-untyped-call]


def _quieten(context: Any) -> None:
    # Of arguments that other releases of Ray take by other names.
    warnings.filterwarnings("ignore", message=".*ray_remote_args", module=r"u2net\.cluster")
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # Each bundle is a block of its own, whatever its size.
    context.target_max_block_size = 1


def _in_a_row(rows: list[Row], before: int) -> int:
    for row in rows:
        before = before + 1 if row[UNREACHED] else 0
    return before


def _if_ready(counted: Any, seconds: float = 0) -> tuple[int, Counter[str]] | None:
    import ray

    ready, _ = ray.wait([counted], timeout=seconds)
    return tuple(ray.get(counted)) if ready else None


def _reason(error: Exception) -> U2NetError:
    """The error of this package that a task met, or that there was another."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, U2NetError):
            return PlaceError(str(cause))
        cause = getattr(cause, "cause", None) or cause.__cause__
    text = " ".join(str(error).split())
    return PlaceError(f"the cluster failed ({text[-300:]}); give the same command to go on")

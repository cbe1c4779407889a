"""`u2net remove --cluster`: one job for all workers, and what is said of it."""

import json
import time
from collections.abc import Generator
from contextlib import closing
from typing import Any

import click

from u2net.batch.inputs import UNREADABLE
from u2net.batch.plan import Existing
from u2net.batch.streamed import check_two
from u2net.cli.messages import say
from u2net.cli.output import STDOUT
from u2net.cli.places import no_pictures, origins_of
from u2net.cli.progress import measured
from u2net.cli.remove import Given
from u2net.cli.telling import aside
from u2net.cluster.job import STATE, Job
from u2net.cluster.rows import Row
from u2net.cluster.run import Progress, run
from u2net.errors import need
from u2net.films.kinds import SUFFIXES as FILMS
from u2net.options import Options
from u2net.pictures.formats import SUFFIXES
from u2net.places.address import Address
from u2net.places.place import Place, place_at

FILES = SUFFIXES | UNREADABLE | FILMS
"""Suffixes of single pictures and films."""


def job(given: Given, options: Options, existing: Existing) -> Job:
    """What is to be done, from the options `given`.

    Raises `click.UsageError`, `ExtraMissingError`, `PlaceError`, `OutputError`.
    """
    need("cluster", "ray", "pyarrow", "fsspec", purpose="--cluster")
    if len(given["inputs"]) > 1 or given["output"] is None or given["output"] in STDOUT:
        raise click.UsageError("--cluster takes one folder or address, and -o for its results")
    _check_folders(given)
    (origin,) = origins_of(given["inputs"], given["names"])
    source, target = Address.of(given["inputs"][0]), Address.of(given["output"])
    check_two(source, target)
    return Job(
        options=options,
        compat=given["compat"],
        all_frames=given["frames"] == "all",
        kind=given["kind"] or "png",
        existing=existing,
        source=source,
        target=target,
        names=origin.names if given["names"] else None,
    )


def tell(job: Job, cluster: str, given: Given) -> int:
    """Carry `job` out on `cluster`, and say what becomes of it; the exit status."""
    progress, start = Progress(), time.monotonic()
    manifest = _manifest(job, given)
    rows = run(job, manifest, cluster=cluster, jobs=given["jobs"], progress=progress)
    quiet = given["quiet"]
    _watch(rows, progress, quiet=quiet, verbose=given["verbose"])
    if not progress.counts:
        raise no_pictures(job.source, progress.left_out)
    seconds = time.monotonic() - start
    if given["as_json"]:
        told = _summary(progress, seconds) | {"manifest": str(manifest.address)}
        click.echo(json.dumps(told, indent=2))
    elif not quiet:
        say(_line(progress, seconds))
    return 1 if progress.counts["failed"] or progress.counts["quarantined"] else 0


def _manifest(job: Job, given: Given) -> Place:
    if given["manifest"] is None:
        return place_at(job.target / STATE / "manifest")
    address = Address.of(str(given["manifest"]))
    if address.suffix:
        raise click.UsageError(f"--manifest {address}: with --cluster it is a folder of Parquet")
    _check_shared(address)
    check_two(job.source, address)
    return place_at(address)


def _check_folders(given: Given) -> None:
    """Raise `click.UsageError` for one file, or for what only one process has."""
    for text in (given["inputs"][0], given["output"] or ""):
        address = Address.of(text)
        if address.suffix.lower() in FILES and not text.endswith("/"):
            raise click.UsageError(f"{address}: --cluster is for folders of pictures: leave it out")
        _check_shared(address)


def _check_shared(address: Address) -> None:
    if address.scheme == "memory":
        raise click.UsageError(f"{address}: is of one process; --cluster has several")


def _watch(
    rows: Generator[list[Row], None, None], progress: Progress, *, quiet: bool, verbose: bool
) -> None:
    with measured(quiet=quiet) as (show, line), closing(rows):
        for some in rows:
            for row in some:
                if row["error"]:
                    line(row["error"])
                elif verbose:
                    line(f"{row['address']}: written to {row['output']} on {row['node']}")
            done = progress.counts.total()
            show(done, progress.total, progress.counts["failed"] + progress.counts["quarantined"])


def _summary(progress: Progress, seconds: float) -> dict[str, Any]:
    made = progress.counts.total() - progress.before
    pool = progress.pool
    return {
        "done": progress.counts["done"],
        "failed": progress.counts["failed"],
        "quarantined": progress.counts["quarantined"],
        "before": progress.before,
        "left_out": dict(progress.left_out),
        "retries": progress.retries,
        "seconds": round(seconds, 1),
        "photos_per_second": round(made / seconds, 2),
        "workers": pool.workers if pool else 0,
        "cores": pool.workers * pool.cores if pool else 0,
        "nodes": pool.nodes if pool else 0,
    }


def _line(progress: Progress, seconds: float) -> str:
    told = _summary(progress, seconds)
    before = f" ({told['before']} of them before)" if told["before"] else ""
    pool = f"{told['workers']} workers on {told['nodes']} nodes"
    return (
        f"{told['done']} done, {told['failed']} failed, {told['quarantined']} quarantined{before}"
        f"{aside(progress.left_out)}; "
        f"{told['photos_per_second']} a second by {pool}"
    )

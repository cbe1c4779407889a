"""The cluster: one that is there or one of this machine, and how many workers fit into it."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from u2net.engines.together import MOST
from u2net.errors import PlaceError
from u2net.machine.cores import cores

HERE = "local"
"""What stands for a cluster of this machine alone, which ends with the run."""

STORE_BYTES = 200 << 20
"""Memory in which Ray keeps what goes between processes: names and rows, no pixels."""

CORES = 4
"""Of one worker, unless it is said or a node has fewer: more share one network and one process."""


class Pool(NamedTuple):
    """The workers of a run."""

    workers: int
    cores: int
    """Each one's, as many pictures at a time."""
    gpus: int
    """Each one's: 1, or 0 where the processor runs the network."""
    nodes: int

    @property
    def at_once(self) -> int:
        """Pictures that each one works on at a time: those beyond its cores wait for the GPU."""
        return self.cores + (MOST if self.gpus else 0)


@contextmanager
def joined(address: str) -> Iterator[None]:
    """The cluster at `address` for the block. Raises `PlaceError` when it cannot be reached."""
    # Nothing is told to anybody, and workers of a machine's own cluster are no guests on it.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
    if address == HERE:
        os.environ.setdefault("RAY_worker_niceness", "0")
    own: dict[str, Any] = (
        {"num_cpus": cores(), "object_store_memory": STORE_BYTES, "include_dashboard": False}
        if address == HERE
        else {}
    )
    # What its nodes have to say of themselves Ray prints on stdout, whatever it is asked: while it
    # starts and ends too.
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        try:
            _check_answers(address)
            import ray

            ray.init(address, logging_level=logging.CRITICAL, log_to_driver=False, **own)
        except (OSError, RuntimeError, ValueError) as error:
            text = " ".join(str(error).split())[:200]
            raise PlaceError(
                f"cluster {address}: cannot be joined ({text}); start one with 'ray start --head', "
                "or give --cluster local"
            ) from error
        try:
            yield
        finally:
            ray.shutdown()


def _check_answers(address: str) -> None:
    """Raise `OSError` where nobody listens, which Ray finds out after some minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit() and "/" not in host:
        socket.create_connection((host, int(port)), timeout=10).close()


def pool(jobs: int | None, engine: str) -> Pool:
    """As many workers as the nodes that are up have room for."""
    import ray

    listed: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    nodes = [node["Resources"] for node in listed if node["Alive"]]
    able = [node for node in nodes if node.get("CPU", 0) >= 1]
    fewest = min((int(node["CPU"]) for node in able), default=1)
    each = min(jobs or CORES, max(1, fewest))
    if any(word in engine.lower() for word in ("gpu", "cuda", "tensorrt")):
        gpus = sum(int(node.get("GPU", 0)) for node in nodes)
        return Pool(max(1, gpus), each, 1, len(nodes))
    workers = sum(max(1, int(node["CPU"]) // each) for node in able)
    return Pool(max(1, workers), each, 0, len(nodes))

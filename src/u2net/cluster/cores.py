"""Which cores of its node a worker uses, so that several do not crowd each other's."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from u2net.machine.cores import cores as offered

try:
    import fcntl
except ImportError:  # Windows, where nothing is bound
    fcntl = None  # type: ignore[assignment]

_held: list[IO[str]] = []
"""Open as long as this process lives, and with them the claim."""


def claim(count: int) -> None:
    """Bind this process to `count` cores that no other worker of this node has bound, if it can.

    The libraries below then take no more threads than that.
    """
    if fcntl is None or not hasattr(os, "sched_setaffinity") or count >= offered():
        return
    there = sorted(os.sched_getaffinity(0))
    slots = max(1, len(there) // count)
    for slot in range(slots):
        path = Path(tempfile.gettempdir(), f"u2net-cores-{os.getuid()}-{count}-{slot}")
        file = path.open("w")
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.sched_setaffinity(0, there[slot * count : (slot + 1) * count])
            _held.append(file)
            return
        file.close()

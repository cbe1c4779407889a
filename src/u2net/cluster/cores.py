"""Which cores of its node a worker uses, so that several do not crowd each other's."""

import os

from filelock import FileLock, Timeout

from u2net.cluster.node_lock import node_lock
from u2net.machine.cores import cores as offered

_held: list[FileLock] = []
"""Held as long as this process lives, and with them the claim."""


def claim(count: int) -> None:
    """Bind this process to `count` cores that no other worker of this node has bound, if it can.

    The libraries below then take no more threads than that. Nothing is bound where the system
    cannot.
    """
    if not hasattr(os, "sched_setaffinity") or count >= offered():
        return
    there = sorted(os.sched_getaffinity(0))
    for slot in range(max(1, len(there) // count)):
        lock = node_lock(f"cores-{count}-{slot}")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        os.sched_setaffinity(0, there[slot * count : (slot + 1) * count])
        _held.append(lock)
        return

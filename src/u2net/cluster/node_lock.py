"""Locks between the workers of one node, whoever started them."""

import os
import tempfile
from pathlib import Path

from filelock import FileLock


def node_lock(name: str) -> FileLock:
    """The lock `name` of this user on this node, for all threads of a process together."""
    # Not in the cache: that of a user may be shared by nodes.
    user = getattr(os, "getuid", int)()  # Windows has a folder for each
    path = Path(tempfile.gettempdir(), f"u2net-{user}-{name}.lock")
    return FileLock(path, mode=0o600, thread_local=False)

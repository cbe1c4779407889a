"""The sign of life of a run: whose it is, and whether that one still lives."""

import json
import os
import platform
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

BEAT, STALE = 20.0, 90.0
"""Seconds between signs of life of a run, and after which one without any is dead."""

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What is in the lock of a run; of one that says nothing, that of a dead one."""

    host: str = "?"
    space: str = ""
    """In which the number of a process means it and no other: a kernel's since it began."""
    pid: int = 0
    start: str = ""
    """When that process began, for numbers are given again."""
    time: float = 0.0
    token: str = ""

    @classmethod
    def own(cls, token: str) -> "Sign":
        """Of this process, now."""
        return cls(
            host=platform.node(),
            space=_space(),
            pid=os.getpid(),
            start=_start(os.getpid()) or "",
            time=time.time(),
            token=token,
        )

    @classmethod
    def read(cls, data: bytes) -> "Sign":
        """What was written, whatever it is."""
        try:
            found = json.loads(data)
            kinds: dict[str, Any] = {one.name: type(one.default) for one in fields(cls)}
            return cls(**{name: kind(found[name]) for name, kind in kinds.items() if name in found})
        except (ValueError, TypeError):
            return cls()

    def written(self) -> bytes:
        """As it is read."""
        return json.dumps(asdict(self)).encode()

    def is_alive(self) -> bool:
        """Whether its run is at work: as the process tells where it can be asked, else by age."""
        fresh = time.time() - self.time < STALE
        if (self.host, self.space) == (platform.node(), _space()):
            start = _start(self.pid)
            if start == "":
                return False
            if start and self.start:
                return start == self.start and (fresh or self.pid != os.getpid())
        return fresh


def _space() -> str:
    """The kernel's start and the space of process numbers; nothing where it does not tell."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _start(pid: int) -> str | None:
    """When a process began; "" where there is none, None where the system does not tell."""
    if not (_PROC / "self/stat").exists():
        return None
    try:
        state, *others = (_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "" if _is_gone(pid) else None
    return "" if state == "Z" else others[18]


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False

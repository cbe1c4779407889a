"""One run at one place at a time, and what run that is."""

import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from u2net.cluster.job import Job
from u2net.errors import OutputExistsError, PlaceError
from u2net.places.place import Place

LOCK, RUN = "lock.json", "run.json"

BEAT, STALE = 20.0, 90.0
"""Seconds between signs of life of a run, and after which one without any is dead."""


@contextmanager
def claimed(state: Place) -> Iterator[None]:
    """The place is this run's during the block.

    Raises `PlaceError` when another run has it. One whose process is gone, as is known on its own
    machine at once and elsewhere after 90 seconds, is followed.
    """
    token = secrets.token_hex(8)
    with _tidied(state):
        _take(state, token)
        over = threading.Event()
        beating = threading.Thread(target=_beat, args=(state, token, over), daemon=True)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join()
            state.delete(LOCK)


@contextmanager
def _tidied(state: Place) -> Iterator[None]:
    """Folders of this machine that were made for the lock alone are taken away after the block."""
    folder = Path(state.address.rest)
    above = (folder, *folder.parents) if state.is_local else ()
    made = [one for one in above if not one.exists()]
    try:
        yield
    finally:
        with suppress(OSError):  # not empty
            for one in made:
                one.rmdir()


def _take(state: Place, token: str) -> None:
    try:
        _write(state, token, replace=False)
    except OutputExistsError:
        other = _content(state, LOCK)
        if other and _is_alive(other):
            raise PlaceError(
                f"{state.address}: another run is at work here ({other['host']}, process "
                f"{other['pid']}); wait for its end, or choose another output"
            ) from None
        _write(state, token, replace=True)
    if _content(state, LOCK).get("token") != token:
        raise PlaceError(f"{state.address}: another run began here just now; wait for its end")


def _is_alive(other: dict[str, Any]) -> bool:
    if other["host"] == platform.node():
        try:
            os.kill(int(other["pid"]), 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return int(other["pid"]) != os.getpid() or time.time() - other["time"] < STALE
    return bool(time.time() - other["time"] < STALE)


def _beat(state: Place, token: str, over: threading.Event) -> None:
    while not over.wait(BEAT):
        try:
            _write(state, token, replace=True)
        except PlaceError:
            continue  # the run itself will say so


def _write(state: Place, token: str, *, replace: bool) -> None:
    sign = {"host": platform.node(), "pid": os.getpid(), "time": time.time(), "token": token}
    state.write(LOCK, json.dumps(sign).encode(), replace=replace)


def _content(state: Place, name: str) -> dict[str, Any]:
    try:
        found = json.loads(state.read(name).read())
    except (PlaceError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class Begun(NamedTuple):
    """What an earlier start of the same run left."""

    goes_on: bool
    """Whether there was one whose rows count."""
    finished: bool
    """Whether it went through, so that there is little to do."""


def begun(job: Job) -> Begun:
    """What is there of this run.

    Raises `OutputExistsError` when the outputs are those of another run, or of none, and nothing is
    said of what is there.
    """
    before = _content(job.state, RUN) if job.state.has(RUN) else {}
    goes_on = before.get("settings") == job.settings and not (
        job.existing == "replace" and before.get("finished")
    )
    if job.existing == "refuse" and not goes_on:
        there = RUN if before else next(iter(job.outputs.names()), None)
        if there is not None:
            which = "holds the results of another run" if before else f"holds {there}"
            raise OutputExistsError(
                f"{job.target}: {which}; choose another output, or give --skip-existing or "
                "--overwrite"
            )
    return Begun(goes_on, goes_on and bool(before.get("finished")))


def note(job: Job, *, finished: bool) -> None:
    """Write down which run this is, and whether it went through."""
    told = {"settings": job.settings, "input": str(job.source), "finished": finished}
    job.state.write(RUN, json.dumps(told).encode(), replace=True)

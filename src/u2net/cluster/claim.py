"""One run at one place at a time, and what run that is."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from u2net.cluster.job import Job
from u2net.cluster.sign import BEAT, Sign
from u2net.errors import ImageError, OneFileError, OutputExistsError, PlaceError, U2NetError
from u2net.places.place import Place

LOCK, RUN = "lock.json", "run.json"


@dataclass(frozen=True, slots=True)
class Claim:
    """That a place is a run's own."""

    state: Place
    token: str
    lost: threading.Event = field(default_factory=threading.Event)
    """Whether another run took the place, having seen no sign of life of this one for long."""

    def check(self) -> None:
        """Raise `PlaceError` when it is lost."""
        if self.lost.is_set():
            raise PlaceError(f"{self.state.address}: another run took over here; wait for its end")

    def take(self) -> None:
        """Raises `PlaceError` when another run has the place."""
        try:
            self.show(replace=False)
        except OutputExistsError:
            other = _sign(self.state)
            if other.is_alive():
                raise PlaceError(
                    f"{self.state.address}: another run is at work here ({other.host}, process "
                    f"{other.pid}); wait for its end, or choose another output"
                ) from None
            self.show(replace=True)
        if not self.holds():
            raise PlaceError(
                f"{self.state.address}: another run began here just now; wait for its end"
            )

    def show(self, *, replace: bool) -> None:
        """Give a sign of life."""
        self.state.write(LOCK, Sign.own(self.token).written(), replace=replace)

    def holds(self) -> bool:
        """Whether the lock that is there is this run's."""
        return _sign(self.state).token == self.token

    def beat(self, over: threading.Event) -> None:
        """Give signs of life until it is `over` or lost."""
        while not over.wait(BEAT):
            with suppress(U2NetError):  # the run itself will say so
                if self.state.has(LOCK) and not self.holds():
                    self.lost.set()
                    return
                self.show(replace=True)


@contextmanager
def claimed(state: Place) -> Iterator[Claim]:
    """The place is this run's during the block, as far as the claim is not lost.

    Raises `PlaceError` when another run has it. One whose process is gone, as is known on its own
    machine at once and elsewhere after 90 seconds, is followed.
    """
    claim, over = Claim(state, secrets.token_hex(8)), threading.Event()
    with _tidied(state):
        claim.take()
        beating = threading.Thread(target=claim.beat, args=(over,), daemon=True)
        beating.start()
        try:
            yield claim
        finally:
            over.set()
            beating.join()
            with suppress(PlaceError):  # which no longer answers; the lock is soon too old
                if claim.holds():
                    state.delete(LOCK)


def _sign(state: Place) -> Sign:
    """That in the lock. Raises `PlaceError`."""
    try:
        return Sign.read(state.read(LOCK).read())
    except (OneFileError, ImageError):  # taken away meanwhile
        return Sign()


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
    before = _told(job.state) if job.state.has(RUN) else {}
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


def _told(state: Place) -> dict[str, Any]:
    """What is noted of a run. Raises `PlaceError`: not knowing is no reason to begin anew."""
    try:
        found = json.loads(state.read(RUN).read())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

"""Files and folders as named by the user -> the pictures to work on."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from u2net.batch.outcome import Outcome
from u2net.files import is_file, is_folder, is_there
from u2net.pictures.decode import SUFFIXES

STREAM = Path("-")
"""Stands for stdin as an input, for stdout as an output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One picture to work on."""

    path: Path
    inside: Path
    """The path below the folder that was named; the bare name of a file that was named itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in the places that were named, each file in one of these."""

    inputs: list[Input] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)
    """Files of folders that are no pictures."""
    failed: list[Outcome] = field(default_factory=list)
    """Folders that cannot be listed, or hold no picture."""

    def fail(self, place: Path, why: str) -> None:
        """Note that nothing can be had from `place`."""
        told = f"{place}: {why}"
        self.failed.append(Outcome(source=place, target=None, status="failed", error=told))


def find_inputs(places: Iterable[Path], *, leave_out: Path | None) -> Found:
    """Every file of `places`, whatever it is called, and the pictures in the folders and below.

    Hidden files, hidden folders and links to folders are passed over, and so is the folder
    `leave_out`, where results go.
    """
    found = Found()
    for place in places:
        if place != STREAM and is_folder(place):
            _look_into(place, leave_out, found)
        else:
            found.inputs.append(Input(path=place, inside=Path(place.name)))
    return found


def _look_into(folder: Path, leave_out: Path | None, found: Found) -> None:
    inputs, failed, left_out = len(found.inputs), len(found.failed), len(found.left_out)
    for path in _files(folder, leave_out, found):
        if path.suffix.lower() in SUFFIXES:
            found.inputs.append(Input(path=path, inside=path.relative_to(folder)))
        else:
            found.left_out.append(path)
    if (inputs, failed) == (len(found.inputs), len(found.failed)):
        others = len(found.left_out) - left_out
        found.fail(folder, f"no pictures in this folder ({others} other files)")


def _files(folder: Path, leave_out: Path | None, found: Found) -> Iterable[Path]:
    def tell(error: OSError) -> None:
        found.fail(Path(error.filename), f"cannot be listed ({error.strerror})")

    for at, folders, names in os.walk(folder, onerror=tell):
        here = Path(at)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not same(here / name, leave_out)
        )
        for name in sorted(names):
            path = here / name
            if not name.startswith(".") and _waits_for_nobody(path):
                yield path


def same(path: Path, other: Path | None) -> bool:
    """Whether both are one file or folder, whatever they are called."""
    try:
        return other is not None and path.samefile(other)
    except OSError:
        return False


def _waits_for_nobody(path: Path) -> bool:
    # What cannot be looked at, as a link to nowhere, is kept, to be reported; a pipe is not.
    return is_file(path) or not is_there(path)

"""Files and folders as named by the user -> the pictures to work on."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from u2net.batch.outcome import Outcome
from u2net.files import is_file, is_folder, is_there
from u2net.films.kinds import is_film
from u2net.pictures.animation import FRAME_FORMATS
from u2net.pictures.formats import HEAD, SUFFIXES, WRITTEN, looks_like_picture

STREAM = Path("-")
"""Stands for stdin as an input, for stdout as an output."""

LABELS = ("cutout", "mask")
"""What is added to the name of a result beside its input."""

EARLIER, NO_PICTURE = "result of an earlier run", "no picture"
FILM = "film, which is to be named by itself"
"""Why something is left out."""

UNREADABLE = frozenset(
    {
        *(".arw", ".blp", ".cr2", ".cr3", ".dng", ".emf", ".eps", ".exr", ".fits", ".hdr", ".jxl"),
        *(".jxr", ".nef", ".orf", ".pam", ".psb", ".raf", ".raw", ".rw2", ".svg", ".wmf", ".xcf"),
    }
)
"""Suffixes of pictures, raw photos and drawings that may not be readable here, and then fail."""

_KINDS = {*WRITTEN, *FRAME_FORMATS}
_RESULT = re.compile(rf"(.+)-(?:{'|'.join(LABELS)})\.(?:{'|'.join(_KINDS)})", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One picture to work on."""

    path: Path
    inside: Path
    """The path below the folder that was named; the bare name of a file that was named itself."""
    class_name: str = ""
    """Which class is wanted of it; none in particular unless said."""

    def of(self, class_name: str) -> "Input":
        """The same, of a class, in a folder of that name."""
        return replace(self, inside=Path(class_name) / self.inside, class_name=class_name)


class LeftOut(NamedTuple):
    """What lies among the inputs and is none."""

    path: Path
    why: str
    """A word or two for people."""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in the places that were named, each file in one of these."""

    inputs: list[Input] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    """Of the folders, and earlier results of what is among the inputs."""
    failed: list[Outcome] = field(default_factory=list)
    """Folders that cannot be listed, or hold no picture."""

    def fail(self, place: Path, why: str) -> None:
        """Note that nothing can be had from `place`."""
        told = f"{place}: {why}"
        self.failed.append(Outcome(source=place, target=None, status="failed", error=told))


def find_inputs(places: Iterable[Path], *, leave_out: Path | None) -> Found:
    """Every file of `places`, and what seems a picture in the folders and below them.

    Hidden files and folders are passed over, and so is the folder `leave_out`, where results go;
    what else is no input is in the list of what is left out.
    """
    found = Found()
    for place in places:
        if place != STREAM and is_folder(place):
            _look_into(place, leave_out, found)
        else:
            found.inputs.append(Input(path=place, inside=Path(place.name)))
    _put_results_aside(found)
    return found


def _look_into(folder: Path, leave_out: Path | None, found: Found) -> None:
    inputs, failed, left_out = len(found.inputs), len(found.failed), len(found.left_out)
    for path in _files(folder, leave_out, found):
        if _seems_a_picture(path):
            found.inputs.append(Input(path=path, inside=path.relative_to(folder)))
        else:
            found.left_out.append(LeftOut(path, FILM if is_film(path) else NO_PICTURE))
    if (inputs, failed) == (len(found.inputs), len(found.failed)):
        why = Counter(one.why for one in found.left_out[left_out:])
        told = f"no pictures in this folder, {why.total()} other things"
        found.fail(folder, told + films_among(why))


def films_among(why: Counter[str]) -> str:
    """The end of a line on what lies in a folder without pictures, for whoever has films there."""
    films = ((count, kind) for kind, count in why.items() if kind.startswith("film"))
    return "".join(f" ({count} {kind})" for count, kind in films)


def _put_results_aside(found: Found) -> None:
    """Take out of the inputs what is the result of another of them, by its name and its place."""
    there = {
        one.path.with_name(name): one.path for one in found.inputs for name in _names(one.path)
    }
    inputs = found.inputs.copy()
    found.inputs.clear()
    for one in inputs:
        if _is_result_beside(one, there) or _is_result_below(one, there):
            found.left_out.append(LeftOut(one.path, EARLIER))
        else:
            found.inputs.append(one)


def _is_result_beside(one: Input, there: Mapping[Path, Path]) -> bool:
    made = _RESULT.fullmatch(one.path.name)
    return made is not None and one.path.with_name(made[1]) in there


def _is_result_below(one: Input, there: Mapping[Path, Path]) -> bool:
    """Whether it lies in the layout of another input in some folder, and it alone looks made."""
    if one.path.suffix.lower().lstrip(".") not in _KINDS:
        return False
    folders = one.inside.parts[:-1]
    root = one.path.parents[len(folders)]
    places = (
        root.joinpath(*folders[:start], *folders[end:], one.path.stem)
        for start, end in combinations(range(len(folders) + 1), 2)
    )
    sources = [there[place] for place in places if place in there]
    return bool(sources) and _looks_made(one.path) and not all(map(_looks_made, sources))


def _looks_made(path: Path) -> bool:
    """Whether a picture is one to see through, or has one channel, as cut-outs and masks do."""
    try:
        with Image.open(path) as picture:
            return picture.mode in ("L", "P") or picture.has_transparency_data
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _names(path: Path) -> tuple[str, str]:
    """What the result for `path` may be called after."""
    return path.stem, path.name


def _files(folder: Path, leave_out: Path | None, found: Found) -> Iterable[Path]:
    def tell(error: OSError) -> None:
        found.fail(Path(error.filename), f"cannot be listed ({error.strerror})")

    for at, folders, names in os.walk(folder, onerror=tell):
        here = Path(at)
        folders[:] = sorted(name for name in folders if _is_entered(here / name, leave_out, found))
        for path in (here / name for name in sorted(names) if not name.startswith(".")):
            if _waits_for_nobody(path):
                yield path
            else:
                found.left_out.append(LeftOut(path, "no regular file"))


def _is_entered(folder: Path, leave_out: Path | None, found: Found) -> bool:
    if folder.name.startswith(".") or same(folder, leave_out):
        return False
    if folder.is_symlink():
        # It may lead round, or to pictures that come in another way as well.
        found.left_out.append(LeftOut(folder, "link to a folder"))
        return False
    return True


def same(path: Path, other: Path | None) -> bool:
    """Whether both are one file or folder, whatever they are called."""
    try:
        return other is not None and path.samefile(other)
    except (OSError, ValueError):
        return False


def _seems_a_picture(path: Path) -> bool:
    """By its suffix, else by its first bytes; and what cannot be read, to be reported."""
    if path.suffix.lower() in SUFFIXES | UNREADABLE:
        return True
    try:
        with path.open("rb") as file:
            return looks_like_picture(file.read(HEAD))
    except OSError:
        return True


def _waits_for_nobody(path: Path) -> bool:
    # What cannot be looked at, as a link to nowhere, is kept, to be reported; a pipe is not.
    return is_file(path) or not is_there(path)

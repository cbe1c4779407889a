"""What is wrong with data sets, found before any training."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB, Mask
from u2net.data.channels import channels_of, read_channels
from u2net.data.class_folders import find_labelled
from u2net.data.labels import PLAIN, Labels
from u2net.data.pairs import Pair, Pairing
from u2net.data.plane import Notes
from u2net.data.read import check_sizes, read_photo
from u2net.data.truth import LevelsError, read_truth
from u2net.errors import DatasetError

NEAR = 6
"""Bits of 63 in which the hashes of near-duplicates differ at most. Of 200 photos of ECSSD, halved,
lightened and saved as JPEG at 60, none differs from its copy by more; no two differ by less than
14, and none from 1,000 photos of ImageNet by less than 12."""
READERS = 4
"""Threads that read: more would only wait for the processor."""
ALMOST_ALL = 0.995
"""Share of the foreground from which a mask is called full: a frame of a pixel or two is left."""

SAID = {"empty": "nothing is foreground", "full": "all is foreground"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong."""

    kind: str
    """unusable, unpaired, unreadable, size, levels, empty, full or duplicate."""
    stem: str
    detail: str


@dataclass(slots=True, kw_only=True)
class Checked:
    """A data set after the check."""

    place: Path
    pairs: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    """What is done to masks to read them -> to how many; no problem."""
    hashes: dict[str, int] = field(default_factory=dict)
    """Perceptual hash of every picture that could be read, by stem."""
    mirrored: dict[str, int] = field(default_factory=dict)
    """The same of the pictures seen in a mirror."""


def check(
    place: Path, *, labels: Labels = PLAIN, extra: Sequence[str] = (), allow_empty: bool = False
) -> Checked:
    """Read every file of a data set and note what is wrong; nothing of it raises.

    `extra` names channels that every picture must have beside its colours. With `allow_empty`,
    masks without foreground are counted among the notes.
    """
    checked = Checked(place=place)
    try:
        found = find_labelled(place, labels)
    except DatasetError as error:
        checked.problems.append(Problem(kind="unusable", stem="", detail=str(error)))
        return checked
    checked.pairs = len(found.pairs)
    checked.problems.extend(unpaired(found))
    with ThreadPoolExecutor(READERS) as readers:
        results = readers.map(lambda pair: look_at(pair, found, labels, extra), found.pairs)
        for pair, seen in zip(found.pairs, results, strict=True):
            empty = [problem for problem in seen.problems if problem.kind == "empty"]
            if allow_empty and empty:
                seen.problems.remove(empty[0])
                checked.notes["truth without foreground"] += 1
            checked.problems.extend(seen.problems)
            checked.notes.update(seen.notes)
            if seen.hashes:
                checked.hashes[pair.stem], checked.mirrored[pair.stem] = seen.hashes
    return checked


def unpaired(found: Pairing) -> Iterator[Problem]:
    """Files without partner."""
    for stem in found.images_alone:
        yield Problem(kind="unpaired", stem=stem, detail="an image without mask")
    for stem in found.masks_alone:
        yield Problem(kind="unpaired", stem=stem, detail="a mask without image")


@dataclass(slots=True, kw_only=True)
class Seen:
    """One pair, looked at."""

    pair: Pair
    problems: list[Problem] = field(default_factory=list)
    notes: Notes = ()
    hashes: tuple[int, int] | None = None
    """Of its picture, and of that in a mirror; None when it cannot be read."""

    def add(self, kind: str, detail: object) -> None:
        """Note a problem."""
        self.problems.append(Problem(kind=kind, stem=self.pair.stem, detail=str(detail)))


def look_at(pair: Pair, found: Pairing, labels: Labels, extra: Sequence[str]) -> Seen:
    """What is wrong with a pair of a set, and the hashes of its picture."""
    seen = Seen(pair=pair)
    size_hw = None
    try:
        photo = read_photo(pair.image)
        size_hw = photo.size_hw
        read_channels(pair.image, channels_of(pair.image, extra), size_hw)
        seen.hashes = perceptual_hash(photo.rgb), perceptual_hash(photo.rgb[:, ::-1])
    except DatasetError as error:
        seen.add("unreadable", error)
    look_at_mask(seen, found, labels, size_hw)
    return seen


def look_at_mask(
    seen: Seen, found: Pairing, labels: Labels, size_hw: tuple[int, int] | None
) -> None:
    """Add what is wrong with the mask of a pair, whose picture is of `size_hw` where known."""
    path = seen.pair.mask
    plain = labels.task == "saliency"
    try:
        truth, seen.notes = (
            read_truth(path, soft=found.soft) if plain else labels.read(seen.pair.masks)
        )
    except DatasetError as error:
        seen.add("levels" if isinstance(error, LevelsError) else "unreadable", error)
        return
    try:
        if size_hw is not None:
            check_sizes(path, size_hw, truth, smaller=found.taught)
    except DatasetError as error:
        seen.add("size", error)
    if plain and not found.soft and (kind := says_nothing(truth)):
        seen.add(kind, f"{path}: {SAID[kind]}")


def says_nothing(truth: Mask) -> str:
    """`empty` or `full` for a truth (height, width) that is almost all of one kind, else ``."""
    foreground = float(np.mean(truth > 128))
    if not truth.any():
        return "empty"
    return "full" if foreground >= ALMOST_ALL else ""


def perceptual_hash(picture: RGB) -> int:
    """63 bits that stay when a picture is scaled, recoded or slightly recoloured (pHash).

    The signs of the 8 × 8 lowest frequencies of a 32 × 32 grey copy, less their median, without
    the mean.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:8, :8].ravel()[1:]
    bits = (low > np.median(low)).astype(int).tolist()
    return int("".join(map(str, bits)), 2)


def duplicates(training: Checked, test: Checked) -> list[Problem]:
    """Pictures of `training` that are also in `test`, or mirrored there, or nearly."""
    if not training.hashes or not test.hashes:
        return []
    theirs = np.array(list(test.hashes.values()), np.uint64)
    stems = list(test.hashes)
    nearest = {stem: closest(value, theirs) for stem, value in training.hashes.items()}
    for stem, value in training.mirrored.items():
        nearest[stem] = min(nearest[stem], closest(value, theirs))
    return [
        Problem(
            kind="duplicate",
            stem=stem,
            detail=f"{test.place}: {stems[index]} is nearly the same ({distance} of 63 bits)",
        )
        for stem, (distance, index) in nearest.items()
        if distance <= NEAR
    ]


def closest(value: int, others: NDArray[np.uint64]) -> tuple[int, int]:
    """Fewest differing bits, and which of `others` has them."""
    differing = np.bitwise_xor(others, np.uint64(value))
    bits = np.unpackbits(differing.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1)
    return int(bits.min()), int(bits.argmin())


def check_all(
    places: Sequence[Path],
    against: Path | None = None,
    *,
    labels: Labels = PLAIN,
    extra: Sequence[str] = (),
    allow_empty: bool = False,
) -> list[Checked]:
    """Every set, with its near-duplicates of the test set `against`."""
    checked = [
        check(place, labels=labels, extra=extra, allow_empty=allow_empty) for place in places
    ]
    if against is not None:
        test = check(against, labels=labels)
        for one in checked:
            one.problems.extend(duplicates(one, test))
        if not test.hashes:
            checked.append(test)
    return checked

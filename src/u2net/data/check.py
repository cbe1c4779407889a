"""What is wrong with data sets, found before any training."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB, Mask
from u2net.data.pairs import Pair, Pairing, find_pairs
from u2net.data.read import check_sizes, decode, read_rgb
from u2net.errors import DatasetError

NEAR = 6
"""Bits of 63 in which the hashes of near-duplicates differ at most."""
READERS = 4
ALMOST_ALL = 0.995
"""Share of the foreground from which a mask is called full."""


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
    hashes: dict[str, int] = field(default_factory=dict)
    """Perceptual hash of every picture that could be read, by stem."""
    mirrored: dict[str, int] = field(default_factory=dict)
    """The same of the pictures seen in a mirror."""


def check(place: Path) -> Checked:
    """Read every file of a data set and note what is wrong; nothing of it raises."""
    checked = Checked(place=place)
    try:
        found = find_pairs(place)
    except DatasetError as error:
        checked.problems.append(Problem(kind="unusable", stem="", detail=str(error)))
        return checked
    checked.pairs = len(found.pairs)
    checked.problems.extend(unpaired(found))
    soft = found.layout[1] == "soft"
    with ThreadPoolExecutor(READERS) as readers:
        results = readers.map(lambda pair: check_pair(pair, soft=soft), found.pairs)
        for pair, (problems, hashes) in zip(found.pairs, results, strict=True):
            checked.problems.extend(problems)
            if hashes:
                checked.hashes[pair.stem], checked.mirrored[pair.stem] = hashes
    return checked


def unpaired(found: Pairing) -> Iterator[Problem]:
    """Files without partner."""
    for stem in found.images_alone:
        yield Problem(kind="unpaired", stem=stem, detail="an image without mask")
    for stem in found.masks_alone:
        yield Problem(kind="unpaired", stem=stem, detail="a mask without image")


def check_pair(pair: Pair, *, soft: bool) -> tuple[list[Problem], tuple[int, int] | None]:
    """What is wrong with a pair, and the hashes of its picture when that can be read."""
    problems: list[Problem] = []
    image = mask = None
    try:
        image = read_rgb(pair.image)
        mask = decode(pair.mask, cv2.IMREAD_GRAYSCALE)
    except DatasetError as error:
        problems.append(Problem(kind="unreadable", stem=pair.stem, detail=str(error)))
    if image is not None and mask is not None:
        problems.extend(check_mask(pair, image, mask, soft=soft))
    hashes = (
        (perceptual_hash(image), perceptual_hash(image[:, ::-1])) if image is not None else None
    )
    return problems, hashes


def check_mask(pair: Pair, image: RGB, mask: Mask, *, soft: bool) -> Iterator[Problem]:
    """Size, levels, and masks that say nothing."""
    try:
        check_sizes(pair.mask, image, mask, soft=soft)
    except DatasetError as error:
        yield Problem(kind="size", stem=pair.stem, detail=str(error))
    if soft:
        return
    top = int(mask.max())
    if top == 1:
        detail = f"{pair.mask}: holds 0 and 1 where 0 and 255 are meant; multiply it by 255"
        yield Problem(kind="levels", stem=pair.stem, detail=detail)
    foreground = float(np.mean(mask > top / 2))
    if not top:
        yield Problem(kind="empty", stem=pair.stem, detail=f"{pair.mask}: nothing is foreground")
    if foreground >= ALMOST_ALL:
        yield Problem(kind="full", stem=pair.stem, detail=f"{pair.mask}: all is foreground")


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


def check_all(places: Sequence[Path], against: Path | None = None) -> list[Checked]:
    """Every set, with its near-duplicates of the test set `against`."""
    checked = [check(place) for place in places]
    if against is not None:
        test = check(against)
        for one in checked:
            one.problems.extend(duplicates(one, test))
        if not test.hashes:
            checked.append(test)
    return checked

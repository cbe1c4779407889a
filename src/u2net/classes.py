"""Probabilities of classes -> class map at the size of the picture; and which class is meant."""

import numpy as np
from numpy.typing import NDArray

from u2net.arrays import ClassMap, Maps
from u2net.errors import UnfitModelError
from u2net.mask import check_numbers
from u2net.pictures.resample import bands
from u2net.weights.card import Card

HALF = 0.5
"""Probability from which a pixel is of a class that does not exclude the others."""


def class_map(maps: Maps, size_hw: tuple[int, int], *, exclusive: bool) -> ClassMap:
    """The class of each pixel at `size_hw`, by `maps`, (classes, height, width), 0…1.

    Where classes are `exclusive`, the number of the most probable one, from 0. Else 0 where none
    reaches a half, and otherwise the most probable one, from 1. The maps are resized, not the
    classes. Raises `EngineError` when a value is no number.
    """
    check_numbers(maps)
    numbers = np.empty(size_hw, np.uint8)
    for lines, band in bands(np.ascontiguousarray(maps.transpose(1, 2, 0)), size_hw):
        probabilities = band.reshape(*band.shape[:2], len(maps))  # OpenCV drops an axis of one
        best = probabilities.argmax(axis=2)
        if not exclusive:
            best = np.where(probabilities.max(axis=2) >= HALF, best + 1, 0)
        numbers[lines] = best
    return numbers


def chosen(card: Card, name: str) -> int | None:
    """The map of the class `name`; without a name the only map, or None where there are several.

    Raises `UnfitModelError` for a class that the network does not know.
    """
    if name in card.classes:
        return card.classes.index(name)
    if not name:
        return None if card.classes else 0
    known = f"has {', '.join(card.classes)}" if card.classes else "tells no classes apart"
    raise UnfitModelError(f"{card.name}: no class '{name}', it {known}")


def chosen_one(card: Card, name: str) -> int:
    """As `chosen`. Raises `UnfitModelError` too where nothing, or no one thing, is an object."""
    at = chosen(card, name)
    if card.task == "drawing":
        raise UnfitModelError(f"{card.name}: draws, and finds no object; ask for the mask (--mask)")
    if at is None:
        names = ", ".join(card.classes)
        raise UnfitModelError(f"{card.name}: which of {names} is the object? Name the class")
    return at


def class_planes(maps: Maps, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether each pixel is of each class, by itself, (height, width, classes) at `size_hw`.

    Arguments and errors as of `class_map`.
    """
    check_numbers(maps)
    planes = np.empty((*size_hw, len(maps)), np.bool_)
    for lines, band in bands(np.ascontiguousarray(maps.transpose(1, 2, 0)), size_hw):
        planes[lines] = band.reshape(*band.shape[:2], len(maps)) >= HALF
    return planes

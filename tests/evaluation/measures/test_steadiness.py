"""Flicker and lag of maps whose wavering and delay are known."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from u2net.evaluation.measures.steadiness import flicker, lag


def moving(count: int = 6) -> list[NDArray[np.uint8]]:
    """Truths: a square that goes to the right."""
    truths = [np.zeros((40, 60), np.uint8) for _ in range(count)]
    for number, truth in enumerate(truths):
        truth[10:30, 5 + 3 * number : 25 + 3 * number] = 255
    return truths


def photos_of(truths: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    return [np.repeat(truth[..., None], 3, axis=2) for truth in truths]


def test_maps_that_follow_the_truth_neither_flicker_nor_lag() -> None:
    assert flicker(moving(), photos_of(moving())) == pytest.approx(0, abs=1e-3)
    assert lag(moving(), moving()) == 0


@pytest.mark.parametrize("part", [0.25, 0.5, 1.0])
def test_lag_is_the_part_of_the_frame_before(part: float) -> None:
    truths = moving()
    late = [
        np.asarray(part * before + (1 - part) * now, np.uint8)
        for before, now in zip([truths[0], *truths], truths, strict=False)
    ]
    assert lag(late, truths) == pytest.approx(part, abs=0.01)


def test_flicker_is_the_change_where_the_photo_stays() -> None:
    photos = [np.full((20, 30, 3), 90, np.uint8)] * 4
    maps = [np.full((20, 30), level, np.uint8) for level in (0, 51, 0, 51)]
    assert flicker(maps, photos) == pytest.approx(0.2)


def test_where_nothing_can_be_told_nothing_is() -> None:
    photos = [np.full((20, 30, 3), level, np.uint8) for level in (0, 200)]
    maps = [np.zeros((20, 30), np.uint8)] * 2
    assert math.isnan(flicker(maps, photos))
    assert math.isnan(lag(maps, maps))

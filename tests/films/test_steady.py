"""Maps of neighbouring frames agree where the film stays, and follow it where it does not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from u2net.arrays import RGB, Saliency
from u2net.films.steady import Steady

SIZE = 96


def scene(left: int, rng: np.random.Generator, noise: float = 2.0) -> tuple[RGB, Saliency]:
    """A square 40 wide on a slope, with the noise of a sensor, and its true map."""
    truth = np.zeros((SIZE, SIZE), np.float32)
    truth[28:68, left : left + 40] = 1
    ground = np.linspace(60, 110, SIZE)[None, :, None] * np.array([1.0, 0.9, 0.8])
    rgb = np.where(truth[..., None] > 0, (190, 120, 70), ground) + rng.normal(
        0, noise, (SIZE, SIZE, 3)
    )
    return rgb.clip(0, 255).astype(np.uint8), truth


def doubtful(truth: Saliency, rng: np.random.Generator) -> Saliency:
    """What a network says, which wavers from frame to frame."""
    doubt = rng.normal(0, 0.15)
    return np.asarray((truth * (0.8 + doubt) + 0.05).clip(0, 1), np.float32)


def edge(saliency: NDArray[np.float32], level: float = 0.5) -> int:
    """The first column that is salient, in the middle line."""
    return int((saliency[SIZE // 2] > level).argmax())


def test_what_stays_flickers_less() -> None:
    rng, steady = np.random.default_rng(0), Steady()
    before, after = [], []
    for _ in range(30):
        rgb, truth = scene(20, rng)
        said = doubtful(truth, rng)
        before.append(said)
        after.append(steady(said, rgb))
    flicker = [np.abs(np.diff(maps, axis=0)).mean() for maps in (before, after)]
    assert flicker[1] < 0.35 * flicker[0]
    assert np.mean(after[-1] - before[-1]) == pytest.approx(0, abs=0.15)


@pytest.mark.parametrize("step", [1, 2, 5, -1, -3])
def test_a_moving_edge_stays_within_a_pixel(step: int) -> None:
    rng, steady = np.random.default_rng(1), Steady()
    for number in range(8):
        left = (10 if step > 0 else 50) + step * number
        rgb, truth = scene(left, rng)
        said = steady(truth, rgb)
        assert abs(edge(said) - left) <= 1
        assert np.abs(said - truth).mean() < 0.01


def test_slow_change_adds_up_until_it_is_followed() -> None:
    steady = Steady()
    for number in range(40):
        level = 60 + number  # a level a frame: less than the tolerance
        rgb = np.full((SIZE, SIZE, 3), level, np.uint8)
        saliency = np.full((SIZE, SIZE), number / 40, np.float32)
        said = steady(saliency, rgb)
    assert abs(said.mean() - 39 / 40) < 0.1


def test_a_cut_begins_anew() -> None:
    rng, steady = np.random.default_rng(2), Steady()
    for _ in range(5):
        rgb, truth = scene(20, rng)
        steady(truth, rgb)
    other = rng.integers(120, 255, (SIZE, SIZE, 3), np.uint8)
    fresh = rng.random((SIZE, SIZE), np.float32)
    assert (steady(fresh, other) == fresh).all()

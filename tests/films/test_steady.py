"""Maps of neighbouring frames agree where the film stays, and follow it where it does not."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from u2net.arrays import RGB, Saliency
from u2net.films.options import FilmOptions
from u2net.films.steady import EVERY, REACH, Looked, steadied

SIZE = 96
Scene = tuple[RGB, Saliency]


def scene(left: int, rng: np.random.Generator, noise: float = 2.0) -> Scene:
    """A square 40 wide on a slope, both with a pattern and the noise of a sensor; its true map."""
    truth = np.zeros((SIZE, SIZE), np.float32)
    truth[28:68, left : left + 40] = 1
    across = np.linspace(60, 110, SIZE)[None, :, None] * np.array([1.0, 0.9, 0.8])
    down = np.linspace(0, 30, SIZE)[:, None, None]
    rgb = np.where(truth[..., None] > 0, (190, 120, 70), across + down) + rng.normal(
        0, noise, (SIZE, SIZE, 3)
    )
    return rgb.clip(0, 255).astype(np.uint8), truth


def doubtful(truth: Saliency, rng: np.random.Generator) -> Saliency:
    """What a network says, which wavers from frame to frame."""
    doubt = rng.normal(0, 0.15)
    return np.asarray((truth * (0.8 + doubt) + 0.05).clip(0, 1), np.float32)


def made(frames: Iterable[tuple[RGB, Saliency | None]], **options: Any) -> list[Saliency]:
    """The map of each frame; the network is asked for none more."""
    looked = (Looked(number, seen, said) for number, (seen, said) in enumerate(frames))
    results = list(steadied(looked, unasked, **options))
    assert [number for number, _ in results] == list(range(len(results)))
    return [saliency for _, saliency in results]


def unasked(number: int) -> Saliency:
    raise AssertionError(f"the network was asked for frame {number}")


def edge(saliency: NDArray[np.float32], level: float = 0.5) -> int:
    """The first column that is salient, in the middle line."""
    return int((saliency[SIZE // 2] > level).argmax())


def test_what_stays_flickers_less() -> None:
    rng = np.random.default_rng(0)
    scenes = [scene(20, rng) for _ in range(30)]
    before = [doubtful(truth, rng) for _, truth in scenes]
    after = made((seen, said) for (seen, _), said in zip(scenes, before, strict=True))
    flicker = [np.abs(np.diff(maps, axis=0)).mean() for maps in (before, after)]
    assert flicker[1] < 0.35 * flicker[0]
    assert np.mean(after) == pytest.approx(np.mean(before), abs=0.01)


@pytest.mark.parametrize("step", [1, 2, 5, -1, -3])
def test_a_moving_edge_stays_within_a_pixel(step: int) -> None:
    rng = np.random.default_rng(1)
    lefts = [(10 if step > 0 else 50) + step * number for number in range(8)]
    scenes = [scene(left, rng) for left in lefts]
    for said, left, (_, truth) in zip(made(scenes), lefts, scenes, strict=True):
        assert abs(edge(said) - left) <= 1
        assert np.abs(said - truth).mean() < 0.01


def test_what_moves_flickers_less_too() -> None:
    rng = np.random.default_rng(3)
    scenes = [scene(10 + 2 * number, rng) for number in range(15)]
    before = [doubtful(truth, rng) for _, truth in scenes]
    after = made((seen, said) for (seen, _), said in zip(scenes, before, strict=True))

    def wavering(maps: list[Saliency]) -> float:
        inside = [said[truth > 0].mean() for said, (_, truth) in zip(maps, scenes, strict=True)]
        return float(np.abs(np.diff(inside)).mean())

    assert wavering(after) < 0.5 * wavering(before)


def test_a_change_of_mind_is_neither_late_nor_early() -> None:
    rng = np.random.default_rng(4)
    scenes = [scene(20, rng) for _ in range(20)]
    levels = [0.2] * 10 + [0.8] * 10
    after = made(
        (seen, np.full((SIZE, SIZE), level, np.float32))
        for (seen, _), level in zip(scenes, levels, strict=True)
    )
    means = [said.mean() for said in after]
    assert means == sorted(means)
    assert np.mean(means) == pytest.approx(0.5, abs=0.01)
    assert means[9] == pytest.approx(1 - means[10], abs=0.02)


def test_a_cut_begins_anew() -> None:
    rng = np.random.default_rng(2)
    other = rng.integers(120, 255, (SIZE, SIZE, 3), np.uint8)
    fresh = rng.random((SIZE, SIZE), np.float32)
    maps = made([*(scene(20, rng) for _ in range(5)), (other, fresh)])
    assert (maps[-1] == fresh).all()


@pytest.mark.parametrize("every", range(2, EVERY + 1))
@pytest.mark.parametrize("smooth", [True, False])
def test_maps_are_carried_by_motion_to_frames_between(every: int, smooth: bool) -> None:
    rng = np.random.default_rng(5)
    lefts = [10 + 2 * number for number in range(14)]
    scenes = [scene(left, rng) for left in lefts]
    asked = [
        (seen, truth if number % every == 0 else None)
        for number, (seen, truth) in enumerate(scenes)
    ]
    for said, left in zip(made(asked, smooth=smooth), lefts, strict=True):
        assert abs(edge(said) - left) <= 1


def test_without_smoothing_maps_stay_as_the_network_has_them() -> None:
    rng = np.random.default_rng(6)
    scenes = [scene(20, rng) for _ in range(6)]
    before = [doubtful(truth, rng) for _, truth in scenes]
    after = made(
        ((seen, said) for (seen, _), said in zip(scenes, before, strict=True)), smooth=False
    )
    assert all((now == then).all() for now, then in zip(after, before, strict=True))


def test_after_a_cut_the_network_is_asked() -> None:
    rng = np.random.default_rng(7)
    fresh = rng.random((SIZE, SIZE), np.float32)
    seen, truth = scene(20, rng)
    other = rng.integers(120, 255, (SIZE, SIZE, 3), np.uint8)
    frames = [Looked(0, seen, truth), Looked(1, other, None), Looked(2, other, None)]
    asked = []

    def ask(number: int) -> Saliency:
        asked.append(number)
        return fresh

    maps = dict(steadied(frames, ask))
    assert asked == [1]
    assert (maps[1] == fresh).all()
    assert np.abs(maps[2] - fresh).mean() < 0.02


def test_few_frames_are_held() -> None:
    rng = np.random.default_rng(8)
    taken = 0

    def counted() -> Iterable[Looked[int]]:
        nonlocal taken
        for taken in range(1, 20):
            yield Looked(taken, *scene(20, rng))

    for given, _ in enumerate(steadied(counted(), unasked), 1):
        assert taken <= given + REACH


@pytest.mark.parametrize("every", [0, EVERY + 1])
def test_what_is_out_of_reach_is_refused(every: int) -> None:
    with pytest.raises(ValueError, match="every is 1 to 4"):
        FilmOptions(every=every)


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (33, 17)])
def test_maps_of_any_size_are_followed(size: tuple[int, int]) -> None:
    frame = np.full((*size, 3), 90, np.uint8)
    said = np.full(size, 0.5, np.float32)
    assert np.allclose(made([(frame, said)] * 3), 0.5)

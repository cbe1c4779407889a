from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from u2net.data.pairs import Pair
from u2net.data.split import split
from u2net.errors import DatasetError


def named(*stems: str) -> list[Pair]:
    return [Pair(stem=stem, image=Path(stem), mask=Path(stem)) for stem in stems]


@given(st.integers(2, 300), st.floats(0.05, 0.5), st.integers(0, 99))
def test_the_sides_are_the_set_and_the_share_is_kept(count: int, share: float, seed: int) -> None:
    pairs = named(*(f"{number:03}" for number in range(count)))
    train, held_out = split(pairs, share, seed)
    assert sorted(p.stem for p in (*train, *held_out)) == [p.stem for p in pairs]
    assert len(held_out) == max(1, round(share * count))


def test_the_same_seed_holds_out_the_same_and_another_does_not() -> None:
    pairs = named(*(f"{number}" for number in range(100)))
    first, again, other = (split(pairs, 0.2, seed)[1] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_frames_of_one_film_lie_on_one_side() -> None:
    films = [f"film{letter}" for letter in "abcdefghijklmnopqrst"]
    pairs = named(*(f"{film}_{frame:05}" for film in films for frame in range(10)))
    train, held_out = split(pairs, 0.2, 0)
    sides = [{p.stem.partition("_")[0] for p in side} for side in (train, held_out)]
    assert not sides[0] & sides[1]
    assert len(held_out) == 40


def test_a_group_may_be_told_apart_by_the_caller() -> None:
    pairs = named(*(f"{number}-{view}" for number in range(12) for view in "abc"))
    train, held_out = split(pairs, 0.25, 0, group=lambda stem: stem.partition("-")[0])
    assert not {p.stem[:-2] for p in train} & {p.stem[:-2] for p in held_out}
    assert len(held_out) == 9


def test_names_of_few_groups_do_not_bind_pictures_together() -> None:
    pairs = named(*(f"image_{number:04}" for number in range(50)))
    assert len(split(pairs, 0.1, 0)[1]) == 5


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(DatasetError, match="share"):
        split(named("a", "b"), share, 0)


def test_one_picture_cannot_be_parted() -> None:
    with pytest.raises(DatasetError, match="cannot be parted"):
        split(named("a"), 0.5, 0)

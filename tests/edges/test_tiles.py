"""Tiles that overlap, joined without a seam."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from u2net.edges.strips import Inside
from u2net.edges.tiles import tiled


@settings(deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(16, 60), st.integers(1, 16))
def test_what_tiles_agree_on_is_found_for_the_whole(
    height: int, width: int, side: int, margin: int
) -> None:
    rng = np.random.default_rng(height * 100 + width)
    plane = rng.normal(size=(height, width)).astype(np.float32)
    wanted = rng.random((height, width)) < 0.01

    def found(inside: Inside) -> np.ndarray:
        return np.where(wanted, plane, 0)[inside]

    whole = np.zeros_like(plane)
    seen = np.zeros(height, int)
    for lines, values in tiled(found, wanted, side=side, margin=margin):
        whole[lines] = values
        seen[lines] += 1
    assert seen.max(initial=0) <= 1
    np.testing.assert_allclose(whole, np.where(wanted, plane, 0), atol=1e-5)


def test_from_one_tile_to_the_next_values_change_little_by_little() -> None:
    calls = iter(range(99))

    def found(inside: Inside) -> np.ndarray:
        lines, columns = (s.stop - s.start for s in inside)
        return np.full((lines, columns), next(calls), np.float32)

    everywhere = np.ones((64, 256), bool)
    whole = np.concatenate([v for _, v in tiled(found, everywhere, side=64, margin=32)])
    assert whole.min() == 0
    assert whole.max() == 3
    assert np.abs(np.diff(whole, axis=1)).max() < 0.04

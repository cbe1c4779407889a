import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from u2net.arrays import RGB, Mask
from u2net.training.data import augment
from u2net.training.data.composite import composite

seeds = st.integers(0, 2**32)
sides = st.integers(3, 90)


def a_pair(height: int, width: int) -> tuple[RGB, Mask]:
    """A picture that is its own mask, three times."""
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : height // 2 + 1, width // 4 : width // 2 + 1] = 255
    return np.repeat(mask[:, :, None], 3, axis=2), mask


@given(seeds, sides, sides)
def test_picture_and_mask_are_cropped_alike(seed: int, height: int, width: int) -> None:
    rgb, mask = augment.crop(
        *a_pair(height, width), np.random.default_rng(seed), size=32, smallest=0.5
    )
    assert rgb.shape == (32, 32, 3)
    np.testing.assert_array_equal(rgb[:, :, 0], mask)


@given(seeds, sides, sides)
def test_a_crop_keeps_half_of_the_object(seed: int, height: int, width: int) -> None:
    rgb, mask = a_pair(height, width)
    _, cropped = augment.crop(rgb, mask, np.random.default_rng(seed), size=64, smallest=0.4)
    whole = mask.mean()
    # A crop shows the object larger, never smaller; losing more than half of it would show.
    assert cropped.mean() > 0.4 * whole


@pytest.mark.parametrize("flip", ["horizontal", "vertical"])
def test_paper_resizes_crops_and_flips_both_alike(flip: str) -> None:
    mask = np.random.default_rng(1).integers(0, 2, (40, 50), np.uint8) * 255
    rgb = np.repeat(mask[:, :, None], 3, axis=2)
    seen = set()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        out, truth = augment.paper(rgb, mask, rng, resize=40, size=40, flip=flip)  # type: ignore[arg-type]
        assert out.shape == (40, 40, 3)
        seen.add(truth.tobytes())
        assert np.mean((out[:, :, 0] > 127) != (truth > 127)) < 0.35  # bilinear against nearest
    assert len(seen) == 2  # as it is, and flipped


@given(seeds)
def test_the_same_seed_gives_the_same_sample(seed: int) -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (50, 60, 3), np.uint8)
    mask = np.ascontiguousarray(rgb[:, :, 0])
    first, second = (
        augment.strong(rgb, mask, np.random.default_rng(seed), size=32, smallest=0.5) for _ in "ab"
    )
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


@given(seeds, st.floats(-180, 180))
def test_picture_and_mask_are_turned_alike(seed: int, degrees: float) -> None:
    rgb, mask = (augment.turned(plane, degrees) for plane in a_pair(48, 48))
    np.testing.assert_array_equal(rgb[:, :, 0], mask)


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    rgb, mask = (augment.turned(plane, 90) for plane in a_pair(48, 48))
    np.testing.assert_array_equal(mask, np.rot90(a_pair(48, 48)[1]))
    assert rgb.shape == (48, 48, 3)


@given(seeds)
def test_a_plain_background_has_one_colour_and_the_object_keeps_its_own(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (48, 48, 3), np.uint8)
    _, mask = a_pair(48, 48)
    out = augment.on_plain(rgb, mask, rng)
    np.testing.assert_array_equal(out[mask > 0], rgb[mask > 0])
    assert len(np.unique(out[mask == 0], axis=0)) == 1


@given(seeds)
def test_what_is_not_asked_for_changes_no_sample(seed: int) -> None:
    """Runs of before `turn` and `plain` are the same with both at 0."""
    rgb, mask = a_pair(40, 50)
    one, other = (np.random.default_rng(seed) for _ in "ab")
    got = augment.strong(rgb, mask, one, size=32, smallest=0.5)
    rgb, mask = augment.crop(rgb, mask, other, size=32, smallest=0.5)
    before = augment.degrade(augment.recolour(rgb, other), other), mask
    for left, right in zip(got, before, strict=True):
        np.testing.assert_array_equal(left, right)


@given(seeds)
def test_the_source_is_never_written_to(seed: int) -> None:
    rgb, mask = a_pair(40, 40)
    rgb.setflags(write=False)
    mask.setflags(write=False)
    augment.strong(
        rgb, mask, np.random.default_rng(seed), size=32, smallest=0.5, turn=10, plain=0.5
    )
    composite(rgb, mask, rgb, np.random.default_rng(seed), size=32)


@given(seeds)
def test_a_composite_shows_the_cut_out_where_its_mask_is_and_the_background_elsewhere(
    seed: int,
) -> None:
    cutout = np.full((30, 20, 3), 200, np.uint8)
    alpha = np.zeros((30, 20), np.uint8)
    alpha[5:25, 4:16] = 255
    background = np.full((50, 50, 3), 20, np.uint8)
    rgb, mask = composite(cutout, alpha, background, np.random.default_rng(seed), size=48)
    assert rgb.shape == (48, 48, 3)
    assert mask.max() > 200
    expected = 20 + (200 - 20) * (mask / 255.0)
    np.testing.assert_allclose(rgb[:, :, 0], expected, atol=2)


def test_colours_under_alpha_0_do_not_bleed_into_a_composite() -> None:
    cutout = np.zeros((30, 30, 3), np.uint8)
    cutout[8:22, 8:22] = 255
    alpha = np.ascontiguousarray(cutout[:, :, 0])
    white = np.full((40, 40, 3), 255, np.uint8)
    for seed in range(5):
        rgb, _ = composite(cutout, alpha, white, np.random.default_rng(seed), size=40)
        assert rgb.min() >= 253

"""Files -> planes: what each kind of file is read as, and what is said about it."""

import numpy as np
import pytest
from PIL import Image

from u2net.errors import EvaluationError
from u2net.evaluation.maps import as_map, as_truth, fit, read_plane

GREY = np.arange(0, 240, 5, dtype=np.uint8).reshape(6, 8)


def saved(path, image, **options):
    image.save(path, **options)
    return path


def test_an_8_bit_file_is_read_value_for_value(tmp_path):
    plane, notes = read_plane(saved(tmp_path / "a.png", Image.fromarray(GREY)))
    assert plane.dtype == np.uint8
    assert not notes
    np.testing.assert_array_equal(as_map(plane)[0], GREY)


def test_a_grey_picture_stored_in_colour_is_read_value_for_value(tmp_path):
    colour = Image.merge("RGB", [Image.fromarray(GREY)] * 3)
    plane, notes = read_plane(saved(tmp_path / "a.png", colour))
    np.testing.assert_array_equal(plane, GREY)
    assert not notes


def test_colour_is_read_as_grey_and_said_so(tmp_path):
    colour = Image.merge("RGB", [Image.fromarray(p) for p in (GREY, GREY, GREY[::-1].copy())])
    plane, notes = read_plane(saved(tmp_path / "a.png", colour))
    np.testing.assert_array_equal(plane, np.asarray(colour.convert("L")))
    assert notes == ("colour read as grey",)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_the_alpha_of_a_cut_out_is_the_plane(tmp_path, mode):
    picture = Image.new(mode, (8, 6), "white")
    picture.putalpha(Image.fromarray(GREY))
    plane, notes = read_plane(saved(tmp_path / "a.png", picture))
    np.testing.assert_array_equal(plane, GREY)
    assert notes == ("alpha taken as the plane",)


def test_an_opaque_alpha_is_left_out(tmp_path):
    picture = Image.merge("RGBA", [Image.fromarray(p) for p in (GREY, GREY, GREY, GREY | 255)])
    plane, notes = read_plane(saved(tmp_path / "a.png", picture))
    np.testing.assert_array_equal(plane, GREY)
    assert not notes


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_keep_their_steps(tmp_path, suffix):
    deep = GREY.astype(np.uint16) * 257 + 3
    plane, _ = read_plane(saved(tmp_path / f"a.{suffix}", Image.fromarray(deep)))
    np.testing.assert_allclose(as_map(plane)[0], deep / 65535, atol=1e-12)


def test_a_1_bit_file_is_black_and_white(tmp_path):
    plane, _ = read_plane(saved(tmp_path / "a.png", Image.fromarray(GREY > 100)))
    np.testing.assert_array_equal(plane, np.where(GREY > 100, 255, 0))


def test_a_palette_file_is_read_by_its_colours(tmp_path):
    picture = Image.fromarray((GREY > 100).astype(np.uint8)).convert("P")
    picture.putpalette([255, 255, 255, 0, 0, 0])
    plane, _ = read_plane(saved(tmp_path / "a.png", picture))
    np.testing.assert_array_equal(plane, np.where(GREY > 100, 0, 255))


@pytest.mark.parametrize("shape", [(6, 8), (1, 6, 8), (6, 8, 1), (1, 1, 6, 8)])
def test_a_npy_file_may_have_axes_of_length_1(tmp_path, shape):
    np.save(tmp_path / "a.npy", (GREY / 255).reshape(shape))
    np.testing.assert_array_equal(read_plane(tmp_path / "a.npy")[0], GREY / 255)


def test_a_thin_plane_is_not_squeezed_away(tmp_path):
    np.save(tmp_path / "a.npy", GREY[:1] / 255)
    assert read_plane(tmp_path / "a.npy")[0].shape == (1, 8)


def damaged(path):
    whole = saved(
        path, Image.fromarray(np.random.default_rng(0).integers(0, 255, (99, 99), np.uint8))
    )
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("a.png", lambda path: None, "no such file"),
        ("a.png", lambda path: path.write_bytes(b""), "empty"),
        ("a.png", lambda path: path.write_text("no picture"), "no picture"),
        ("a.png", damaged, "damaged or cut off"),
        ("a.npy", lambda path: path.write_bytes(b""), "cannot be read"),
        ("a.npy", lambda path: path.write_bytes(b"\x93NUMPY junk"), "cannot be read"),
        ("a.npy", lambda path: np.save(path, np.array([{}]), allow_pickle=True), "cannot be read"),
        ("a.npy", lambda path: np.save(path, np.zeros((3, 6, 8))), "one plane of numbers"),
        ("a.npy", lambda path: np.save(path, np.zeros((6, 8), complex)), "one plane of numbers"),
    ],
)
def test_a_file_that_holds_no_plane_is_refused_by_name(tmp_path, name, make, message):
    make(tmp_path / name)
    with pytest.raises(EvaluationError, match=rf"{name}: .*{message}"):
        read_plane(tmp_path / name)


def test_a_map_of_0_and_1_is_said_to_be_stretched():
    plane, notes = as_map(np.eye(3, dtype=np.uint8))
    assert plane.max() == 255
    assert notes == ("map of 0 and 1 read as 0 and 255",)


def test_a_truth_keeps_its_threshold_at_128():
    truth, notes = as_truth(np.array([[0, 0, 0, 128, 129, 255, 255, 255]], np.uint8))
    assert (truth > 128).tolist() == [[False] * 4 + [True] * 4]
    assert not notes


def test_fit_is_bilinear():
    small = np.array([[0.0, 1.0]])
    assert fit(small, (1, 4))[0].tolist() == [[0.0, 0.25, 0.75, 1.0]]

"""PNG files: lossless for every picture, whoever reads them."""

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from u2net.pictures import png
from u2net.pictures.png import encode_png

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.jpg"))


def by_pillow(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        image.load()
        return np.asarray(image)


def by_opencv(data: bytes) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels.ndim == 2:
        return pixels
    turn = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    return cv2.cvtColor(pixels, turn)


sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
shapes = st.one_of(sizes, sizes.map(lambda s: (*s, 3)), sizes.map(lambda s: (*s, 4)))


@settings(max_examples=60)
@given(arrays(np.uint8, shapes))
def test_every_picture_comes_back_from_two_decoders(pixels):
    data = encode_png(pixels)
    assert np.array_equal(by_pillow(data), pixels)
    assert np.array_equal(by_opencv(data), pixels)


@settings(max_examples=20)
@given(arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 40), st.just(3))))
def test_bands_join_to_one_stream(pixels):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(png, "BAND_BYTES", 200)
        data = encode_png(pixels)
    assert np.array_equal(by_pillow(data), pixels)


def test_arrays_that_are_not_contiguous_are_encoded_as_they_look():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 4), dtype=np.uint8)
    for view in (pixels[::2], pixels[:, ::-1], pixels[..., :3], pixels[..., 3]):
        assert np.array_equal(by_pillow(encode_png(view)), view)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_photo_takes_at_most_fifteen_percent_more_than_with_pillow(path):
    image = Image.open(path).convert("RGB")
    theirs = BytesIO()
    image.save(theirs, "PNG")
    assert len(encode_png(np.asarray(image))) <= 1.15 * len(theirs.getvalue())


def test_so_does_one_that_is_smooth():
    image = Image.open(EXAMPLES[-1]).convert("RGB")
    large = image.resize((4 * image.width, 4 * image.height), Image.Resampling.BICUBIC)
    theirs = BytesIO()
    large.save(theirs, "PNG")
    assert len(encode_png(np.asarray(large))) <= 1.15 * len(theirs.getvalue())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_object_amid_nothing_takes_no_more_than_with_pillow(path):
    photo = np.asarray(Image.open(path).convert("RGBA").resize((1200, 900)))
    noise = np.random.default_rng(0).normal(0, 8, photo.shape) * (1, 1, 1, 0)
    down, across = np.ogrid[-1:1:900j, -1:1:1200j]
    shown = (down**2 + across**2 < 0.1)[..., None]
    cutout = np.where(shown, (photo + noise).clip(0, 255), 0).astype(np.uint8)
    theirs = BytesIO()
    Image.fromarray(cutout).save(theirs, "PNG")
    assert len(encode_png(cutout)) <= len(theirs.getvalue())


def test_transparent_areas_take_almost_nothing():
    assert len(encode_png(np.zeros((2000, 3000, 4), np.uint8))) < 60_000


def test_a_colour_profile_is_kept():
    profile = bytes(range(200))
    data = encode_png(np.zeros((2, 2, 3), np.uint8), icc_profile=profile)
    with Image.open(BytesIO(data)) as image:
        assert image.info["icc_profile"] == profile


@pytest.mark.parametrize("shape", [(), (0, 4), (4, 0, 3), (4, 4, 2), (4,), (1, 2, 2, 3)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ValueError, match="no PNG picture"):
        encode_png(np.zeros(shape, np.uint8))


def test_other_numbers_are_refused():
    with pytest.raises(ValueError, match="float32"):
        encode_png(np.zeros((4, 4), np.float32))

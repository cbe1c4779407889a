"""What `u2net.compat.rembg` makes is what rembg makes, and a program switches by one line."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import tiny
from PIL import Image

from u2net.compat.rembg import Session, new_session, remove
from u2net.errors import ExtraMissingError, UnknownModelError, UnreadableImageError, need
from u2net.weights.card import KEY, Card
from u2net.weights.catalog import find_model
from u2net.weights.published import PUBLISHED

HERE = Path(__file__).parent
WAYS = {
    "plain": {},
    "mask": {"only_mask": True},
    "hard": {"post_process_mask": True},
    "colour": {"bgcolor": (10, 200, 30, 128)},
    "putalpha": {"putalpha": True},
    "alone": {"decontaminate": True},
    "matting": {"alpha_matting": True},
}

ASKED = [
    *(("astronaut", way) for way in WAYS),
    *(("coffee", way) for way in ("plain", "mask", "colour", "putalpha")),
    *(("cat", way) for way in ("plain", "mask")),
]


def photo(name: str) -> Image.Image:
    return Image.open(HERE / "photos" / f"{name}.png")


@pytest.fixture(scope="session")
def goldens() -> dict[str, np.ndarray]:
    """What rembg 2.0.86 made of the photos with the networks of `tiny`."""
    with np.load(HERE / "rembg.npz") as found:
        return dict(found)


@pytest.fixture(scope="session", params=["openvino", "onnxruntime"])
def session(request, tmp_path_factory) -> Session:
    return made(tiny.saliency(), Card(name="tiny"), tmp_path_factory, request.param)


@pytest.fixture(scope="session")
def clothes(tmp_path_factory) -> Session:
    card = PUBLISHED["u2net_cloth_seg"].card
    return made(tiny.clothes(), card, tmp_path_factory, "onnxruntime")


def made(data: bytes, card: Card, folders: pytest.TempPathFactory, engine: str) -> Session:
    path = folders.mktemp("tiny") / f"{card.name}.onnx"
    path.write_bytes(tiny.with_metadata(data, {KEY: card.to_json()}))
    providers = ["CPUExecutionProvider"] if engine == "onnxruntime" else None
    return new_session(model_path=str(path), providers=providers)


def levels_apart(one: object, other: np.ndarray) -> int:
    found = np.asarray(one)
    assert (found.shape, found.dtype) == (other.shape, np.uint8)
    return int(np.abs(found.astype(int) - other).max())


@pytest.mark.parametrize(("name", "way"), ASKED)
def test_pixels_are_those_of_rembg(name: str, way: str, session, goldens):
    if way in ("alone", "matting"):
        try:
            need("matting", "pymatting", purpose="matting")
        except ExtraMissingError as error:
            pytest.skip(str(error))
    with photo(name) as image:
        assert (
            levels_apart(remove(image, session=session, **WAYS[way]), goldens[f"{name}.png/{way}"])
            <= 1
        )


def test_clothes_come_below_each_other(clothes, goldens):
    with photo("astronaut") as image:
        assert levels_apart(remove(image, session=clothes), goldens["clothes/plain"]) <= 1
        masks = [np.asarray(mask) for mask in clothes.predict(image)]
        assert np.array_equal(np.concatenate(masks), goldens["clothes/mask"])
        (upper,) = clothes.predict(image, cloth_category="upper")
        assert np.array_equal(upper, masks[0])
        (attire,) = clothes.predict(image, cc="attire")
        assert np.array_equal(attire, np.max(masks, axis=0))


def test_what_goes_in_comes_out(session):
    with photo("astronaut") as image:
        as_image = remove(image, session=session)
        as_array = remove(np.asarray(image), session=session)
    data = (HERE / "photos" / "astronaut.png").read_bytes()
    as_bytes = remove(data, session=session)
    assert isinstance(as_image, Image.Image)
    assert isinstance(as_array, np.ndarray)
    assert isinstance(as_bytes, bytes)
    with Image.open(BytesIO(as_bytes)) as opened:
        assert opened.format == "PNG"
        for other in (as_array, opened):
            assert np.array_equal(np.asarray(as_image), np.asarray(other))
    assert isinstance(remove(bytearray(data), session=session, force_return_bytes=True), bytes)
    with pytest.raises(ValueError, match="not <class 'str'>"):
        remove("photo.jpg", session=session)
    with pytest.raises(UnreadableImageError):
        remove(b"no picture", session=session)


def test_a_photo_is_turned_as_its_exif_says_and_left_as_it_was(session):
    with photo("astronaut") as image:
        turned = image.transpose(Image.Transpose.ROTATE_270)
        exif = Image.Exif()
        exif[0x0112] = 8
        buffer = BytesIO()
        turned.save(buffer, "PNG", exif=exif)
        with Image.open(buffer) as stored:
            before = np.asarray(stored).copy()
            assert np.array_equal(
                remove(stored, session=session, putalpha=True),
                remove(image, session=session, putalpha=True),
            )
            assert np.array_equal(np.asarray(stored), before)
            assert stored.mode == "RGB"


def names(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_arguments_are_those_of_rembg():
    assert names(remove)[:14] == [
        "data",
        "alpha_matting",
        "alpha_matting_foreground_threshold",
        "alpha_matting_background_threshold",
        "alpha_matting_erode_size",
        "session",
        "only_mask",
        "post_process_mask",
        "decontaminate",
        "vitmatte",
        "vitmatte_model",
        "bgcolor",
        "force_return_bytes",
        "args",
    ]
    assert names(new_session)[:3] == ["model_name", "args", "sess_opts"]


def test_what_is_not_here_is_refused_and_not_passed_over(session):
    image = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(UnknownModelError, match="vitmatte"):
        remove(image, session=session, vitmatte=True)
    with pytest.raises(TypeError):
        remove(image, session=session, alpha_mating=True)
    with pytest.raises(ValueError, match="bria-rmbg: no session of this name"):
        new_session("bria-rmbg")
    with pytest.raises(UnknownModelError, match="u2net models download u2net"):
        new_session("u2net")
    with pytest.warns(UserWarning, match="sess_opts is not used"):
        new_session("lite", sess_opts=object())


def test_a_session_says_its_name_and_where_its_file_is(clothes):
    assert new_session("lite").name() == new_session("lite").model_name == "lite"
    assert Path(clothes.download_models()).name == "u2net_cloth_seg.onnx"
    assert Path(new_session("lite").download_models()).read_bytes() == find_model("lite").data


def test_without_a_session_the_embedded_model_is_used():
    with photo("astronaut") as image:
        assert np.asarray(remove(image, only_mask=True)).shape == (image.height, image.width)


def test_a_picture_without_contrast_is_no_error(session):
    for level in (0, 128, 255):
        flat = remove(np.full((5, 9, 3), level, np.uint8), session=session)
        assert flat.shape == (5, 9, 4)


def test_matting_without_its_packages_names_the_extra(session, monkeypatch):
    monkeypatch.setattr("u2net.errors.find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match="matting"):
        remove(np.zeros((8, 8, 3), np.uint8), session=session, alpha_matting=True)


def test_the_import_loads_nothing_heavy():
    program = "from u2net.compat.rembg import remove\nimport sys; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "PIL", "cv2", "openvino", "onnxruntime"} & set(loaded)

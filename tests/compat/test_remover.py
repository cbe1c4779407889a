"""`u2net remove --compat`: the pixels of another tool."""

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny
from PIL import Image

from u2net.cli import main
from u2net.compat.as_official import resized
from u2net.compat.remover import remover_as
from u2net.options import Options
from u2net.weights.card import KEY, Card

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def goldens() -> dict[str, np.ndarray]:
    with np.load(HERE / "rembg.npz") as found:
        return dict(found)


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tiny") / "tiny.onnx"
    path.write_bytes(tiny.with_metadata(tiny.saliency(), {KEY: Card(name="tiny").to_json()}))
    return path


@pytest.fixture
def u2net(monkeypatch: pytest.MonkeyPatch):
    """Runs the command line in this process."""

    def run(*words: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["u2net", *map(str, words)])
        return main()

    return run


@pytest.mark.parametrize(
    ("tool", "words", "golden"),
    [
        ("rembg", [], "plain"),
        ("rembg", ["--mask"], "mask"),
        ("official", ["--mask"], "official"),
    ],
)
@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png", "cat.png"])
def test_a_file_has_the_pixels_of_that_tool(
    name, tool, words, golden, u2net, model, goldens, tmp_path
):
    photo, out = HERE / "photos" / name, tmp_path / "out.png"
    assert u2net("remove", photo, "-o", out, "--compat", tool, "--model", model, *words) == 0
    with Image.open(out) as made:
        wanted = goldens[f"{name}/{golden}"]
        assert np.asarray(made).shape == wanted.shape
        assert np.abs(np.asarray(made).astype(int) - wanted).max() <= 1


def test_the_authors_have_no_cut_out_so_it_is_ours_by_their_mask(u2net, model, goldens, tmp_path):
    photo, out = HERE / "photos" / "astronaut.png", tmp_path / "out.png"
    assert u2net("remove", photo, "-o", out, "--compat", "official", "--model", model) == 0
    with Image.open(out) as made, Image.open(photo) as before:
        alpha = np.asarray(made)[:, :, 3]
        assert np.abs(alpha.astype(int) - goldens["astronaut.png/official"]).max() <= 1
        sure = alpha > 0
        assert np.array_equal(np.asarray(made)[sure][:, :3], np.asarray(before)[sure])


@pytest.mark.parametrize("option", [["--background", "white"], ["--crop"], ["--keep-metadata"]])
def test_what_those_tools_do_not_do_is_refused(option, u2net, capsys):
    assert u2net("remove", "a.jpg", "--compat", "rembg", *option) == 2
    assert "do not go together" in capsys.readouterr().err


def test_other_tools_run_in_float32_unless_told_otherwise(model):
    remover = remover_as("rembg", Options(model=model))
    assert remover.load().engine.precision == "fp32"
    again = pickle.loads(pickle.dumps(remover))
    assert type(again) is type(remover)
    assert again.options == remover.options


def test_the_resize_of_scikit_image_is_met_to_the_last_digit():
    transform = pytest.importorskip("skimage.transform")
    random = np.random.default_rng(0)
    for shape in [(427, 640, 3), (100, 90, 3), (320, 320, 4), (700, 333, 1), (1, 1, 3), (2, 5, 3)]:
        pixels = random.integers(0, 256, shape, np.uint8)
        wanted = transform.resize(pixels, (320, 320), mode="constant")
        assert np.abs(resized(pixels, (320, 320)) - wanted).max() < 1e-12

"""What a network that tells classes apart finds: a map of numbers, or one class as the object."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from made_pictures import decoded, encoded, opened, photo
from u2net import remover as pipeline
from u2net.arrays import Batch
from u2net.classes import class_map, class_planes
from u2net.cli import main
from u2net.errors import EngineError, OutputError, UnfitModelError
from u2net.options import Options
from u2net.pictures.palette import PALETTE
from u2net.remover import Loaded, Remover
from u2net.weights.card import Card

NAMES = ("dark", "middle", "bright")


class Brightnesses:
    """An engine in one line: how near a pixel is to one of three levels."""

    name, device, precision = "brightnesses", "CPU", "fp32"

    def __call__(self, batch: Batch) -> Batch:
        """(N, 3, H, W) -> (N, 3, H, W)."""
        level = batch.mean(axis=1, keepdims=True)
        near = np.exp(-np.abs(level - np.array([-2, 0, 2], np.float32)[:, None, None]))
        return np.asarray(near / near.sum(axis=1, keepdims=True), np.float32)


def remover(task: str = "multiclass", **options: object) -> Remover:
    card = Card(name="levels", size_hw=(32, 32), task=task, classes=NAMES)  # type: ignore[arg-type]
    made = Remover.of(Options(**options))  # type: ignore[arg-type]
    made._loaded = Loaded(Brightnesses(), card)
    return made


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 5), st.booleans())
def test_a_class_map_has_the_size_of_the_picture(
    height: int, width: int, count: int, exclusive: bool
) -> None:
    maps = np.random.default_rng(0).random((count, 20, 30), np.float32)
    numbers = class_map(maps, (height, width), exclusive=exclusive)
    assert numbers.shape == (height, width)
    assert numbers.max() <= (count - 1 if exclusive else count)
    assert class_planes(maps, (height, width)).shape == (height, width, count)


def test_at_the_size_of_the_network_the_most_probable_class_is_taken() -> None:
    maps = np.random.default_rng(0).random((4, 20, 30), np.float32)
    assert (class_map(maps, (20, 30), exclusive=True) == maps.argmax(axis=0)).all()
    some = maps.max(axis=0) >= 0.5
    overlapping = class_map(maps, (20, 30), exclusive=False)
    assert (overlapping == np.where(some, maps.argmax(axis=0) + 1, 0)).all()
    assert (class_planes(maps, (20, 30)) == (maps >= 0.5).transpose(1, 2, 0)).all()


def test_between_two_classes_no_third_one_appears() -> None:
    maps = np.zeros((3, 8, 8), np.float32)
    maps[0, :, :4] = maps[2, :, 4:] = 1
    assert set(np.unique(class_map(maps, (400, 600), exclusive=True))) == {0, 2}


def test_maps_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(EngineError, match="no numbers"):
        class_map(np.full((2, 4, 4), np.nan, np.float32), (4, 4), exclusive=True)


def test_the_mask_of_a_picture_is_a_palette_of_classes() -> None:
    rgb = np.repeat(np.array([0, 128, 255], np.uint8), 30)[None, :, None].repeat(40, 0).repeat(3, 2)
    picture = remover(mask=True).picture(rgb)
    for kind in ("png", "tiff"):
        image = Image.open(__import__("io").BytesIO(picture.encode(kind)))
        assert image.mode == "P"
        assert (np.asarray(image) == picture.pixels[:]).all()
        assert (np.asarray(image.convert("RGB")) == PALETTE[picture.pixels[:]]).all()
    assert [int(picture.pixels[:][20, x]) for x in (5, 45, 85)] == [0, 1, 2]
    for kind in ("webp", "jpg"):
        with pytest.raises(OutputError, match="no palette"):
            picture.encode(kind)


def test_one_class_is_cut_out_by_its_probability() -> None:
    rgb = photo()
    whole = remover().load().engine
    alpha = remover(class_name="bright")(rgb).alpha
    assert alpha.any()
    assert not (alpha == remover(class_name="dark")(rgb).alpha).all()
    assert whole.name == "brightnesses"
    with pytest.raises(UnfitModelError, match="which of dark, middle, bright is the object"):
        remover()(rgb)


def test_overlapping_classes_count_from_one() -> None:
    rgb = np.zeros((20, 20, 3), np.uint8)
    assert (remover().mask(rgb) == 0).all()
    assert (remover("multilabel").mask(rgb) == 1).all()


def test_a_class_that_the_model_does_not_know_is_refused_when_it_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(UnfitModelError, match="no class 'cat', it tells no classes apart"):
        Remover("lite", class_name="cat").load()
    with pytest.raises(UnfitModelError, match="no class 'cat', it has dark, middle, bright"):
        remover(class_name="cat").mask(np.zeros((9, 9, 3), np.uint8))


@pytest.fixture
def remove(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, onnx_file: Callable[[dict[str, str]], bytes]
) -> Callable[..., int]:
    """`u2net remove` of a photo in this process."""
    card = Card(name="levels", size_hw=(32, 32), task="multiclass", classes=NAMES)
    (tmp_path / "model.onnx").write_bytes(onnx_file({"u2net.card": card.to_json()}))
    (tmp_path / "photo.jpg").write_bytes(encoded(photo(), "JPEG"))
    monkeypatch.setattr(pipeline, "load_engine", lambda *a, **o: Brightnesses())
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> int:
        arguments = ["u2net", "remove", "photo.jpg", "--model", "model.onnx", *words]
        monkeypatch.setattr("sys.argv", arguments)
        return main()

    return call


def test_the_command_line_writes_classes_or_one_of_them(remove: Callable[..., int]) -> None:
    assert remove("--mask") == 0
    assert opened("photo-mask.png").mode == "P"
    assert remove("--class", "bright") == 0
    assert opened("photo-cutout.png").mode == "RGBA"
    assert remove("--mask", "--class", "bright", "-o", "bright.png") == 0
    grey = decoded(Path("bright.png").read_bytes())
    assert opened("bright.png").mode == "L"
    assert (grey == remover(class_name="bright").mask("photo.jpg")).all()


@pytest.mark.parametrize(
    ("words", "says"),
    [((), "which of dark, middle, bright"), (("--class", "cat"), "no class 'cat'")],
)
def test_the_command_line_says_at_once_which_classes_there_are(
    words: tuple[str, ...], says: str, remove: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    assert remove(*words) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert says in line


@pytest.mark.parametrize(
    "words", [("--mask",), ("--crop",), ("--frames", "all", "--format", "gif")]
)
def test_each_class_is_what_it_is_alone_and_a_photo_is_looked_at_once(
    words: tuple[str, ...],
    remove: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "other.png").write_bytes(encoded(photo(30, 40, seed=3)))
    for name in NAMES:
        assert remove("other.png", *words, "--class", name, "-o", f"alone/{name}/") == 0
    looks = []
    look = Brightnesses.__call__
    monkeypatch.setattr(
        Brightnesses, "__call__", lambda self, batch: looks.append(1) or look(self, batch)
    )
    manifest = ["--manifest", "each.jsonl"]
    assert remove("other.png", *words, "--class", "each", "-o", "each", *manifest) == 0
    assert len(looks) == 2
    assert len(Path("each.jsonl").read_text().splitlines()) == 6
    written = sorted(path for path in Path("alone").rglob("*") if path.is_file())
    assert len(written) == 6
    for path in written:
        assert Path("each", *path.parts[1:]).read_bytes() == path.read_bytes()


def test_a_photo_that_cannot_be_read_fails_for_each_class_and_the_rest_is_done(
    remove: Callable[..., int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.png").write_bytes(b"none")
    assert remove("bad.png", "--class", "each", "-o", "each") == 1
    assert capfd.readouterr().err.splitlines()[-1] == "u2net: 3 done, 0 skipped, 3 failed"
    assert sorted(path.parent.name for path in Path("each").rglob("*.png")) == sorted(NAMES)
    assert remove("bad.png", "--class", "each", "-o", "each", "--skip-existing") == 1
    assert capfd.readouterr().err.splitlines()[-1] == "u2net: 0 done, 3 skipped, 3 failed"


def test_each_class_of_a_pipe_is_refused_in_words(
    remove: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    assert remove("-", "--class", "each", "-o", "each") == 2
    assert "is for files" in capfd.readouterr().err
    assert not Path("each").exists()

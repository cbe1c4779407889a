"""The published family runs as its makers run it, told by cards.

The files themselves are not here: networks of the same ends, of one layer, stand for them.
"""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import u2net
from u2net.cli import main
from u2net.errors import DownloadError, UnfitModelError, UnknownModelError
from u2net.weights.card import KEY
from u2net.weights.catalog import LARGEST, find_model
from u2net.weights.download import download
from u2net.weights.published import PUBLISHED

onnx = pytest.importorskip("onnx")

SALIENT = ("silueta", "u2net", "u2net_human_seg", "u2netp")


def network(weights: np.ndarray, *, sigmoid: bool, **metadata: str) -> bytes:
    """An ONNX file: each map is a sum of the channels, (maps, 3) `weights`."""
    helper = onnx.helper
    maps = len(weights)
    ends = [
        helper.make_tensor_value_info(name, 1, ["n", channels, "h", "w"])
        for name, channels in [("x", 3), ("y", maps)]
    ]
    kernel = weights.reshape(maps, 3, 1, 1).astype(np.float32)
    nodes = [helper.make_node("Conv", ["x", "kernel"], ["sums" if sigmoid else "y"])]
    if sigmoid:
        nodes.append(helper.make_node("Sigmoid", ["sums"], ["y"]))
    stored = [onnx.numpy_helper.from_array(kernel, "kernel")]
    graph = helper.make_graph(nodes, "made", ends[:1], ends[1:], stored)
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    helper.set_model_props(model, metadata)
    return bytes(model.SerializeToString())


@pytest.fixture
def published(tmp_path, monkeypatch) -> Callable[[str, bytes], None]:
    """Puts bytes where the published file of a name would be, and has them count as it."""
    monkeypatch.setenv("U2NET_MODELS", str(tmp_path / "models"))

    def put(name: str, data: bytes) -> None:
        (tmp_path / "models").mkdir(exist_ok=True)
        (tmp_path / "models" / f"{name}.onnx").write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        file = replace(PUBLISHED[name], sha256=digest, size_bytes=len(data))
        monkeypatch.setitem(PUBLISHED, name, file)

    return put


@pytest.fixture
def photo() -> np.ndarray:
    """Of the size at which portraits are drawn: nothing is resized; its maximum is 255."""
    coarse = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    coarse[0, 0] = 255
    return np.kron(coarse, np.ones((32, 32, 1), np.uint8))


def test_what_is_said_of_each_file_can_be_so():
    for name, one in PUBLISHED.items():
        assert one.name == name
        assert one.address.startswith("https://")
        assert len(one.sha256) == 64 or (not one.sha256 and one.remark)
        assert one.size_bytes < LARGEST
    assert {name for name, one in PUBLISHED.items() if one.card.task == "saliency"} == set(SALIENT)


@pytest.mark.parametrize("name", SALIENT)
def test_saliency_is_stretched_as_the_authors_do(name, published, photo):
    published(name, network(np.full((1, 3), 0.1), sigmoid=True))
    mask = u2net.Remover(name).mask(photo)
    assert (mask.min(), mask.max()) == (0, 255)
    assert PUBLISHED[name].card.divide_by_max


def test_a_portrait_is_drawn_dark_on_white(tmp_path, monkeypatch, photo):
    monkeypatch.setenv("U2NET_MODELS", str(tmp_path))
    card = PUBLISHED["u2net_portrait"].card
    data = network(np.full((1, 3), 0.5), sigmoid=True, **{KEY: card.to_json()})
    (tmp_path / "u2net_portrait.onnx").write_bytes(data)
    remover = u2net.Remover("u2net_portrait", precision="fp32")
    scaled = (photo / 255 - card.mean) / card.std
    # As u2net_portrait_test.py: pred = 1.0 - d1, then normPRED.
    line = 1 - 1 / (1 + np.exp(-0.5 * scaled.sum(axis=2)))
    expected = (line - line.min()) / (line.max() - line.min()) * 255
    assert np.abs(remover.mask(photo) - expected).max() <= 1
    with pytest.raises(UnfitModelError, match="draws, and finds no object"):
        remover(photo)


def test_clothes_are_told_apart_and_each_is_cut_out_by_its_name(published, photo):
    published("u2net_cloth_seg", network(np.eye(4, 3, -1) * 3, sigmoid=False))
    card = PUBLISHED["u2net_cloth_seg"].card
    scaled = (photo / 255 - card.mean) / card.std * 3
    logits = np.concatenate([np.zeros((512, 512, 1)), scaled], axis=2)
    inside = np.zeros((16, 16), bool)
    inside[1:, 1:] = True  # away from the edges between the blocks, which are resized
    middle = np.kron(inside, np.pad(np.ones((20, 20), bool), 6)).astype(bool)
    classes = u2net.Remover("u2net_cloth_seg", precision="fp32").mask(photo)
    assert np.array_equal(classes[middle], logits.argmax(axis=2)[middle])
    for at, name in enumerate(("upper", "lower", "full"), 1):
        alpha = u2net.Remover("u2net_cloth_seg", precision="fp32", class_name=name)(photo).alpha
        sure = middle & (np.sort(logits, axis=2)[:, :, -1] - np.sort(logits, axis=2)[:, :, -2] > 3)
        assert np.array_equal(alpha[sure] > 127, (classes == at)[sure])


@pytest.mark.parametrize("more", [[], ["--class", "each"]], ids=["--mask", "--class each"])
def test_the_masks_of_all_clothes_are_written_one_file_a_class(
    more, published, photo, tmp_path, monkeypatch, capsys
):
    published("u2net_cloth_seg", network(np.eye(4, 3, -1) * 3, sigmoid=False))
    Image.fromarray(photo[:64, :96]).save(tmp_path / "photo.png")
    words = ["remove", tmp_path / "photo.png", "--mask", "-m", "u2net_cloth_seg", *more]

    def run(*more: object) -> int:
        monkeypatch.setattr(sys, "argv", ["u2net", *map(str, [*words, *more])])
        return main()

    assert run("-o", tmp_path / "masks") == 0
    sizes = {}
    for path in tmp_path.glob("masks/*/*"):
        with Image.open(path) as mask:
            sizes[path.relative_to(tmp_path / "masks")] = mask.size
    names = PUBLISHED["u2net_cloth_seg"].card.classes
    assert sizes == {Path(name, "photo.png"): (96, 64) for name in names}
    assert run() == 2
    assert "needs -o FOLDER" in capsys.readouterr().err


def test_the_masks_of_all_clothes_are_not_taken_for_one_picture(tmp_path, monkeypatch, capsys):
    words = ["remove", "photo.png", "--mask", "-m", "u2net_cloth_seg"]
    monkeypatch.chdir(tmp_path)
    for more, told in [
        (["-o", "mask.png"], "needs -o FOLDER; --class NAME is one of them"),
        (["-o", "-"], "needs -o FOLDER"),
        (["-o", "masks", "-"], "is for files"),
    ]:
        monkeypatch.setattr(sys, "argv", ["u2net", *words, *more])
        assert main() == 2
        assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_what_nobody_can_verify_is_not_fetched_but_it_is_said_how_to_get_it():
    with pytest.raises(DownloadError, match=r"u2net export u2net_portrait\.pth") as caught:
        download(PUBLISHED["u2net_portrait"])
    assert "drive.google.com" in str(caught.value)
    with pytest.raises(UnknownModelError, match=r"get u2net_portrait\.pth from https://"):
        find_model("u2net_portrait")


def test_the_checkpoint_of_portraits_is_known_by_its_name(tmp_path):
    torch = pytest.importorskip("torch")
    from u2net.export import card_for

    torch.save({"a": torch.zeros(1)}, tmp_path / "u2net_portrait.pth")
    assert card_for(tmp_path / "u2net_portrait.pth") == PUBLISHED["u2net_portrait"].card

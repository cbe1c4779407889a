import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from u2net.errors import UnfitModelError, UnknownModelError
from u2net.weights import catalog
from u2net.weights.card import KEY, Card
from u2net.weights.catalog import embedded, find_model, read_card


def refusal(data: bytes) -> str:
    with pytest.raises(UnfitModelError) as caught:
        read_card(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_embedded_model_says_where_it_comes_from():
    card = find_model("lite").card
    assert card.name == "lite"
    assert "Apache-2.0" in card.licence
    assert "released U²-Net† weights" in card.training_data
    assert card.scores["ecssd200 (paper)"]["max_f"] > 0.8


def test_the_wheel_carries_the_embedded_model_and_is_small(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=Path(__file__).parents[2], check=True, capture_output=True)
    (wheel,) = tmp_path.iterdir()
    with zipfile.ZipFile(wheel) as opened:
        assert opened.read("u2net/weights/lite.onnx") == find_model("lite").data
    assert wheel.stat().st_size < 5_000_000


def test_a_file_and_the_run_folder_it_is_in_are_the_same_model(onnx_file, tmp_path):
    (tmp_path / "model.onnx").write_bytes(onnx_file({KEY: Card(name="mine").to_json()}))
    file, folder = find_model(str(tmp_path / "model.onnx")), find_model(str(tmp_path))
    assert file.card == folder.card == Card(name="mine")
    assert file.data == folder.data


def test_a_published_file_is_known_by_its_hash(onnx_file, monkeypatch):
    data = onnx_file({})
    card = Card(name="u2netp", stretch=True)
    monkeypatch.setitem(catalog.PUBLISHED, hashlib.sha256(data).hexdigest(), card)
    assert read_card(data) == card


def test_published_files_are_stretched_as_their_authors_do():
    names = {card.name for card in catalog.PUBLISHED.values()}
    assert names == {"silueta", "u2net", "u2net_human_seg", "u2netp"}
    assert all(card.stretch and card.divide_by_max for card in catalog.PUBLISHED.values())


def test_another_network_is_told_to_be_exported(onnx_file):
    assert "u2net export" in refusal(onnx_file({}))


def test_a_card_that_is_none_is_refused(onnx_file):
    assert "not a card" in refusal(onnx_file({KEY: "[]"}))
    assert "size_hw" in refusal(onnx_file({KEY: '{"name": "x", "size_hw": [0, 0]}'}))


@given(st.binary())
def test_any_other_bytes_are_refused(data: bytes):
    refusal(data)


@given(st.integers(0, 20_000))
def test_a_truncated_model_is_refused(length: int):
    refusal(find_model("lite").data[:length])


@pytest.mark.parametrize("name", ["none", "none.onnx", "lite/", "a/b", ""])
def test_what_is_not_there_is_unknown_and_the_names_are_listed(name: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownModelError, match=", ".join(embedded())):
        find_model(name)


def test_a_file_that_is_near_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with pytest.raises(UnknownModelError, match=r"u2netp.onnx is at github.com/.*/releases"):
        find_model("u2netp")
    kept = tmp_path / "home" / ".u2net" / "u2netp.onnx"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with pytest.raises(UnknownModelError, match=f"^u2netp: no such model; there is {kept}, "):
        find_model("u2netp")
    (tmp_path / "u2netp.onnx").touch()
    with pytest.raises(UnknownModelError, match=r"there is u2netp\.onnx, "):
        find_model("u2netp")


def test_a_sound_checkpoint_is_told_to_be_exported(tmp_path):
    torch, safetensors = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch")
    weights = {"a": torch.zeros(3)}
    torch.save({"state_dict": weights}, tmp_path / "a.pth")
    torch.save(weights, tmp_path / "old.ckpt", _use_new_zipfile_serialization=False)
    safetensors.save_file(weights, tmp_path / "a.safetensors")
    for path in list(tmp_path.iterdir()):
        with pytest.raises(UnfitModelError) as caught:
            find_model(str(path))
        told = f"'u2net export {path} -o {path.with_suffix('.onnx')}'"
        assert str(caught.value).startswith(f"{path}: is a ")
        assert str(caught.value).endswith(told)


def test_a_run_that_has_no_model_yet_is_told_how_to_make_one(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(UnknownModelError, match=f"'u2net export {tmp_path} -o "):
        find_model(str(tmp_path))


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.onnx")
    for place in (tmp_path / "pipe.onnx", "/dev/zero"):
        with pytest.raises(UnfitModelError, match="is no file"):
            find_model(str(place))


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    with (tmp_path / "large.onnx").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UnfitModelError, match="2 GB"):
        find_model(str(tmp_path / "large.onnx"))


@pytest.mark.parametrize("name", ["\0", "x" * 5000])
def test_what_is_no_path_is_refused(name: str):
    with pytest.raises(UnfitModelError, match="cannot be read"):
        find_model(name)


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"a few words")
    with pytest.raises(UnfitModelError, match=f"^{path}: a damaged model"):
        find_model(str(path))

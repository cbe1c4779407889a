import hashlib
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


@pytest.mark.parametrize("name", ["\0", "x" * 5000])
def test_what_is_no_path_is_refused(name: str):
    with pytest.raises(UnfitModelError, match="cannot be read"):
        find_model(name)


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"a few words")
    with pytest.raises(UnfitModelError, match=f"^{path}: a damaged model"):
        find_model(str(path))

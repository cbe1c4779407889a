import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from misbehaving import serving

import u2net
from u2net.errors import UnfitModelError, UnknownModelError
from u2net.weights.card import KEY, Card
from u2net.weights.catalog import embedded, find_model, read_card
from u2net.weights.download import download
from u2net.weights.published import PUBLISHED, card_of


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


def test_swift_is_lighter_than_lite_and_finds_the_same_cat():
    assert embedded() == ["lite", "swift"]
    lite, swift = (find_model(name) for name in embedded())
    assert len(swift.data) < 1.5e6 < len(lite.data)
    assert set(swift.card.precisions) == {"fp32", "bf16", "int8"}
    cat = Path(__file__).parents[2] / "examples/cat.jpg"
    ours, theirs = (u2net.Remover(name).mask(cat) > 127 for name in embedded())
    assert (ours & theirs).sum() > 0.8 * (ours | theirs).sum()


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


@pytest.fixture
def u2netp(onnx_file, monkeypatch) -> bytes:
    """What counts as the published u2netp in a test."""
    data = onnx_file({})
    file = replace(
        PUBLISHED["u2netp"], sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data)
    )
    monkeypatch.setitem(PUBLISHED, "u2netp", file)
    return data


def put(data: bytes, *place: str | Path) -> Path:
    path = Path(*place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_published_file_is_known_by_its_hash(u2netp):
    assert read_card(u2netp) == PUBLISHED["u2netp"].card
    assert (
        card_of("10025a17f49cd3208afc342b589890e402ee63123d6f2d289a4a0903695cce58").name == "u2net"
    )


def test_a_published_model_that_is_not_here_names_the_command_and_fetches_nothing():
    with pytest.raises(UnknownModelError, match=r"'u2net models download u2netp' \(4.6 MB\)"):
        find_model("u2netp")
    with pytest.raises(UnknownModelError, match="u2net models download u2net'"):
        u2net.Remover("u2net").load()


@pytest.mark.parametrize("name", ["u2netp", "u2nettp"])
def test_a_name_that_is_not_here_says_where_it_was_looked_for(name, tmp_path, monkeypatch):
    for variable in ("U2NET_MODELS", "U2NET_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    with pytest.raises(UnknownModelError, match="looked for") as caught:
        find_model(name)
    assert str(tmp_path / "U2NET_MODELS") in str(caught.value)
    if name == "u2netp":
        assert str(tmp_path / "U2NET_HOME") in str(caught.value)
    else:
        assert str(Path.cwd() / name) in str(caught.value)


def test_a_published_model_is_found_in_the_folder_of_models_and_in_those_of_rembg(
    u2netp, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    places = {
        "U2NET_MODELS": ("models", "u2netp.onnx"),
        "U2NET_HOME": ("old", "u2netp.onnx"),
        "REMBG_HOME": ("new", "models", "u2netp", "u2netp.onnx"),
    }
    for name, place in places.items():
        monkeypatch.setenv(name, str(tmp_path / place[0]))
    for place in (*places.values(), ("data", ".u2net", "u2netp.onnx")):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        path = put(u2netp, tmp_path, *place)
        assert find_model("u2netp").path == path
        assert find_model("u2netp").card == PUBLISHED["u2netp"].card
        path.unlink()
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.delenv("REMBG_HOME")
    for place in ((".rembg", "models", "u2netp", "u2netp.onnx"), (".u2net", "u2netp.onnx")):
        path = put(u2netp, tmp_path, "home", *place)
        assert find_model("u2netp").path == path
        path.unlink()


def test_a_damaged_published_file_is_never_used(u2netp, tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_MODELS", str(tmp_path))
    damaged = put(u2netp[:-1], tmp_path, "u2netp.onnx")
    with pytest.raises(UnknownModelError, match=f"{damaged} is another file, or damaged"):
        find_model("u2netp")
    whole = put(u2netp, tmp_path, "old", "u2netp.onnx")
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "old"))
    assert find_model("u2netp").path == whole


@pytest.mark.parametrize("whose", ["U2NET_MODELS", "U2NET_HOME"])
def test_what_is_said_of_a_damaged_published_file_can_be_followed(
    whose, u2netp, tmp_path, monkeypatch
):
    monkeypatch.setenv(whose, str(tmp_path))
    damaged = put(u2netp[:-1], tmp_path, "u2netp.onnx")
    with pytest.raises(UnknownModelError) as caught:
        find_model("u2netp")
    told = f"first delete {damaged}, or give it another name; fetch it with 'u2net models download"
    assert (told in str(caught.value)) == (whose == "U2NET_MODELS")
    if whose == "U2NET_MODELS":
        damaged.unlink()
    with serving(u2netp) as server:
        file = replace(PUBLISHED["u2netp"], address=server.address)
        assert download(file) == find_model("u2netp").path


def test_download_fetches_what_is_not_here(u2netp, tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_MODELS", str(tmp_path))
    with serving(u2netp) as server:
        file = replace(PUBLISHED["u2netp"], address=server.address)
        monkeypatch.setitem(PUBLISHED, "u2netp", file)
        for _ in range(2):
            assert find_model("u2netp", download=True).path == tmp_path / "u2netp.onnx"
        assert len(server.asked) == 1


def test_models_of_ones_own_are_found_by_name(onnx_file, tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_MODELS", str(tmp_path / "models"))
    put(onnx_file({KEY: Card(name="dogs").to_json()}), tmp_path, "models", "dogs.onnx")
    assert find_model("dogs").card.name == "dogs"
    with pytest.raises(UnknownModelError, match="u2net_portrait, dogs, and any model file"):
        find_model("cats")


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
    (tmp_path / "dogs.onnx").touch()
    with pytest.raises(UnknownModelError, match=r"there is dogs\.onnx, "):
        find_model("dogs")


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


def test_a_program_of_torch_is_told_that_torch_alone_runs_it(tmp_path):
    torch = pytest.importorskip("torch")
    photo = (torch.zeros(1, 3, 8, 8),)
    program = torch.export.export(torch.nn.Conv2d(3, 1, 1), photo)
    torch.export.save(program, tmp_path / "net.pt2")
    with pytest.raises(UnfitModelError, match="is a program of torch, which torch alone") as caught:
        find_model(str(tmp_path / "net.pt2"))
    assert f"'u2net export CHECKPOINT -o {tmp_path / 'net.onnx'}'" in str(caught.value)


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

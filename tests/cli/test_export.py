import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from exporter import operators_once as operators_once
from made_pictures import decoded
from u2net.cli import main
from u2net.engines import load_engine
from u2net.engines.calibration import read_calibration
from u2net.engines.openvino import OpenVinoDevice
from u2net.errors import EngineError, UnfitModelError
from u2net.evaluation import parity
from u2net.export import card_for
from u2net.export.hub import readme, write_hub
from u2net.export.runs import weights_in
from u2net.machine.cores import int8_weight_bits
from u2net.mask import to_mask
from u2net.network import RSUSpec, U2Net, U2NetSpec, load_checkpoint, save_checkpoint
from u2net.network.checkpoint import SPEC_KEY
from u2net.network.specs import spec_to_json
from u2net.pictures.decode import decode
from u2net.preprocess import input_of
from u2net.weights.card import KEY, Card
from u2net.weights.catalog import find_model

CAT = Path(__file__).parents[2] / "examples/cat.jpg"
SMALLEST = U2NetSpec(encoders=(RSUSpec(2, mid=2, out=2),), decoders=())


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    save_checkpoint(U2Net(SMALLEST), tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


@pytest.fixture
def u2net(monkeypatch: pytest.MonkeyPatch):
    """Runs the command line in this process."""

    def run(*words: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["u2net", *map(str, words)])
        return main()

    return run


def test_a_run_folder_becomes_a_model_with_the_card_that_was_asked_for(u2net, tmp_path, capsys):
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    training = {"state_dict": U2Net(SMALLEST).state_dict(), SPEC_KEY: spec_to_json(SMALLEST)}
    torch.save(training, run / "checkpoints" / "last.ckpt")
    about = ["--size", "32", "--mean", "0,0,0", "--stretch", "--licence", "CC0", "--json"]
    assert u2net("export", run, "-o", tmp_path / "net.onnx", "--precision", "fp16", *about) == 0
    card = find_model(str(tmp_path / "net.onnx")).card
    assert (card.name, card.size_hw, card.mean) == ("run", (32, 32), (0, 0, 0))
    assert (card.stretch, card.divide_by_max, card.licence) == (True, True, "CC0")
    report = json.loads(capsys.readouterr().out)
    assert 0 <= report["difference"] < 1e-5


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["none.pth", "-o", "net.onnx"], 1, "none.pth: no such checkpoint"),
        (["net.safetensors", "-o", "net.safetensors"], 2, "no format has this suffix"),
        (
            ["net.safetensors", "-o", "net.safetensors", "--format", "onnx"],
            2,
            "would replace MODEL",
        ),
        (["net.safetensors", "-o", "x.onnx", "--mean", "1,2"], 2, "as long as each other"),
        (["net.safetensors", "-o", "x.onnx", "--std", "red"], 2, "red: not numbers"),
        (
            ["net.safetensors", "-o", "x", "--format", "openvino"],
            1,
            "x: openvino wants the suffix .xml",
        ),
        (["net.safetensors", "-o", "x", "--format", "torch"], 1, "x: torch wants the suffix .pt2"),
        (["net.safetensors", "-o", "q.pt"], 2, "q.pt: no format has this suffix; use .onnx (onnx)"),
        ([".", "-o", "x.onnx"], 1, "is a folder, and no run"),
        (["-o", "x.onnx", "other.safetensors"], 1, "other.safetensors: no such checkpoint"),
        (["net.safetensors", "-o", "q.mlmodel"], 2, "or say --format"),
        (["net.safetensors", "-o", "q"], 2, "or say --format"),
        (["net.safetensors", "-o", "x.onnx", "--opset", "10"], 2, "opset 10 is not from 11 to 18"),
        (["net.safetensors", "-o", "x.onnx", "--opset", "19"], 2, "opset 19 is not from 11 to 18"),
        (["net.safetensors", "-o", "x.xml", "--opset", "13"], 2, "--opset is for ONNX"),
        (["net.safetensors", "-o", "x.onnx", "--fixed", "320"], 2, "320: not HEIGHTxWIDTH"),
        (["net.safetensors", "-o", "x.onnx", "--fixed", "0x32"], 2, "0x32: not HEIGHTxWIDTH"),
        (["net.safetensors", "-o", "x.onnx", "--fixed", "32x48", "--size", "9"], 2, "leave it out"),
        (["net.safetensors", "-o", "x.onnx", "--calibrate", ".", "--logits"], 2, "that u2net runs"),
        (["net.safetensors", "-o", "x.onnx", "--calibrate", "."], 1, "no pictures in this folder"),
        (["net.safetensors", "-o", "x.xml", "--calibrate", "."], 2, "for ONNX files"),
        (["net.safetensors", "-o", "x.pt2", "--calibrate", "."], 2, "for ONNX files"),
        (["net.safetensors", "-o", "x.pt2", "--precision", "int8"], 2, "programs are fp32 or fp16"),
        (["net.safetensors", "-o", "x.onnx", "--data", "none"], 1, "none: no such folder"),
        (["net.safetensors", "-o", "x.onnx", "--data", ".", "--logits"], 2, "that u2net runs"),
        (["net.safetensors", "-o", "/dev/null/x.onnx"], 1, "/dev/null is a file"),
        (["net.safetensors", "-o", ".", "--format", "onnx"], 1, "is a folder; name a file"),
        (["net.safetensors", "-o", ".", "--format", "hub"], 1, "name a new folder"),
        (["net.safetensors", "-o", "/proc/x.onnx"], 1, "cannot be"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    u2net, checkpoint, monkeypatch, capsys, words, status, message
):
    monkeypatch.chdir(checkpoint.parent)
    before = checkpoint.read_bytes()
    assert u2net("export", *words) == status
    error = capsys.readouterr().err
    assert message in error
    assert "tracing" not in error  # nobody waits for a refusal
    assert [file.name for file in checkpoint.parent.iterdir()] == [checkpoint.name]
    assert checkpoint.read_bytes() == before


def fast(precision: str) -> None:
    if precision not in OpenVinoDevice("cpu").precisions():
        pytest.skip(f"this processor has no {precision}")


def test_any_suffix_will_do_where_the_format_is_named(u2net, checkpoint, tmp_path):
    assert u2net("export", checkpoint, "-o", tmp_path / "q.pt", "--format", "onnx") == 0
    assert find_model(str(tmp_path / "q.pt")).card.name == "net"


def test_a_file_for_other_programs_alone_is_called_so(u2net, tmp_path, capsys):
    save_checkpoint(U2Net(SMALLEST, inputs=1), tmp_path / "grey.safetensors")
    grey = ["--mean", "0.5", "--std", "0.5", "--fixed", "16x24", "--logits", "--opset", "11"]
    done = u2net("export", tmp_path / "grey.safetensors", "-o", tmp_path / "grey.onnx", *grey)
    assert done == 0
    said = "grey takes 1 channels and gives 1 maps: for other programs"
    assert said in capsys.readouterr().err
    with pytest.raises(UnfitModelError, match="no card"):
        find_model(str(tmp_path / "grey.onnx"))


def test_photos_calibrate_the_file_for_what_this_processor_can_prove(
    u2net, faint, tmp_path, photos
):
    words = ["--precision", "fp16", "--calibrate", photos, "--size", "64"]
    assert u2net("export", faint, "-o", tmp_path / "net.onnx", *words) == 0
    model = find_model(str(tmp_path / "net.onnx"))
    assert read_calibration(model.data).corrections.keys() == {"int8", "int8w7", "bf16"}
    assert set(model.card.precisions) == {"fp32", *OpenVinoDevice("cpu").precisions()}
    assert load_engine(model.data, model.card, precision=model.card.precisions[-1])


@pytest.fixture
def faint(tmp_path: Path) -> Path:
    """A network whose maps hardly change when it is rounded, to 8 bits of anything."""
    net = U2Net(SMALLEST)
    net.fuse.weight.data *= 0.01
    save_checkpoint(net, tmp_path / "faint.safetensors")
    return tmp_path / "faint.safetensors"


def test_int8_for_openvino_is_calibrated_on_what_there_is_and_runs_as_it_is(
    u2net, faint, pairs, tmp_path, capsys
):
    if int8_weight_bits() != 8:
        pytest.skip("this processor has no VNNI")
    words = ["--precision", "int8", "--size", "64", "--data", pairs, "--json"]
    assert u2net("export", faint, "-o", tmp_path / "net.xml", *words) == 0
    out, err = capsys.readouterr()
    assert "--calibrate FOLDER, of your own, is better" in err
    (cost,) = json.loads(out)["data"]
    assert (cost["name"], cost["images"]) == ("openvino int8", 8)
    model = find_model(str(tmp_path / "net.xml"))
    assert model.card.precisions == ("int8",)
    assert load_engine(model.data, model.card).precision == "int8"
    with pytest.raises(EngineError, match="no fp32 on this device, only int8"):
        load_engine(model.data, model.card, precision="fp32")


def test_int8_for_openvino_is_refused_where_weights_of_8_bits_overflow(
    u2net, faint, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(import_module("u2net.export.deploy"), "int8_weight_bits", lambda: 7)
    words = ["--precision", "int8", "--size", "64"]
    assert u2net("export", faint, "-o", tmp_path / "net.xml", *words) == 1
    assert "is for processors with VNNI" in capsys.readouterr().err
    assert not list(tmp_path.glob("net.*"))


def test_what_a_file_costs_is_printed_and_too_much_is_not_written(
    u2net, faint, pairs, tmp_path, capsys, monkeypatch
):
    words = ["--size", "64", "--data", pairs]
    assert u2net("export", faint, "-o", tmp_path / "net.pt2", *words) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith("torch on 8 photos of set: max F 0.")
    assert "(+0.0000)" in told
    monkeypatch.setattr(parity, "LIMIT", -1.0)
    assert u2net("export", faint, "-o", tmp_path / "other.onnx", *words) == 1
    assert "costs more than" in capsys.readouterr().err
    assert not (tmp_path / "other.onnx").exists()


def test_a_folder_for_the_hub_is_a_model_a_checkpoint_and_a_card(u2net, checkpoint, tmp_path):
    about = ["--licence", "Apache-2.0", "--training-data", "DUTS-TR", "--size", "32"]
    folder = tmp_path / "hub" / "net"
    assert u2net("export", checkpoint, "-o", folder, "--format", "hub", *about) == 0
    assert sorted(f.name for f in folder.iterdir()) == [
        "README.md",
        "model.onnx",
        "model.safetensors",
    ]
    assert find_model(str(folder)).card.training_data == "DUTS-TR"
    state = load_checkpoint(folder / "model.safetensors").state_dict()
    before = load_checkpoint(checkpoint).state_dict()
    assert all(torch.equal(value, before[name]) for name, value in state.items())
    _, table, text = (folder / "README.md").read_text().split("---\n")
    found = yaml.safe_load(table)
    assert (found["license"], found["pipeline_tag"]) == ("apache-2.0", "image-segmentation")
    assert "Trained on: DUTS-TR." in text
    assert u2net("export", checkpoint, "-o", folder, "--format", "hub") == 1


@pytest.mark.parametrize(
    ("licence", "name"), [("", "not-stated"), ("My own, for research", "my-own-for-research")]
)
def test_a_licence_that_the_hub_has_no_word_for_has_an_id_and_a_link(
    licence, name, onnx_file, tmp_path
):
    card = Card(name="net", licence=licence, training_data="DUTS-TR")
    _, table, _ = readme(card).split("---\n")
    found = yaml.safe_load(table)
    assert (found["license"], found["license_name"]) == ("other", name)
    write_hub(U2Net(SMALLEST), onnx_file({KEY: card.to_json()}), tmp_path)
    told = (tmp_path / found["license_link"]).read_text()
    assert told.startswith(f"Licence of the weights of net: {licence or 'not stated'}.")
    assert "Trained on: DUTS-TR." in told


def test_int8_is_refused_at_once_where_it_cannot_be_proved(
    u2net, checkpoint, photos, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(OpenVinoDevice, "precisions", lambda self: ["bf16", "fp32"])
    words = ["--precision", "int8", "--calibrate", photos]
    assert u2net("export", checkpoint, "-o", tmp_path / "net.onnx", *words) == 1
    assert "this processor has no int8, so that it cannot be proved" in capsys.readouterr().err
    assert not (tmp_path / "net.onnx").exists()


def test_a_link_to_nowhere_among_the_photos_is_named(u2net, checkpoint, photos, tmp_path, capsys):
    (photos / "a.jpg").symlink_to(tmp_path / "gone.jpg")
    words = ["--calibrate", photos, "--size", "32"]
    assert u2net("export", checkpoint, "-o", tmp_path / "net.onnx", *words) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert str(photos / "a.jpg") in error
    assert not (tmp_path / "net.onnx").exists()


@pytest.fixture
def photos(make_pairs, tmp_path: Path) -> Path:
    """A folder of twelve pictures."""
    return make_pairs(tmp_path / "photos", count=12) / "images"


def test_the_best_weights_of_a_run_are_taken(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    assert weights_in(tmp_path) == folder / "last.ckpt"
    for name in ("best-step=0000010-val_max_f=0.4000.ckpt", "best-step=0000005-val_max_f=0.5.ckpt"):
        (folder / name).touch()
    assert weights_in(tmp_path).name.endswith("0.5.ckpt")


def test_the_card_of_a_run_is_the_one_in_its_model(tmp_path, onnx_file):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "model.onnx").write_bytes(onnx_file({"u2net.card": '{"name": "dog"}'}))
    assert card_for(tmp_path).name == card_for(tmp_path / "checkpoints" / "last.ckpt").name == "dog"


def test_an_unknown_checkpoint_has_a_card_with_its_name(checkpoint):
    assert card_for(checkpoint).name == "net"


def test_a_checkpoint_of_another_architecture_is_refused_in_one_line(u2net, tmp_path, capsys):
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8))
    torch.save({"model": layers.state_dict()}, tmp_path / "other.pth")
    assert u2net("export", tmp_path / "other.pth", "-o", tmp_path / "net.onnx") == 1
    error = capsys.readouterr().err
    assert error.startswith(f"u2net: {tmp_path / 'other.pth'}: ")
    assert "none of its 7 tensors in 'model'" in error
    assert error.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["other.pth"]


@pytest.mark.parametrize(
    ("name", "more"), [("net.xml", ["--precision", "fp16"]), ("hub", ["--format", "hub"])]
)
def test_what_was_exported_runs_again_and_finds_what_the_network_does(name, more, u2net, tmp_path):
    torch.manual_seed(0)
    net = U2Net(SMALLEST).eval()
    net.fuse.weight.data *= 10  # maps with some contrast
    save_checkpoint(net, tmp_path / "net.safetensors")
    out, mask = tmp_path / "out" / name, tmp_path / "mask.png"
    assert u2net("export", tmp_path / "net.safetensors", "-o", out, "--size", "64", *more) == 0
    asked = ["--mask", "--edges", "off", "--precision", "fp32"]
    assert u2net("remove", CAT, "-m", out, "-o", mask, *asked) == 0
    found = decoded(mask.read_bytes()).astype(int)
    # As `remove` reads it, which needs no more of it than twice what the network sees.
    card, photo = find_model(str(out)).card, decode(CAT.read_bytes(), at_least=2 * 64)
    with torch.inference_mode():
        maps = net(torch.from_numpy(input_of(photo, card)[None]))
    expected = to_mask(maps[0][0, 0].sigmoid().numpy(), photo.size_hw, card)
    assert np.ptp(expected) > 20
    assert np.abs(found - expected).max() <= 1


def test_without_torch_the_extra_to_install_is_named():
    program = (
        "import sys; sys.modules['torch'] = None; from u2net.cli import main; sys.exit(main())"
    )
    words = ["export", "net.pth", "-o", "net.onnx"]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "[train]'" in done.stderr

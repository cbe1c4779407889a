import json
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from u2net.errors import UnfitModelError, UnknownModelError
from u2net.network import (
    LITE,
    SWIFT,
    TINY,
    U3,
    U2Net,
    U2NetSpec,
    lite,
    load_checkpoint,
    save_checkpoint,
)
from u2net.network.checkpoint import SPEC_KEY as SPEC
from u2net.network.dialects import authors_keys, modules_keys
from u2net.network.stored import read_stored


@pytest.fixture(scope="module")
def net() -> U2Net:
    torch.manual_seed(0)
    return lite().eval()


@pytest.fixture(scope="module")
def authors(net: U2Net) -> dict[str, Tensor]:
    names = authors_keys(net.state_dict())
    return {names[key]: value for key, value in net.state_dict().items()}


def same(one: U2Net, other: U2Net) -> bool:
    state = other.state_dict()
    return all(torch.equal(value, state[key]) for key, value in one.state_dict().items())


def saved(state: object, folder: Path, name: str = "net.pth") -> Path:
    torch.save(state, folder / name)
    return folder / name


def refusal(path: Path) -> str:
    """What loading says; one line that names the file."""
    with pytest.raises(UnfitModelError) as caught:
        load_checkpoint(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("spec", "inputs", "outputs"),
    [(TINY, 3, 1), (U3, 3, 1), (LITE, 4, 2), (TINY, 1, 5), (SWIFT, 2, 3)],
)
def test_any_spec_comes_back_as_it_was_saved(spec: U2NetSpec, inputs: int, outputs: int, tmp_path):
    net = U2Net(spec, inputs=inputs, outputs=outputs)
    save_checkpoint(net, tmp_path / "net.safetensors")
    loaded = load_checkpoint(tmp_path / "net.safetensors")
    assert (loaded.spec, loaded.inputs, loaded.outputs) == (spec, inputs, outputs)
    assert same(loaded, net)
    assert not loaded.training


def test_weights_that_are_loaded_can_be_trained(tmp_path):
    save_checkpoint(U2Net(TINY), tmp_path / "net.safetensors")
    net = load_checkpoint(tmp_path / "net.safetensors").train()
    net(torch.rand(2, 3, 32, 32))[0].mean().backward()
    assert net.fuse.weight.grad is not None


@pytest.mark.parametrize(
    ("nest", "prefix", "counted"),
    [
        ("", "", True),
        ("", "module.", False),
        ("state_dict", "module.", True),
        ("model", "", False),
    ],
)
def test_authors_files_load_in_every_shape(net, authors, nest, prefix, counted, tmp_path):
    state = {
        f"{prefix}{key}": value
        for key, value in authors.items()
        if counted or not key.endswith("num_batches_tracked")
    }
    assert len(state) == (798 if counted else 686)
    path = saved({nest: state, "epoch": 3} if nest else state, tmp_path)
    assert same(load_checkpoint(path), net)


PREFIXES = ("net.", "model.", "_orig_mod.", "module.module.", "model._orig_mod.module.", "a.b.c.")
NESTS = ("", "model_state_dict", "net", "params", "whatever")


@pytest.mark.parametrize(("prefix", "nest"), [*zip(PREFIXES, (*NESTS, ""), strict=True)])
def test_one_prefix_and_one_table_are_taken_off(net, authors, prefix, nest, tmp_path):
    state = {prefix + key: value for key, value in authors.items()}
    path = saved({nest: state, "optimizer": {}, "epoch": 3} if nest else state, tmp_path)
    assert same(load_checkpoint(path), net)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda weights, _: {"model": {"state_dict": weights}, "epoch": 3},
        lambda weights, _: {"state": {"model": {"module." + k: v for k, v in weights.items()}}},
        lambda weights, others: {"model": {"state_dict": others, "ema": weights}, "optimizer": {}},
    ],
    ids=["state dict", "prefix", "averaged"],
)
def test_tables_in_tables_are_opened(net, authors, wrapped, tmp_path):
    others = {key: value + 1 for key, value in authors.items()}
    assert same(load_checkpoint(saved(wrapped(authors, others), tmp_path)), net)


def test_tables_that_hold_themselves_end(net, authors, tmp_path):
    content: dict[str, object] = {"model": {"state_dict": authors}}
    content["again"] = content
    content["model"]["again"] = content  # type: ignore[index]
    assert same(load_checkpoint(saved(content, tmp_path)), net)


def test_of_several_networks_in_tables_of_tables_none_is_chosen(authors, tmp_path):
    both = {who: {"state_dict": dict(authors)} for who in ("teacher", "student")}
    assert "(under 'teacher.state_dict' and 'student.state_dict')" in refusal(saved(both, tmp_path))


@pytest.mark.parametrize("nest", ["ema", "params_ema", "state_dict_ema"])
def test_averaged_weights_are_taken_where_there_are_any(net, authors, nest, tmp_path):
    others = {key: value + 1 for key, value in authors.items()}
    path = saved({"params": others, "state_dict": others, nest: authors}, tmp_path)
    assert same(load_checkpoint(path), net)


def test_what_lies_beside_a_prefix_is_another_thing(net, authors, tmp_path):
    averaged = torch.optim.swa_utils.AveragedModel(torch.nn.ModuleDict())
    state = {f"module.{key}": value for key, value in authors.items()}
    state |= {key: value for key, value in averaged.state_dict().items() if key == "n_averaged"}
    assert same(load_checkpoint(saved(state | {"loss.weight": torch.ones(1)}, tmp_path)), net)


def test_of_several_networks_none_is_chosen(authors, tmp_path):
    both = {f"{who}.{key}": authors[key] for who in ("teacher", "student") for key in authors}
    expected = "holds several networks (under 'student.' and 'teacher.'); save one of them alone"
    assert expected in refusal(saved(dict(sorted(both.items())), tmp_path))
    assert "several networks" in refusal(saved({"teacher": authors, "student": authors}, tmp_path))


def test_where_the_weights_were_found_is_said_when_they_do_not_fit(authors, tmp_path):
    state = {f"net.{key}": value for key, value in authors.items() if key != "side2.bias"}
    message = refusal(saved({"model": state, "epoch": 3}, tmp_path))
    assert ": in its 'model', behind the prefix 'net.', not the weights of" in message
    assert "1 missing (side2.bias)" in message


def test_the_table_of_another_network_is_named(tmp_path):
    state = {"layer1.weight": torch.zeros(3)}
    message = refusal(saved({"epoch": 3, "weights": state}, tmp_path))
    assert "none of its 1 tensors in 'weights' (layer1.weight)" in message


@pytest.mark.parametrize(
    "spoil",
    [
        lambda like: like.to_sparse(),
        lambda like: like.to(torch.complex64),
        lambda like: like.bool(),
        lambda like: torch.zeros(1).expand(like.shape),
        lambda like: like.to("meta"),
        lambda like: torch.quantize_per_tensor(like, 0.1, 0, torch.quint8),
    ],
    ids=["sparse", "complex", "bool", "expanded", "meta", "quantised"],
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # of torch, on quantised tensors
def test_tensors_that_are_no_plain_numbers_are_named(authors, spoil, tmp_path):
    spoilt = authors | {"side1.weight": spoil(authors["side1.weight"])}
    assert "side1.weight" in refusal(saved(spoilt, tmp_path))


def test_names_of_odd_types_are_no_names_of_weights(net, authors, tmp_path):
    odd = {3: torch.zeros(1), (1, 2): {"x": torch.zeros(1)}, None: "x", "side1.other": [1.0]}
    assert same(load_checkpoint(saved(authors | odd, tmp_path)), net)
    assert "none of its 1 tensors in '(1, 2)' (x)" in refusal(saved(odd, tmp_path, "odd.pth"))
    assert r"(a\nb)" in refusal(saved({"a\nb": torch.zeros(1)}, tmp_path, "line.pth"))


def test_a_compressed_archive_is_refused_before_it_fills_the_memory(authors, tmp_path):
    path = saved(authors, tmp_path)
    with ZipFile(path) as stored, ZipFile(tmp_path / "bomb.pth", "w", ZIP_DEFLATED) as packed:
        for part in stored.namelist():
            packed.writestr(part, stored.read(part))
    assert "its parts are compressed" in refusal(tmp_path / "bomb.pth")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_three_thousand_damaged_checkpoints_load_or_are_refused(kind: str):
    program = Path(__file__).with_name("mutants.py")
    done = subprocess.run(
        [sys.executable, program, kind, "3000"], capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    loaded, refused = (int(word) for word in done.stdout.split()[::2])
    assert loaded + refused == 3000
    assert refused > 1000


def test_half_precision_and_safetensors_load_as_float32(net, authors, tmp_path):
    half = {
        key: value.half() if value.is_floating_point() else value for key, value in authors.items()
    }
    save_file(half, tmp_path / "half.safetensors")
    loaded = load_checkpoint(tmp_path / "half.safetensors")
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    torch.testing.assert_close(loaded.fuse.weight, net.fuse.weight, rtol=1e-3, atol=1e-6)


def test_convolutions_without_bias_get_one_of_zero(net, tmp_path):
    names = modules_keys(net.state_dict())
    state = {
        names[key]: value
        for key, value in net.state_dict().items()
        if not key.endswith(".conv.bias")
    }
    loaded = load_checkpoint(saved(state, tmp_path))
    assert not loaded.encoders[0].stem.conv.bias.any()
    assert torch.equal(loaded.sides[5].bias, net.sides[5].bias)


def test_keys_that_miss_or_are_too_many_are_named(authors, tmp_path):
    state = {key: value for key, value in authors.items() if not key.startswith("side2")}
    message = refusal(saved(state | {"head.weight": torch.zeros(1)}, tmp_path))
    assert "2 missing (side2.weight, side2.bias); 1 too many (head.weight)" in message


def test_other_shapes_are_named_against_the_nearer_network(authors, tmp_path):
    state = authors | {"side3.weight": torch.zeros(1, 32, 3, 3)}
    expected = "1 of other shape (side3.weight [1, 32, 3, 3] instead of [1, 64, 3, 3])"
    assert expected in refusal(saved(state, tmp_path))


def test_another_network_is_refused_by_the_names_of_its_keys(tmp_path):
    message = refusal(saved({"layer1.0.conv1.weight": torch.zeros(3)}, tmp_path))
    assert "none of its 1 tensors (layer1.0.conv1.weight)" in message
    assert "stage1.rebnconvin.conv_s1.weight" in message


class Code:
    def __reduce__(self):
        return os.mkdir, ("code-was-run",)


@pytest.mark.parametrize(
    "score", [np.float64(0.9), np.float32(0.5), np.int64(-3), np.uint8(200), np.bool_(True)]
)
def test_numbers_of_numpy_beside_the_weights_are_let_through(authors, tmp_path, score):
    file = tmp_path / "scored.pth"
    torch.save({"state_dict": authors, "best": score}, file)
    beside = read_stored(file).beside["best"]
    assert (beside, type(beside)) == (score.item(), type(score.item()))
    assert load_checkpoint(file).spec == load_checkpoint(saved(authors, tmp_path)).spec


@pytest.mark.parametrize("odd", [np.array([1.0]), np.datetime64(3, "s"), np.str_("x")])
def test_other_things_of_numpy_are_refused(authors, tmp_path, odd):
    assert refusal(saved(authors | {"x": odd}, tmp_path))


def test_code_in_a_pickle_is_refused_and_not_run(authors, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "Python code" in refusal(saved(authors | {"x": Code()}, tmp_path))
    assert not Path("code-was-run").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"a few words\n", b"PK\x03\x04", b"\x80\x02}q\x00.", b"\x10\0\0\0\0\0\0\0{'a': 1}"],
    ids=["empty", "text", "zip", "pickle of nothing", "safetensors"],
)
def test_what_is_no_checkpoint_is_refused_in_one_line(content: bytes, tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(content)
    refusal(path)


@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_truncated_checkpoint_is_refused(name: str, share: float, tmp_path):
    path = tmp_path / name
    save_checkpoint(U2Net(TINY), path) if name != "net.pth" else torch.save(
        U2Net(TINY).state_dict(), path
    )
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    refusal(path)


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.pth")
    assert "a named pipe, not a file" in refusal(tmp_path / "pipe.pth")


def test_a_folder_is_refused_and_a_missing_file_is_unknown(tmp_path):
    assert "directory" in refusal(tmp_path)
    with pytest.raises(UnknownModelError, match="no such checkpoint"):
        load_checkpoint(tmp_path / "none.pth")


@pytest.mark.parametrize(
    "spec",
    [
        "[]",
        '{"encoders": [], "decoders": []}',
        '{"encoders": [{"depth": 2000000000, "mid": 1, "out": 1}], "decoders": []}',
        '{"encoders": [{"depth": 4, "mid": 1e9, "out": 1}], "decoders": []}',
        "[" * 100_000,
        '{"encoders": ' + "9" * 5000 + "}",
        '{"encoders": [' + '{"depth": 2, "mid": 1, "out": 1},' * 9000 + "], }",
    ],
)
def test_a_hostile_spec_is_refused(spec: str, tmp_path):
    save_file({"fuse.weight": torch.zeros(1, 1, 1, 1)}, tmp_path / "net.safetensors", {SPEC: spec})
    assert "spec" in refusal(tmp_path / "net.safetensors")


@pytest.mark.parametrize(
    ("nestings", "message"),
    [
        (0, "its spec asks for 1,984 layers, and it has 1 tensors"),
        (1, "asks for 61,566 layers, 4,096 at most"),
    ],
)
def test_a_spec_of_thousands_of_blocks_is_counted_before_it_is_built(nestings, message, tmp_path):
    block = {"depth": 32, "mid": 1, "out": 1}
    table = {"encoders": [block] * 16, "decoders": [block] * 15}
    if nestings:
        block = {"inner": table, "out": 1}
        table = {"encoders": [block] * 16, "decoders": [block] * 15}
    text = json.dumps(table)
    save_file({"fuse.weight": torch.zeros(1, 1, 1, 1)}, tmp_path / "net.safetensors", {SPEC: text})
    assert message in refusal(tmp_path / "net.safetensors")


def test_the_released_weights_load(shared: Path):
    net = load_checkpoint(shared / "weights" / "u2netp_released_folded_fp16.safetensors")
    with torch.no_grad():
        saliency = net(torch.rand(1, 3, 64, 64))[0].sigmoid()
    assert saliency.isfinite().all()

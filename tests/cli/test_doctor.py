"""`u2net doctor` says what is there, and what will be used and why."""

import json

from click.testing import CliRunner

from u2net import engines
from u2net.cli.doctor import command
from u2net.engines.choice import Request


def run(*words: str):
    return CliRunner().invoke(command, words, standalone_mode=False)


def test_it_says_what_will_be_used_and_why():
    result = run("--json")
    found = json.loads(result.stdout)
    assert result.return_value == 0
    assert found["packages"]["openvino"]
    assert found["chosen"]["engine"] == "openvino"
    assert found["chosen"]["precision"] in found["engines"]["openvino:cpu"]
    assert len(found["chosen"]["why"]) == 2


def test_it_tells_people_the_same():
    told = run().stdout
    for word in ("processor", "engine     openvino:cpu", "cache", "lite       openvino on CPU"):
        assert word in told


def test_a_model_that_cannot_run_is_status_one():
    result = run("--model", "nothing.onnx")
    assert result.return_value == 1
    assert "cannot run" in result.stdout


def test_what_was_asked_for_is_called_so():
    found = json.loads(run("--engine", "onnxruntime", "--precision", "fp32", "--json").stdout)
    assert found["chosen"]["why"] == ["onnxruntime: asked for", "fp32: asked for"]


def test_what_was_tried_before_is_told_with_its_reason(monkeypatch):
    # As where onnxruntime-gpu is installed beside the build without CUDA.
    wanted = Request(name="onnxruntime", device="cuda", reason="a graphics card")
    first = engines.candidates()
    monkeypatch.setattr(engines, "candidates", lambda: [wanted, *first])
    found = json.loads(run("--json").stdout)["chosen"]
    assert found["engine"] == "openvino"
    assert list(found["refused"]) == ["onnxruntime:cuda"]
    assert "CUDAExecutionProvider" in found["refused"]["onnxruntime:cuda"]
    assert "onnxruntime:cuda: tried first, and this ONNX Runtime has no CUDA" in run().stdout

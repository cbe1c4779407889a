"""Engines give the same maps, say what they are, and refuse what they cannot do."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from u2net import engines
from u2net.engines import choose_engine, choose_precision, load_engine
from u2net.engines.choice import Request
from u2net.engines.onnxruntime import OnnxRuntime
from u2net.engines.openvino import OpenVinoDevice
from u2net.engines.together import Together
from u2net.errors import EngineError, UnfitModelError
from u2net.remover import Loaded, Remover
from u2net.weights.card import Card

NAMES = ("openvino", "onnxruntime")


def fast(precision: str) -> None:
    if precision not in OpenVinoDevice("cpu").precisions():
        pytest.skip(f"this processor has no {precision}")


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_gives_what_the_network_gives(name, plain, net, batch):
    engine = load_engine(plain.data, plain.card, engine=name)
    with torch.no_grad():
        expected = net(torch.from_numpy(batch))[0].sigmoid().numpy()
    maps = engine(batch)
    assert (engine.name, engine.precision, maps.dtype) == (name, "fp32", np.float32)
    assert np.abs(maps - expected).max() < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_pictures_of_a_batch_do_not_meet(name, plain, batch):
    engine = load_engine(plain.data, plain.card, engine=name)
    alone = np.concatenate([engine(picture[None]) for picture in batch])
    assert np.array_equal(engine(batch), alone)
    assert engine(batch[:0]).shape == (0, 1, 64, 48)


@pytest.mark.parametrize("name", NAMES)
def test_threads_share_an_engine(name, plain, batch):
    engine = load_engine(plain.data, plain.card, engine=name, threads=1)
    expected, start, wrong = engine(batch), threading.Barrier(4), []

    def work() -> None:
        start.wait()
        wrong.extend(1 for _ in range(20) if not np.array_equal(engine(batch), expected))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(600)
    assert not wrong
    assert not any(worker.is_alive() for worker in workers)


def test_a_map_stays_as_it_is_when_the_next_is_made(plain, batch):
    engine = load_engine(plain.data, plain.card)
    first = engine(batch)
    copy = first.copy()
    engine(batch + 1)
    assert np.array_equal(first, copy)


def test_the_embedded_model_runs_the_same_on_both_engines():
    from u2net.weights.catalog import find_model

    model = find_model("lite")
    batch = np.random.default_rng(0).standard_normal((1, 3, 320, 320)).astype(np.float32)
    one, other = (
        load_engine(model.data, model.card, engine=name, precision="fp32")(batch) for name in NAMES
    )
    assert np.abs(one - other).max() < 1e-4


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("tensorflow", "is unknown"),
        ("onnxruntime:abacus", "is unknown"),
        ("openvino:npu7", "no device"),
        ("openvino:cpu.3", "no device"),
        ("openvino:cpu.x:y", "no device"),
        ("onnxruntime:cuda", "CUDAExecutionProvider"),
    ],
)
def test_an_engine_that_is_not_there_is_an_error(engine, message, plain):
    with pytest.raises(EngineError, match=message):
        load_engine(plain.data, plain.card, engine=engine)


def test_auto_goes_on_where_an_engine_cannot_compile_and_says_so(plain, batch, monkeypatch):
    expected = load_engine(plain.data, plain.card, engine="onnxruntime")(batch)
    # A device that is there, and of which OpenVINO's compiler can make nothing.
    first = Request(name="openvino", device="batch:cpu(-1)", reason="preferred")
    second = Request(name="onnxruntime", device="cpu", reason="the other")
    monkeypatch.setattr(engines, "candidates", lambda: [first, second])
    monkeypatch.setattr(OpenVinoDevice, "_names", lambda _: {"BATCH:CPU(-1)"})
    chosen = choose_engine(plain.data, plain.card)
    assert chosen.engine.name == "onnxruntime"
    assert np.array_equal(chosen.engine(batch), expected)
    ((request, error),) = chosen.refusals
    assert request == first
    assert "\n" not in str(error)
    assert "cannot use BATCH" in str(error)


class Broken:
    """A session on a device that fails in the middle of its work."""

    def __init__(self, session) -> None:
        self.session, self.shapes = session, []

    def run(self, outputs, inputs):
        (batch,) = inputs.values()
        self.shapes.append(batch.shape)
        if np.isnan(batch).any():
            return self.session.run(["no such output"], inputs)
        return self.session.run(outputs, inputs)

    def __getattr__(self, name):
        return getattr(self.session, name)


def test_a_graphics_card_gets_several_pictures_at_once_and_a_processor_one(plain, batch):
    many = np.concatenate([batch] * 4)
    session = load_engine(plain.data, plain.card, engine="onnxruntime")._session
    for device, sizes in (("cuda", [8, 4]), ("cpu", [1] * 12)):
        broken = Broken(session)
        engine = OnnxRuntime(broken, plain.card, device=device, precision="fp32")
        assert np.allclose(engine(many)[:3], engine(batch), atol=1e-5)
        assert [shape[0] for shape in broken.shapes[: len(sizes)]] == sizes


def of_threads(run, count: int) -> tuple[dict[int, object], list[int]]:
    """What each of `count` threads gets for its picture, and the sizes of all runs.

    The first run ends when the others have brought theirs.
    """
    got, sizes = {}, []

    def slowly(batch):
        sizes.append(len(batch))
        while len(sizes) == 1 and len(together._waiting) < count - 1:
            time.sleep(0.001)
        return run(batch)

    together = Together(slowly)

    def work(n: int) -> None:
        try:
            (got[n],) = together(np.full((1, 3, 2, 2), n, np.float32))
        except EngineError as error:
            got[n] = error

    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return got, sizes


def test_while_a_device_works_pictures_of_threads_gather_for_its_next_run() -> None:
    got, sizes = of_threads(lambda batch: batch * 2, 14)
    assert {n: float(picture.max()) for n, picture in got.items()} == {n: 2 * n for n in range(14)}
    assert sizes == [1, 8, 4, 1]


def test_a_picture_that_fails_in_company_is_the_only_one_to_fail() -> None:
    def run(batch):
        if (batch == 5).any():
            raise EngineError("no memory")
        return batch

    got, sizes = of_threads(run, 9)
    assert [n for n, result in got.items() if isinstance(result, EngineError)] == [5]
    assert sorted(got) == list(range(9))
    assert sum(sizes) >= 9 + 1


def test_pictures_that_a_graphics_card_ran_together_are_those_of_one_by_one(plain):
    """The line of a worker on a cluster: several threads, one engine."""
    session = load_engine(plain.data, plain.card, engine="onnxruntime")._session
    sizes, photos = [], list(np.random.default_rng(0).integers(0, 255, (9, 40, 30, 3), np.uint8))

    class Slowly(Broken):
        def run(self, outputs, inputs):
            sizes.append(len(next(iter(inputs.values()))))
            while len(sizes) == 1 and len(engine._each._waiting) < 8:
                time.sleep(0.001)
            return super().run(outputs, inputs)

    engine = OnnxRuntime(Slowly(session), plain.card, device="cuda", precision="fp32")
    card, one = Remover(), Remover()
    card._loaded = Loaded(engine, plain.card)
    one._loaded = Loaded(
        OnnxRuntime(session, plain.card, device="cpu", precision="fp32"), plain.card
    )
    pixels = [made.rgba for _, made in card.map(photos, jobs=9)]
    assert sizes[:2] == [1, 8]
    expected = [one(picture).rgba for picture in photos]
    assert np.allclose(np.stack(pixels), np.stack(expected), atol=1)


def test_a_device_that_fails_at_work_is_an_error_of_one_line(plain, batch):
    session = load_engine(plain.data, plain.card, engine="onnxruntime")._session
    engine = OnnxRuntime(Broken(session), plain.card, device="cuda", precision="fp32")
    with pytest.raises(EngineError, match=r"^ONNX Runtime cannot use cuda \(.*\); use another"):
        engine(batch * np.float32(np.nan))
    ours = load_engine(plain.data, plain.card, engine="openvino")
    other = load_engine(plain.data, replace(plain.card, size_hw=(32, 32)), engine="openvino")
    ours._idle.put(other._compiled.create_infer_request())
    with pytest.raises(EngineError, match=r"^OpenVINO cannot use CPU \(.*\); use another"):
        ours(batch)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 4])
def test_a_network_that_takes_no_colour_pictures_is_refused(name, channels, plain):
    card = replace(plain.card, mean=(0.5,) * channels, std=(0.5,) * channels)
    with pytest.raises(UnfitModelError, match=f"takes {channels} channels, pictures have 3"):
        load_engine(plain.data, card, engine=name)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_that_would_fill_the_memory_is_refused(name):
    helper = onnx.helper
    ends = [
        helper.make_tensor_value_info(at, 1, shape)
        for at, shape in [("x", ["n", 3, 8, 8]), ("y", None)]
    ]
    huge = helper.make_tensor("huge", 7, [1], [1 << 44])
    nodes = [
        helper.make_node("ConstantOfShape", ["huge"], ["many"]),
        helper.make_node("ReduceSum", ["many"], ["zero"], keepdims=0),
        helper.make_node("Add", ["x", "zero"], ["z"]),
        helper.make_node("ReduceMean", ["z"], ["y"], axes=[1]),
    ]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], [huge])
    opset = [helper.make_opsetid("", 13)]
    data = helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    with pytest.raises(UnfitModelError):
        load_engine(data, Card(name="huge", size_hw=(8, 8)), engine=name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("data", [b"", b"no network", b"\x08\x07" * 50])
def test_a_damaged_file_is_refused(name, data, plain):
    with pytest.raises(UnfitModelError):
        load_engine(data, plain.card, engine=name)


def other_network(kind: str) -> bytes:
    from onnx import TensorProto, helper

    shape = ["n", 3, "h", "w"]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
    node = helper.make_node("Relu", ["image"], ["out"])
    inputs = [image]
    if kind == "two pictures in":
        inputs.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, shape))
        node = helper.make_node("Add", ["image", "second"], ["out"])
    if kind == "one number out":
        node = helper.make_node("ReduceMean", ["image"], ["out"], keepdims=0)
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "other", inputs, [out])
    opset = [helper.make_opsetid("", 17)]
    return onnx.helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["three maps out", "two pictures in", "one number out"])
def test_another_network_is_refused(name, kind, plain):
    with pytest.raises(UnfitModelError):
        load_engine(other_network(kind), plain.card, engine=name)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_another_size_is_refused(name, plain, batch):
    engine = load_engine(plain.data, plain.card, engine=name)
    with pytest.raises(ValueError, match="shape"):
        engine(batch[:, :, :-1])


def test_a_precision_that_was_asked_for_is_never_replaced(plain):
    with pytest.raises(EngineError, match="unknown"):
        load_engine(plain.data, plain.card, precision="fp8")
    with pytest.raises(EngineError, match="no bf16"):
        load_engine(plain.data, plain.card, engine="onnxruntime", precision="bf16")
    with pytest.raises(EngineError, match="no bf16"):
        choose_precision("bf16", plain.card, ["fp32"], calibrated=True)


def test_int8_without_calibration_is_refused(plain):
    fast("int8")
    with pytest.raises(EngineError, match="not calibrated for int8"):
        load_engine(plain.data, plain.card, precision="int8")


def test_auto_takes_the_fastest_that_holds(plain):
    native = ["int8", "bf16", "fp32"]
    every = replace(plain.card, precisions=("fp32", "bf16", "int8"))
    assert choose_precision("auto", every, native, calibrated=True) == "int8"
    assert choose_precision("auto", every, native, calibrated=False) == "bf16"
    assert choose_precision("auto", every, ["fp32"], calibrated=True) == "fp32"
    assert choose_precision("auto", plain.card, native, calibrated=True) == "fp32"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("odd", ["no input", "whole numbers in", "whole numbers out"])
def test_a_network_of_odd_ends_is_refused_or_gives_float32(name, odd):
    before, after = (onnx.TensorProto.INT64 if odd.endswith(end) else 1 for end in ("in", "out"))
    picture = onnx.helper.make_tensor_value_info("x", before, ["n", 3, 8, 8])
    saliency = onnx.helper.make_tensor_value_info("y", after, ["n", 1, 8, 8])
    nodes = [
        onnx.helper.make_node("Cast", ["x"], ["f"], to=1),
        onnx.helper.make_node("ReduceMean", ["f"], ["m"], axes=[1]),
        onnx.helper.make_node("Cast", ["m"], ["y"], to=after),
    ]
    start = [onnx.helper.make_tensor("x", 1, [1, 3, 8, 8], [0.0] * 192)]
    none = odd == "no input"
    graph = onnx.helper.make_graph(
        nodes, "odd", [] if none else [picture], [saliency], start if none else []
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    card = Card(name="odd", size_hw=(8, 8))
    try:
        engine = load_engine(model.SerializeToString(), card, engine=name)
    except UnfitModelError:
        return
    assert not none
    assert engine(np.zeros((1, 3, 8, 8), np.float32)).dtype == np.float32


FIRST_USE = """
import os, signal, sys, threading
import numpy as np
import openvino
from u2net.weights.catalog import find_model
from u2net.engines import load_engine

model = find_model(sys.argv[1])
batch = np.zeros((1, 3, *model.card.size_hw), np.float32)

def first_use():
    signal.alarm(600)
    engine = load_engine(model.data, model.card)
    start = threading.Barrier(4)

    def work():
        start.wait()
        engine(batch)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

for _ in range(6):
    child = os.fork()
    if not child:
        first_use()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_threads_may_be_the_first_to_use_an_engine(plain):
    # Where OpenVINO's binding met numpy in two threads at once, one process in five stood still.
    # All are forked from one that has imported both, and used neither.
    subprocess.run([sys.executable, "-c", FIRST_USE, plain.path], check=True)


LET_GO = """
import signal, sys, threading
from u2net.weights.catalog import find_model
from u2net.engines import load_engine

model = find_model(sys.argv[1])
engines = [load_engine(model.data, model.card, engine="openvino") for _ in range(2)]
while engines:
    gone = threading.Thread(target=engines.pop, args=(0,))
    gone.start()
    gone.join()
signal.signal(signal.SIGINT, lambda *_: print("heard"))
signal.raise_signal(signal.SIGINT)
"""


def test_a_process_that_let_engines_go_still_hears_signals(plain):
    # A driver of OpenVINO takes with it the stack on which the thread that loaded it hears them.
    done = subprocess.run(
        [sys.executable, "-c", LET_GO, plain.path], capture_output=True, text=True, timeout=600
    )
    assert (done.returncode, done.stdout) == (0, "heard\n")

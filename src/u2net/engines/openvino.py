"""OpenVINO as engine: Intel's compiler and kernels for x86 and ARM processors, GPUs and NPUs."""

import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from math import prod
from typing import Any

import numpy as np

from u2net.arrays import Batch
from u2net.engines.cache import key, through_cache
from u2net.engines.calibration import Calibration, int8_kind
from u2net.engines.contract import check_fit, check_map, refuse_other_shape
from u2net.engines.forked import Lock, refuse_forked, starts_threads
from u2net.engines.quantise import correct, quantise
from u2net.errors import EngineError, UnfitModelError
from u2net.machine.cores import int8_weight_bits
from u2net.machine.ending import at_work
from u2net.weights.card import Card
from u2net.weights.ir import is_ir, parted
from u2net.weights.ir_check import check_ir
from u2net.weights.onnx_check import check_onnx

_FIRST = Lock()
_CONVERTER = "openvino.tools.ovc"

RECIPE = "3"
"""Changes whenever this package makes another graph of the same file, or refuses other files."""

MOST_NUMBERS = 1 << 31
"""In one value inside a network; a U²-Net at 320×320 has six million."""


class OpenVino:
    """A network file compiled for one picture of the card's size at a time."""

    name = "openvino"

    def __init__(self, compiled: Any, *, device: str, precision: str) -> None:
        self.device = device
        self.precision = precision
        self._compiled = compiled
        self._maps = tuple(compiled.output(0).shape)[1:]
        self._making = threading.Lock()
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        starts_threads(self)

    def __call__(self, batch: Batch) -> Batch:
        """Raises `EngineError` in a forked process, and where a picture cannot be computed."""
        refuse_forked()
        shape = tuple(self._compiled.input(0).shape)
        refuse_other_shape(batch, shape)
        with at_work(), _using(self.device), self._request() as request:
            maps = [
                np.array(
                    request.infer([np.ascontiguousarray(picture[None])], share_inputs=True)[0],
                    np.float32,
                )
                for picture in batch
            ]
        return np.concatenate(maps) if maps else np.empty((0, *self._maps), np.float32)

    @contextmanager
    def _request(self) -> Iterator[Any]:
        """One that no other thread uses; there are as many as threads ever ran at once."""
        try:
            request = self._idle.get_nowait()
        except queue.Empty:
            with self._making:
                request = self._compiled.create_infer_request()
        try:
            yield request
        finally:
            self._idle.put(request)


class OpenVinoDevice:
    """A device of OpenVINO on this machine. Raises `EngineError` when it is not there."""

    def __init__(self, device: str) -> None:
        openvino = library()
        self.name = device.upper()
        self.version = openvino.get_version()
        self.core = core()
        # Looking for devices loads every driver there is; the processor is always one.
        if self.name != "CPU" and self.name not in self._names():
            message = f"OpenVINO finds no device '{device}' here, only {', '.join(self.present())}"
            raise EngineError(f"{message}; check its driver, or use another device")

    def present(self) -> list[str]:
        """Names of the devices that OpenVINO finds here."""
        return list(self.core.available_devices)

    def _names(self) -> set[str]:
        """With GPU for GPU.0, which is the first."""
        present = self.present()
        return {*present, *(name.partition(".")[0] for name in present)}

    def _property(self, name: str) -> Any:
        with _using(self.name):
            return self.core.get_property(self.name, name)

    @property
    def title(self) -> str:
        """What the maker calls the device."""
        return str(self._property("FULL_DEVICE_NAME"))

    def precisions(self) -> list[str]:
        """What it runs faster than fp32, fastest first, then fp32."""
        capable = self._property("OPTIMIZATION_CAPABILITIES")
        # Off the processor neither was measured; fp32 is what OpenVINO promises everywhere.
        fast = {"int8": int8_weight_bits() > 0 and self.name == "CPU", "bf16": "BF16" in capable}
        return [name for name, native in fast.items() if native] + ["fp32"]

    def load(
        self,
        model: bytes,
        card: Card,
        *,
        precision: str,
        calibration: Calibration | None,
        bits: int,
        threads: int,
    ) -> OpenVino:
        """`model` compiled, or taken from the cache; in int8 by weights of `bits`.

        Raises `UnfitModelError` when the file is the reason that it cannot be, else `EngineError`.
        """
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32"
        }
        if self.name == "CPU":
            # Pinned to cores, two processes would be pinned to the same ones.
            settings |= {"INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}

        def compile_() -> Any:
            graph = self.graph(model, card)
            with _reading():
                if calibration and precision == "int8":
                    quantise(graph, calibration, bits)
                if calibration:
                    correct(graph, calibration, kind)
            with _using(self.name):
                return self.core.compile_model(graph, self.name, settings)

        kind = int8_kind(bits) if precision == "int8" else precision

        # The processor's name is not enough: a hypervisor may hide some of its instructions.
        capable = self._property("OPTIMIZATION_CAPABILITIES")
        name = key(
            model,
            [
                RECIPE,
                self.version,
                self.name,
                self.title,
                *capable,
                kind,
                card.to_json(),
                str(settings),
            ],
        )
        compiled = through_cache(
            name,
            restore=lambda blob: self.core.import_model(blob, self.name, settings),
            compile_=compile_,
            save=_saved,
        )
        return OpenVino(compiled, device=self.name, precision=precision)

    def graph(self, model: bytes, card: Card) -> Any:
        """`model`, ONNX or its own format, as a graph for one picture. Raises `UnfitModelError`."""
        from openvino import Model
        from openvino.passes import ConstantFolding, Manager

        shape = [1, len(card.mean), *card.size_hw]
        check, read = (check_ir, self._read_own) if is_ir(model) else (check_onnx, _read)
        check(model)
        with _reading():
            graph = read(model)
            axes = len(graph.input(0).partial_shape) if graph.inputs else 0
            check_fit(len(graph.inputs), len(graph.outputs), axes)
            # A fixed size lets the compiler choose each kernel, and compute every shape beforehand.
            graph = Model([graph.get_results()[0]], graph.get_parameters(), card.name)
            graph.reshape(shape)
            check_map(graph.output(0).shape, shape, card)
            _check_sizes(graph)
            folding = Manager()
            folding.register_pass(ConstantFolding())
            folding.run_passes(graph)
        return graph

    def _read_own(self, model: bytes) -> Any:
        xml, weights = parted(model)
        return self.core.read_model(xml, weights)


def _check_sizes(graph: Any) -> None:
    for node in graph.get_ops():
        for output in node.outputs():
            shape = output.partial_shape
            if shape.is_static and (size := prod(shape.to_shape())) > MOST_NUMBERS:
                raise UnfitModelError(
                    f"the network makes {size} numbers at once, more than {MOST_NUMBERS}; "
                    "use another model, or a card of a smaller size"
                )


@contextmanager
def _reading() -> Iterator[None]:
    """Turn what OpenVINO raises for a network that it cannot read into `UnfitModelError`."""
    from openvino import frontend

    kinds = (kind for name, kind in vars(frontend).items() if name.endswith("Failure"))
    try:
        yield
    except (RuntimeError, ValueError, MemoryError, *kinds) as error:
        message = f"OpenVINO cannot read the network ({_reason(error)}); export it again"
        raise UnfitModelError(message) from error


@contextmanager
def _using(device: str) -> Iterator[None]:
    """Turn what OpenVINO raises for a device into `EngineError`."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        message = f"OpenVINO cannot use {device} ({_reason(error)}); use another device or engine"
        raise EngineError(message) from error


def _reason(error: BaseException) -> str:
    lines = str(error).split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), type(error).__name__)


def _read(model: bytes) -> Any:
    from openvino.frontend import FrontEndManager

    # By name: `Core.read_model` would guess, and take a checked file for another format in which
    # nothing was checked when it only has the words of that format near its beginning.
    frontend = FrontEndManager().load_by_framework("onnx")
    return frontend.convert(frontend.load(BytesIO(model)))


def core() -> Any:
    """OpenVINO's drivers, loaded once for all threads and kept until the process ends.

    The processor's gives the thread that loads it a stack for signals, and frees that when it is
    unloaded. Two of them, let go in the order they came, or one let go by another thread, leave
    the thread with a stack that is gone, and its next signal kills the process.
    """
    refuse_forked()
    with _FIRST:
        return _core()


@cache
def _core() -> Any:
    openvino = library()
    # Its binding meets numpy here, once: two threads doing so first would wait for each other, for
    # pybind11 holds two locks in that moment, the interpreter's and its own, in either order.
    openvino.Tensor(np.empty(1, np.float32))
    made = openvino.Core()
    starts_threads(made)
    return made


def library() -> Any:
    """The package `openvino`. Raises `EngineError` when it is not installed.

    Unless somebody imported it before, it comes without its converter of other formats, which tells
    Intel by the network of each import, and takes two thirds of the time. Others may import that
    later, as ever.
    """
    try:
        if "openvino" in sys.modules:
            return sys.modules["openvino"]
        sys.modules.setdefault(_CONVERTER, None)  # type: ignore[arg-type]
        try:
            import openvino
        finally:
            del sys.modules[_CONVERTER]
    except ImportError as error:
        message = "openvino is not installed; pip install openvino, or use another engine"
        raise EngineError(message) from error

    def convert_model(*args: Any, **settings: Any) -> Any:
        from openvino.tools.ovc import convert_model

        return convert_model(*args, **settings)

    openvino.convert_model = convert_model
    return openvino


def _saved(compiled: Any) -> bytes:
    stream = BytesIO()
    compiled.export_model(stream)
    return stream.getvalue()

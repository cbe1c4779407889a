"""ONNX Runtime as engine: the widest choice of devices, through its providers."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from u2net.arrays import Batch
from u2net.engines.calibration import Calibration
from u2net.engines.choice import PROVIDERS
from u2net.engines.contract import check_fit, check_map, refuse_other_shape
from u2net.engines.together import Together
from u2net.errors import EngineError, UnfitModelError, install_command
from u2net.machine.cores import int8_weight_bits
from u2net.machine.ending import at_work
from u2net.weights.card import Card
from u2net.weights.onnx_check import check_onnx


class OnnxRuntime:
    """A network file in an inference session, which several threads may use.

    On graphics cards and their like it runs the pictures of all of them together. On a processor
    each is run alone: a batch makes none faster there, and takes more memory.
    """

    name = "onnxruntime"

    def __init__(self, session: Any, card: Card, *, device: str, precision: str) -> None:
        self.device = device
        self.precision = precision
        self._session = session
        self._input = session.get_inputs()[0].name
        free = not isinstance(session.get_inputs()[0].shape[0], int)
        self._each = Together(self._run) if device != "cpu" and free else self._one_by_one
        self._output = session.get_outputs()[0].name
        self._shape = (1, len(card.mean), *card.size_hw)
        self._maps = card.maps

    def __call__(self, batch: Batch) -> Batch:
        refuse_other_shape(batch, self._shape)
        with at_work():
            maps = self._each(batch)
        return (
            np.concatenate(maps)
            if maps
            else np.empty((0, self._maps, *self._shape[2:]), np.float32)
        )

    def _one_by_one(self, batch: Batch) -> list[Batch]:
        return [self._run(batch[at : at + 1]) for at in range(len(batch))]

    def _run(self, batch: Batch) -> Batch:
        with _using(self.device):
            maps: Batch = self._session.run([self._output], {self._input: batch})[0]
        return maps


def precisions(device: str) -> list[str]:
    """What it runs faster than fp32 on `device`, fastest first, then fp32.

    For int8 the file is rewritten, for which the package onnx is needed.
    """
    int8 = device == "cpu" and int8_weight_bits() and find_spec("onnx")
    return ["int8", "fp32"] if int8 else ["fp32"]


def load(
    model: bytes,
    card: Card,
    *,
    device: str,
    precision: str,
    calibration: Calibration | None,
    bits: int,
    threads: int,
) -> OnnxRuntime:
    """`model` in a session on `device`, one of `PROVIDERS`; int8, by weights of `bits`, needs a
    `calibration`.

    Raises `EngineError` when the package or the device is not there, `UnfitModelError` when the
    network is not what it should be.
    """
    try:
        import onnxruntime as ort
    except ImportError as error:
        message = f"onnxruntime is not installed: {install_command('onnxruntime')}"
        raise EngineError(message) from error
    provider = PROVIDERS[device]
    if provider not in ort.get_available_providers():
        raise EngineError(
            f"this ONNX Runtime has no {provider}; install the build that has it "
            "(onnxruntime-gpu, onnxruntime-directml), or use another device"
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    check_onnx(model)
    if calibration and precision == "int8":
        from u2net.engines.qdq import in_8_bits

        model = in_8_bits(model, card, calibration, bits)
    # It knows a format of its own by four bytes, which a checked file may have too.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    with _reading(device):
        # Its way of falling back prints on stdout.
        settings = {"providers": [provider], "enable_fallback": 0}
        session = ort.InferenceSession(model, options, **settings)
        # It falls back to the processor without an error when a device's driver is missing.
        if session.get_providers()[0] != provider:
            message = f"ONNX Runtime cannot use {provider} here; check driver and libraries"
            raise EngineError(message)
        _check(session, card)
    return OnnxRuntime(session, card, device=device, precision=precision)


@contextmanager
def _reading(device: str) -> Iterator[None]:
    """Turn what ONNX Runtime raises while a network is loaded into our errors."""
    try:
        yield
    except _refusals() as error:
        if device != "cpu":  # the device may be the reason
            raise _unusable(device, error) from error
        message = f"ONNX Runtime cannot read the network ({_reason(error)}); export it again"
        raise UnfitModelError(message) from error


@contextmanager
def _using(device: str) -> Iterator[None]:
    """Turn what ONNX Runtime raises at work into `EngineError`."""
    try:
        yield
    except _refusals() as error:
        raise _unusable(device, error) from error


def _unusable(device: str, error: BaseException) -> EngineError:
    return EngineError(f"ONNX Runtime cannot use {device} ({_reason(error)}); use another device")


def _reason(error: BaseException) -> str:
    lines = str(error).split("\n")
    return next((line.strip() for line in lines if line.strip()), type(error).__name__)


def _refusals() -> tuple[type[Exception], ...]:
    """What it raises for bad files; its errors have no common ancestor but `Exception`."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds = (kind for kind in vars(state).values() if isinstance(kind, type))
    # The last: where a message of its own names a node in bytes that are no text.
    common = (RuntimeError, MemoryError, UnicodeDecodeError)
    return (*common, *(kind for kind in kinds if issubclass(kind, Exception)))


def _check(session: Any, card: Card) -> None:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    check_fit(len(inputs), len(outputs), len(inputs[0].shape) if inputs else 0)
    picture = (1, len(card.mean), *card.size_hw)
    for end in (inputs[0], outputs[0]):
        if end.type != "tensor(float)":
            raise UnfitModelError(f"the network's {end.name} is {end.type}; float32 was expected")
    fixed = zip(inputs[0].shape, picture, strict=True)
    if any(isinstance(size, int) and size != wanted for size, wanted in fixed):
        raise UnfitModelError(f"the network takes {inputs[0].shape}, its card says {picture}")
    run = session.run([outputs[0].name], {inputs[0].name: np.zeros(picture, np.float32)})
    check_map(run[0].shape, picture, card)

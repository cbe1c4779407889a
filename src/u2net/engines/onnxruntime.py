"""ONNX Runtime as engine: the widest choice of devices, through its providers."""

from typing import Any

import numpy as np

from u2net.arrays import Batch
from u2net.engines.choice import PROVIDERS
from u2net.engines.contract import check_fit, check_map, refuse_other_shape
from u2net.errors import EngineError, UnfitModelError
from u2net.machine.ending import at_work
from u2net.weights.card import Card
from u2net.weights.onnx_check import check_onnx


class OnnxRuntime:
    """A network file in an inference session, which several threads may use."""

    name = "onnxruntime"

    def __init__(self, session: Any, card: Card, *, device: str, precision: str) -> None:
        self.device = device
        self.precision = precision
        self._session = session
        self._input = session.get_inputs()[0].name
        self._output = session.get_outputs()[0].name
        self._shape = (1, len(card.mean), *card.size_hw)

    def __call__(self, batch: Batch) -> Batch:
        refuse_other_shape(batch, self._shape)
        # One by one: a batch makes no picture faster on a processor, and takes more memory.
        with at_work():
            maps = [self._session.run([self._output], {self._input: one[None]})[0] for one in batch]
        return np.concatenate(maps) if maps else np.empty((0, 1, *self._shape[2:]), np.float32)


def load(model: bytes, card: Card, *, device: str, precision: str, threads: int) -> OnnxRuntime:
    """`model` in a session on `device`, one of `PROVIDERS`.

    Raises `EngineError` when the package or the device is not there, `UnfitModelError` when the
    network is not what it should be.
    """
    try:
        import onnxruntime as ort
    except ImportError as error:
        message = "onnxruntime is not installed; pip install 'u2net[onnxruntime]'"
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
    # It knows a format of its own by four bytes, which a checked file may have too.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        session = ort.InferenceSession(model, options, providers=[provider])
    except _refusals() as error:
        reason = str(error).strip().splitlines()[0]
        raise UnfitModelError(
            f"ONNX Runtime cannot read the network ({reason}); export it again"
        ) from error
    # It falls back to the processor without an error when a device's driver is missing.
    if session.get_providers()[0] != provider:
        raise EngineError(f"ONNX Runtime cannot use {provider} here; check driver and libraries")
    _check(session, card)
    return OnnxRuntime(session, card, device=device, precision=precision)


def _refusals() -> tuple[type[Exception], ...]:
    """What it raises for bad files; its errors have no common ancestor but `Exception`."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds = (kind for kind in vars(state).values() if isinstance(kind, type))
    return (RuntimeError, MemoryError, *(kind for kind in kinds if issubclass(kind, Exception)))


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
    check_map(run[0].shape, picture)

"""OpenVINO as engine."""

from typing import Any

from u2net.arrays import Batch


class OpenVino:
    """A network file compiled by OpenVINO."""

    name = "openvino"

    def __init__(self, model: bytes, *, device: str, precision: str, threads: int) -> None:
        import openvino

        core = openvino.Core()
        hint = "bf16" if precision == "bf16" else "f32"
        self.device = device
        self.precision = precision
        self._compiled: Any = core.compile_model(
            core.read_model(model),
            device,
            {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads},
        )

    def __call__(self, batch: Batch) -> Batch:
        request = self._compiled.create_infer_request()
        result: Batch = request.infer([batch])[0].copy()
        return result

"""`NAME[:DEVICE]`, as a user writes it -> which engine, on what; and what `auto` stands for."""

from dataclasses import dataclass
from importlib.util import find_spec

from u2net.errors import EngineError

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}
"""Device -> ONNX Runtime's name for what serves it."""

NAMES = ("openvino", "onnxruntime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One engine on one device."""

    name: str
    device: str
    reason: str = "asked for"
    """Why it was taken, for people."""

    def __str__(self) -> str:
        return f"{self.name}:{self.device}"


def parse(text: str) -> Request:
    """`openvino`, `openvino:gpu`, `onnxruntime:cuda`, …; without a device it is the processor.

    Raises `EngineError` for an engine or a device that this package does not know.
    """
    name, _, device = text.lower().partition(":")
    if name not in NAMES:
        raise EngineError(f"engine '{text}' is unknown; use auto, {' or '.join(NAMES)}")
    device = device or "cpu"
    if name == "onnxruntime" and device not in PROVIDERS:
        raise EngineError(f"device '{device}' is unknown; onnxruntime has {', '.join(PROVIDERS)}")
    return Request(name=name, device=device)


def candidates() -> list[Request]:
    """What `auto` tries, best first: a graphics card that was provided for, then the processor.

    Looks at what is installed; imports none of it.
    """
    found = []
    if find_spec("onnxruntime") and _installed("onnxruntime-gpu"):
        reason = "onnxruntime-gpu is installed, and a graphics card beats any processor"
        found.append(Request(name="onnxruntime", device="cuda", reason=reason))
    if find_spec("openvino"):
        reason = "the fastest that is installed for this processor"
        found.append(Request(name="openvino", device="cpu", reason=reason))
    if find_spec("onnxruntime"):
        reason = "OpenVINO is not installed"
        found.append(Request(name="onnxruntime", device="cpu", reason=reason))
    return found


def _installed(distribution: str) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return bool(version(distribution))
    except PackageNotFoundError:
        return False

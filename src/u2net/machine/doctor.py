"""This machine -> what is installed on it, and which engine, device and precision will be used."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from u2net import __version__
from u2net.engines import Chosen, choose_engine
from u2net.engines.cache import PART
from u2net.engines.choice import PROVIDERS
from u2net.engines.onnxruntime import precisions
from u2net.engines.openvino import OpenVinoDevice
from u2net.errors import U2NetError
from u2net.machine.cache import cache_root
from u2net.machine.cores import cores, int8_weight_bits
from u2net.weights.card import Card
from u2net.weights.catalog import find_model

PACKAGES = (
    *("openvino", "onnxruntime", "onnxruntime-gpu", "numpy", "opencv-python-headless", "pillow"),
    *("isal", "zlib-ng", "simplejpeg", "torch", "lightning", "onnx"),
)
"""What speed and results hang on."""


def examine(
    model: str = "lite", *, engine: str = "auto", precision: str = "auto"
) -> dict[str, Any]:
    """All that is found, ready for JSON; `chosen` has an `error` when `model` cannot be run."""
    return {
        "u2net": __version__,
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "processor": {
            "name": processor(),
            "cores": os.cpu_count(),
            "usable": cores(),
            "int8": int8_weight_bits() > 0,
        },
        "engines": available(),
        "cache": _cache(),
        "chosen": _chosen(model, engine, precision),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """What the processor is called."""
    try:
        return OpenVinoDevice("cpu").title
    except U2NetError:
        return platform.processor() or platform.machine()


def available() -> dict[str, list[str]]:
    """Engines: name as `--engine` takes it -> precisions it is fast in here."""
    found: dict[str, list[str]] = {}
    try:
        for device in OpenVinoDevice("cpu").present():
            found[f"openvino:{device.lower()}"] = OpenVinoDevice(device).precisions()
    except U2NetError:
        pass
    try:
        import onnxruntime
    except ImportError:
        return found
    present = onnxruntime.get_available_providers()
    return found | {
        f"onnxruntime:{d}": precisions(d) for d, name in PROVIDERS.items() if name in present
    }


def _cache() -> dict[str, Any]:
    folder = cache_root() / PART
    files = [path for path in folder.glob("*.blob") if path.is_file()]
    return {
        "folder": str(folder),
        "files": len(files),
        "bytes": sum(path.stat().st_size for path in files),
    }


def _chosen(model: str, engine: str, precision: str) -> dict[str, Any]:
    try:
        found = find_model(model)
        chosen = choose_engine(found.data, found.card, engine=engine, precision=precision)
    except U2NetError as error:
        return {"model": model, "error": str(error)}
    return {
        "model": model,
        "engine": chosen.engine.name,
        "device": chosen.engine.device,
        "precision": chosen.engine.precision,
        "refused": {str(request): str(error) for request, error in chosen.refusals},
        "why": _why(found.card, chosen, precision),
    }


def _why(card: Card, chosen: Chosen, precision: str) -> list[str]:
    held = chosen.engine.precision
    why = [f"{chosen.engine.name}: {chosen.request.reason}"]
    if precision != "auto":
        return [*why, f"{held}: asked for"]
    holds = ", ".join(card.precisions)
    return [
        *why,
        f"{held}: the fastest this device has of those that hold for {card.name} ({holds})",
    ]

"""Batch -> saliency, by whatever runs network files fastest here."""

import os

from u2net.card import Card
from u2net.engines.engine import Engine as Engine
from u2net.errors import EngineError


def load_engine(
    model: bytes,
    card: Card,
    *,
    engine: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
) -> Engine:
    """`model`, an ONNX file, made ready to run on `engine` (auto, openvino, onnxruntime).

    Raises `EngineError` when engine, device or precision is not there, `UnfitModelError` for a damaged file or
    a network that does not turn one picture into one map.
    """
    from u2net.engines.openvino import OpenVino

    if engine not in ("auto", "openvino"):
        raise EngineError(f"engine '{engine}' is not there yet")
    if precision == "auto":
        precision = "fp32"
    return OpenVino(
        model, device="CPU", precision=precision, threads=threads or len(os.sched_getaffinity(0))
    )

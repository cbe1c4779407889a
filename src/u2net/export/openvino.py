"""Network + card -> OpenVINO's own format: FILE.xml, and its weights beside it in FILE.bin."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from u2net.arrays import Batch
from u2net.engines.calibration import KEY as CALIBRATION_KEY
from u2net.engines.calibration import read_calibration
from u2net.engines.openvino import core, library
from u2net.engines.quantise import correct, quantise
from u2net.errors import OutputError, UnfitModelError
from u2net.export.draft import LOGITS_KEY, Precision, draft
from u2net.export.onnx import onnx_of
from u2net.export.proof import Proof, Run, prove
from u2net.export.trace import Form
from u2net.files import write
from u2net.network import U2Net
from u2net.weights.card import KEY, Card
from u2net.weights.catalog import read_card

Proved = TypeVar("Proved")


def export_openvino(
    net: U2Net,
    card: Card,
    path: str | Path,
    *,
    precision: Precision = "fp32",
    form: Form = Form(),  # noqa: B008 - frozen
) -> Proof:
    """Write `net` to `path` and `path` with the suffix .bin, the card under `rt_info`.

    Compared in OpenVINO, in float32, as `export_onnx` does in ONNX Runtime.
    Raises `OutputError` when `path` does not end in .xml, by which OpenVINO knows its files.
    """
    path = _checked(path)
    drawn = draft(net, card, precision, form)
    model = core().read_model(onnx_of(drawn))
    model.set_rt_info(card.to_json(), [LOGITS_KEY if form.logits else KEY])
    return _written(model, path, lambda run: prove(run, drawn))


def write_int8(model: bytes, path: str | Path) -> None:
    """Write a calibrated ONNX file as a network of OpenVINO that is int8 by itself.

    Its card names int8 alone. Raises `UnfitModelError` for a file without a calibration, and as
    `export_openvino`.
    """
    path, calibration = _checked(path), read_calibration(model)
    if calibration is None:
        raise UnfitModelError("int8 needs a calibration")
    card = replace(read_card(model), precisions=("int8",))
    graph = core().read_model(model)
    quantise(graph, calibration)
    correct(graph, calibration, "int8")
    # What OpenVINO's own tools for rounding call: weights are stored in 8 bits.
    from openvino._offline_transformations import compress_quantize_weights_transformation

    compress_quantize_weights_transformation(graph)
    graph.set_rt_info(card.to_json(), [KEY])
    graph.set_rt_info("", ["framework", CALIBRATION_KEY])
    _written(graph, path, lambda _: None)


def _checked(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix != ".xml":
        raise OutputError(f"{path}: OpenVINO wants the suffix .xml")
    return path


def _written(model: Any, path: Path, proved: Callable[[Run], Proved]) -> Proved:
    """Write both files once `proved` has let them pass; what it gives."""
    with tempfile.TemporaryDirectory(prefix="u2net-") as folder:
        xml = Path(folder) / "model.xml"
        # How weights are stored is decided already.
        library().save_model(model, xml, compress_to_fp16=False)
        proof = proved(_runner(xml))
        write(path.with_suffix(".bin"), xml.with_suffix(".bin").read_bytes())
        write(path, xml.read_bytes())
    return proof


def _runner(xml: Path) -> Run:
    compiled = core().compile_model(xml, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(batch: Batch) -> Sequence[Batch]:
        return list(compiled(batch).to_tuple())

    return run

"""Network + card -> OpenVINO's own format: FILE.xml, and its weights beside it in FILE.bin."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from u2net.arrays import Batch
from u2net.engines.openvino import core, library
from u2net.errors import OutputError
from u2net.export.onnx import LOGITS_KEY, Precision, draft
from u2net.export.proof import Draft, Proof, prove
from u2net.export.trace import Form
from u2net.files import write
from u2net.network import U2Net
from u2net.weights.card import KEY, Card


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
    path = Path(path)
    if path.suffix != ".xml":
        raise OutputError(f"{path}: OpenVINO wants the suffix .xml")
    drawn = draft(net, card, precision, form)
    with tempfile.TemporaryDirectory(prefix="u2net-") as folder:
        xml = Path(folder) / "model.xml"
        _convert(drawn, xml)
        proof = prove(_runner(xml), drawn)
        write(path.with_suffix(".bin"), xml.with_suffix(".bin").read_bytes())
        write(path, xml.read_bytes())
    return proof


def _convert(drawn: Draft, xml: Path) -> None:
    model = core().read_model(drawn.data)
    model.set_rt_info(drawn.card.to_json(), [LOGITS_KEY if drawn.form.logits else KEY])
    # The draft has decided already how weights are stored.
    library().save_model(model, xml, compress_to_fp16=False)


def _runner(xml: Path) -> Callable[[Batch], Sequence[Batch]]:
    compiled = core().compile_model(xml, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(batch: Batch) -> Sequence[Batch]:
        return list(compiled(batch).to_tuple())

    return run

"""Network + card -> ONNX file with the card inside."""

from collections.abc import Callable, Sequence
from pathlib import Path

from u2net.arrays import Batch
from u2net.errors import need
from u2net.export.draft import LOGITS_KEY, Draft, Precision, draft
from u2net.export.half import store_half
from u2net.export.proof import Proof, prove
from u2net.export.trace import INPUT, Form, to_graph
from u2net.files import write
from u2net.network import U2Net
from u2net.weights.card import KEY, Card


def export_onnx(
    net: U2Net,
    card: Card,
    path: str | Path,
    *,
    precision: Precision = "fp32",
    form: Form = Form(),  # noqa: B008 - frozen
) -> Proof:
    """Write `net` with `card` inside to `path`, after ONNX Runtime gave what the network gives.

    `to_graph` says what goes in and comes out. Raises `UnfitModelError`, and writes nothing, when
    card, precision or form cannot be those of `net`, or a pixel would differ by more than 1e-4.
    """
    drawn = draft(net, card, precision, form)
    data = onnx_of(drawn)
    proof = prove(_runner(data), drawn)
    write(Path(path), data)
    return proof


def onnx_of(drawn: Draft) -> bytes:
    """The ONNX file, not yet proved.

    Raises `UnfitModelError` when the operators of the form cannot say the network.
    """
    need("train", "onnx", "onnxscript", "onnxruntime", purpose="export")
    model = to_graph(drawn.stored, drawn.form, drawn.card.task)
    if drawn.precision == "fp16":
        store_half(model)
    key = LOGITS_KEY if drawn.form.logits else KEY
    model.metadata_props.add(key=key, value=drawn.card.to_json())
    data: bytes = model.SerializeToString()
    return data


def _runner(data: bytes) -> Callable[[Batch], Sequence[Batch]]:
    from onnxruntime import InferenceSession

    session = InferenceSession(data, providers=["CPUExecutionProvider"])

    def run(batch: Batch) -> Sequence[Batch]:
        maps: list[Batch] = session.run(None, {INPUT: batch})
        return maps

    return run

"""Network + card -> ONNX file with the card inside."""

from collections.abc import Callable
from pathlib import Path

from u2net.arrays import Batch
from u2net.export.draft import Precision, draft
from u2net.export.proof import Proof, prove
from u2net.export.trace import INPUT
from u2net.files import write
from u2net.network import U2Net
from u2net.weights.card import Card


def export_onnx(
    net: U2Net, card: Card, path: str | Path, *, precision: Precision = "fp32"
) -> Proof:
    """Write `net` with `card` inside to `path`, after ONNX Runtime gave what the network gives.

    Any batch, height and width run; `to_graph` says what goes in and comes out.
    Raises `UnfitModelError`, and writes nothing, when a pixel would differ by more than 1e-4.
    """
    drawn = draft(net, card, precision)
    proof = prove(_runner(drawn.data), drawn)
    write(Path(path), drawn.data)
    return proof


def _runner(data: bytes) -> Callable[[Batch], Batch]:
    from onnxruntime import InferenceSession

    session = InferenceSession(data, providers=["CPUExecutionProvider"])

    def run(batch: Batch) -> Batch:
        saliency: Batch = session.run(None, {INPUT: batch})[0]
        return saliency

    return run

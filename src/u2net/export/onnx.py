"""Network + card -> ONNX file with the card inside."""

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from u2net.arrays import Batch
from u2net.errors import UnfitModelError, need
from u2net.export.half import rounded, store_half
from u2net.export.proof import Draft, Proof, prove
from u2net.export.trace import INPUT, Form, to_graph
from u2net.files import write
from u2net.network import U2Net
from u2net.weights.card import KEY, Card

LOGITS_KEY = "u2net.card.logits"
"""Where a file of logits keeps its card: elsewhere, so that nobody takes its maps for saliency."""

Precision: TypeAlias = Literal["fp32", "fp16"]
"""How weights are stored. The arithmetic is float32 in both; engines may choose another."""


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
    proof = prove(_runner(drawn.data), drawn)
    write(Path(path), drawn.data)
    return proof


def draft(net: U2Net, card: Card, precision: Precision, form: Form) -> Draft:
    """`net` as ONNX, not yet proved. Raises as `export_onnx`."""
    need("train", "onnx", "onnxscript", "onnxruntime", purpose="export")
    if len(card.mean) != net.inputs:
        channels = f"{net.inputs} channels go in, its card normalises {len(card.mean)}"
        raise UnfitModelError(f"{card.name}: {channels}; give the card as many of mean and std")
    check_maps(net, card)
    if form.size_hw and form.size_hw != card.size_hw:
        sizes = f"the file would take {form.size_hw}, its card says {card.size_hw}"
        raise UnfitModelError(f"{card.name}: {sizes}; give both one size")
    exact = copy.deepcopy(net).cpu().float().eval()
    stored = rounded(exact) if precision == "fp16" else exact
    model = to_graph(stored, form, card.task)
    if precision == "fp16":
        store_half(model)
    model.metadata_props.add(key=LOGITS_KEY if form.logits else KEY, value=card.to_json())
    return Draft(card=card, form=form, data=model.SerializeToString(), stored=stored, exact=exact)


def check_maps(net: U2Net, card: Card) -> None:
    """Raise `UnfitModelError` when the card names other classes than the network has maps."""
    if card.classes and len(card.classes) != net.outputs:
        names = f"{net.outputs} maps come out, its card names {len(card.classes)} classes"
        raise UnfitModelError(f"{card.name}: {names}; give the card as many")


def _runner(data: bytes) -> Callable[[Batch], Sequence[Batch]]:
    from onnxruntime import InferenceSession

    session = InferenceSession(data, providers=["CPUExecutionProvider"])

    def run(batch: Batch) -> Sequence[Batch]:
        maps: list[Batch] = session.run(None, {INPUT: batch})
        return maps

    return run

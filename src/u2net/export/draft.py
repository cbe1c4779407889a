"""Network + card -> ONNX bytes, and the network that they are to be compared with."""

import copy
from dataclasses import dataclass
from typing import Literal, TypeAlias

from u2net.errors import UnfitModelError, need
from u2net.export.half import rounded, store_half
from u2net.export.trace import to_graph
from u2net.network import U2Net
from u2net.weights.card import KEY, Card

Precision: TypeAlias = Literal["fp32", "fp16"]
"""How weights are stored. The arithmetic is float32 in both; engines may choose another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file to be, not yet proved."""

    card: Card
    data: bytes
    """The ONNX file, its card inside."""
    stored: U2Net
    """The network with the weights that the file holds."""
    exact: U2Net
    """The network with the weights as they were."""


def draft(net: U2Net, card: Card, precision: Precision) -> Draft:
    """`net` as ONNX. Raises `UnfitModelError` when card or precision cannot be those of `net`."""
    need("train", "onnx", "onnxscript", "onnxruntime", purpose="export")
    if len(card.mean) != net.inputs:
        channels = f"{net.inputs} channels go in, its card normalises {len(card.mean)}"
        raise UnfitModelError(f"{card.name}: {channels}; give the card as many of mean and std")
    exact = copy.deepcopy(net).cpu().float().eval()
    stored = rounded(exact) if precision == "fp16" else exact
    model = to_graph(stored)
    if precision == "fp16":
        store_half(model)
    model.metadata_props.add(key=KEY, value=card.to_json())
    return Draft(card=card, data=model.SerializeToString(), stored=stored, exact=exact)

"""Network + card -> ONNX file with the card inside."""

from pathlib import Path
from typing import Literal, TypeAlias

from u2net.card import KEY, Card
from u2net.errors import UnfitModelError
from u2net.export.graph import to_graph
from u2net.export.proof import Proof, prove
from u2net.export.storage import rounded, store_half
from u2net.files import write
from u2net.network import U2Net

Precision: TypeAlias = Literal["fp32", "fp16"]
"""How weights are stored; the arithmetic is the engine's choice."""


def export_onnx(
    net: U2Net, card: Card, path: str | Path, *, precision: Precision = "fp32"
) -> Proof:
    """Write `net` to `path` with `card` inside, after comparing the file with the network.

    Any batch, height and width run; see `to_graph` for input and output.
    Raises `UnfitModelError`, and writes nothing, when the file would differ by more than 1e-4.
    """
    data, proof = to_onnx(net, card, precision=precision)
    write(Path(path), data)
    return proof


def to_onnx(net: U2Net, card: Card, *, precision: Precision = "fp32") -> tuple[bytes, Proof]:
    """What `export_onnx` writes, and how it compares."""
    if len(card.mean) != net.inputs:
        raise UnfitModelError(
            f"{card.name}: the card normalises {len(card.mean)} channels, the network takes {net.inputs}"
        )
    net = net.eval()
    stored = rounded(net) if precision == "fp16" else net
    model = to_graph(stored)
    if precision == "fp16":
        store_half(model)
    model.metadata_props.add(key=KEY, value=card.to_json())
    data: bytes = model.SerializeToString()
    return data, prove(data, net, stored, card)

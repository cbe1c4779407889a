"""OpenVINO's format -> let pass, or refused, before the native library reads it.

As `onnx_check`, for the same reasons: let pass is what `u2net export` writes of networks that turn
one picture into maps. Layers are of the kinds below, values lie inside FILE.bin and are as long as
their shapes say, nothing reads itself, and there are no networks inside.
"""

from graphlib import CycleError, TopologicalSorter
from math import prod
from typing import TYPE_CHECKING, NoReturn

from u2net.errors import UnfitModelError
from u2net.weights.ir import parted, tree_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ARITHMETIC = {"Add", "Divide", "FakeQuantize", "FloorMod", "Multiply", "Subtract"}
_OF_MAPS = {"Convolution", "DepthToSpace", "Interpolate", "MaxPool", "ReLU", "Sigmoid"}
_OF_CLASSES = {"SoftMax", "Softmax"}
_OF_SHAPES = {"Broadcast", "Concat", "Pad", "Reshape", "ShapeOf", "Slice", "Split", "Squeeze"}
_OTHERS = {"Const", "Convert", "Parameter", "Result", "Transpose"}
KINDS = _ARITHMETIC | _OF_MAPS | _OF_CLASSES | _OF_SHAPES | _OTHERS
"""Kinds of layers that networks of ours become."""

BITS = {"f32": 32, "f16": 16, "bf16": 16, "i64": 64, "i32": 32, "i8": 8, "u8": 8, "boolean": 8}
"""Type of a value that is stored -> bits of one."""

TAGS = frozenset(["layer", "data", "input", "output", "port", "dim", "rt_info", "attribute"])
"""What the description of layers is made of."""

MOST_LAYERS, MOST_VALUES = 50_000, 1 << 31


def check_ir(data: bytes) -> None:
    """Raise `UnfitModelError` unless `data`, as `ir.joined` makes it, may be given to OpenVINO."""
    xml, weights = parted(data)
    try:
        _check(tree_of(xml), len(weights))
    except (ValueError, OverflowError) as error:
        message = f"a damaged model, or none of ours ({error}); fetch or export it again"
        raise UnfitModelError(message) from error


def _check(net: "Element", size: int) -> None:
    layers, edges = net.find("layers"), net.find("edges")
    if net.tag != "net" or layers is None or edges is None:
        raise ValueError("there is no network in it")
    if len(layers) > MOST_LAYERS:
        raise ValueError("it has too many layers")
    for element in layers.iter():
        if element.tag not in TAGS and element is not layers:
            raise ValueError(f"a layer holds '{element.tag}'")
    for layer in layers:
        _check_layer(layer, size)
    _check_order({layer.get("id", "") for layer in layers}, edges)


def _check_layer(layer: "Element", size: int) -> None:
    kind, version = layer.get("type", ""), layer.get("version", "")
    if kind not in KINDS or not version.startswith("opset"):
        _refuse(f"has a layer of the kind '{kind}' of '{version}'")
    for data in layer.iter("data"):
        if data.get("element_type", "f32") not in BITS:
            raise ValueError("a value is of an unknown type")
    for dim in layer.iter("dim"):
        if not -1 <= int(dim.text or "") <= MOST_VALUES:
            raise ValueError("a value has an impossible size")
    if kind == "Const":
        _check_values(layer, size)


def _check_values(layer: "Element", size: int) -> None:
    data = layer.find("data")
    if data is None:
        raise ValueError("a value is nowhere")
    shape = [int(side) for side in data.get("shape", "").split(",") if side.strip()]
    start, length = int(data.get("offset", "-1")), int(data.get("size", "-1"))
    wanted = prod(shape) * BITS[data.get("element_type", "f32")] // 8
    if min(shape, default=0) < 0 or length != wanted or not 0 <= start <= start + length <= size:
        raise ValueError("a value does not lie whole inside the file of weights")


def _check_order(names: set[str], edges: "Element") -> None:
    before: dict[str, list[str]] = {}
    for edge in edges:
        start, stop = edge.get("from-layer", ""), edge.get("to-layer", "")
        if edge.tag != "edge" or not {start, stop} <= names:
            raise ValueError("an edge leads nowhere")
        before.setdefault(stop, []).append(start)
    try:
        TopologicalSorter(before).prepare()
    except CycleError:
        raise ValueError("a layer reads what it makes") from None


def _refuse(what: str) -> NoReturn:
    message = f"the file {what}; u2net runs networks of pictures alone; use another model"
    raise UnfitModelError(message)

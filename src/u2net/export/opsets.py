"""ONNX graph in the newest operators we write -> the same graph in older ones.

https://github.com/onnx/onnx/blob/main/docs/Changelog.md says what each version of an operator has.
Only the operators that blocks of this package become are known.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from u2net.errors import UnfitModelError

if TYPE_CHECKING:
    import onnx

OLDEST, NEWEST = 11, 18
"""Before 11 `Resize` knows no half-pixel centres, so that no older one can say what the network
does."""


def lower(model: "onnx.ModelProto", opset: int) -> None:
    """Say `model` in the operators of `opset`, from 11 to 18, in place.

    Raises `UnfitModelError` when the network has an operator that cannot be said so.
    """
    import onnx

    if opset < NEWEST:
        nodes = [older for node in model.graph.node for older in _older(model, node, opset)]
        model.graph.ClearField("node")
        model.graph.node.extend(nodes)
    del model.opset_import[:]
    model.opset_import.append(onnx.helper.make_opsetid("", opset))
    model.ir_version = onnx.helper.find_min_ir_version_for(model.opset_import)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        reason = str(error).strip().splitlines()[0][:160]
        told = f"the network cannot be said in opset {opset} ({reason}); take a newer one"
        raise UnfitModelError(told) from error


def _older(
    model: "onnx.ModelProto", node: "onnx.NodeProto", opset: int
) -> Iterator["onnx.NodeProto"]:
    """What `node` is in `opset`."""
    if node.op_type == "Resize":
        _drop(node, "antialias", "keep_aspect_ratio_policy", "axes")
        if opset < 13:
            # Inputs that are not used could not be left out.
            node.input[1] = node.input[1] or _constant(model, "no_roi", [], "float32")
            node.input[2] = node.input[2] or _constant(model, "no_scales", [], "float32")
    if node.op_type == "Reshape":
        _drop(node, "allowzero")
    if node.op_type == "Shape" and opset < 15:
        yield from _part_of_shape(model, node)
    elif node.op_type == "Softmax" and opset < 13:
        yield from _softmax_of_rows(node)
    else:
        yield node


def _part_of_shape(model: "onnx.ModelProto", node: "onnx.NodeProto") -> Iterator["onnx.NodeProto"]:
    """`Shape` of some axes, as the whole shape and a slice of it."""
    from onnx.helper import make_node

    ends = {attribute.name: attribute.i for attribute in node.attribute}
    whole = f"{node.output[0]}_whole"
    yield make_node("Shape", [node.input[0]], [whole])
    start, end = ends.get("start", 0), ends.get("end", 1 << 31)
    slices = [_constant(model, f"axis_{at}", [at], "int64") for at in (start, end)]
    yield make_node("Slice", [whole, *slices], [node.output[0]])


def _softmax_of_rows(node: "onnx.NodeProto") -> Iterator["onnx.NodeProto"]:
    """`Softmax` over the maps of (batch, maps, height, width), where it knows rows alone."""
    from onnx.helper import make_node

    given, made = f"{node.output[0]}_rows", f"{node.output[0]}_last"
    yield make_node("Transpose", [node.input[0]], [given], perm=[0, 2, 3, 1])
    yield make_node("Softmax", [given], [made], axis=3)
    yield make_node("Transpose", [made], [node.output[0]], perm=[0, 3, 1, 2])


def _constant(model: "onnx.ModelProto", name: str, values: list[int], kind: str) -> str:
    import numpy as np
    from onnx.numpy_helper import from_array

    if all(tensor.name != name for tensor in model.graph.initializer):
        model.graph.initializer.append(from_array(np.array(values, kind), name))
    return name


def _drop(node: "onnx.NodeProto", *names: str) -> None:
    kept = [attribute for attribute in node.attribute if attribute.name not in names]
    node.ClearField("attribute")
    node.attribute.extend(kept)

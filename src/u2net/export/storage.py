"""Weights stored in half the bytes: float16 in the file, float32 in the arithmetic."""

from typing import TYPE_CHECKING

import numpy as np

from u2net.errors import UnfitModelError
from u2net.network import U2Net, fold

if TYPE_CHECKING:
    import onnx


def rounded(net: U2Net) -> U2Net:
    """A folded copy of `net` whose convolution weights (not the biases) are what float16 can hold.

    Raises `UnfitModelError` when a weight is beyond the range of float16.
    """
    import torch

    copy = fold(net)
    with torch.no_grad():
        for name, weight in copy.named_parameters():
            if weight.ndim > 1:
                weight.copy_(weight.half().float())
                if not torch.isfinite(weight).all():
                    raise UnfitModelError(f"{name} is beyond float16; export with precision fp32")
    return copy


def store_half(model: "onnx.ModelProto") -> None:
    """Replace every float32 weight of two or more axes by a float16 one and a cast, in place.

    Engines fold the cast when they load the file. Biases stay: they weigh nothing.
    """
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 1:
            name, stored = tensor.name, f"{tensor.name}.half"
            half = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(half, stored))
            casts.append(helper.make_node("Cast", [stored], [name], name=f"{name}.cast", to=1))
    nodes = [*casts, *model.graph.node]
    model.graph.ClearField("node")
    model.graph.node.extend(nodes)

"""Weights in half the bytes: float16 in the file, float32 in the arithmetic."""

from typing import TYPE_CHECKING

import numpy as np

from u2net.errors import UnfitModelError
from u2net.network import U2Net, fold

if TYPE_CHECKING:
    import onnx


def rounded(net: U2Net) -> U2Net:
    """A folded copy of `net` whose convolution weights, not the biases, are what float16 can hold.

    Raises `UnfitModelError` when a weight is beyond the range of float16.
    """
    folded = fold(net)
    for name, weight in folded.named_parameters():
        if weight.ndim > 1:
            weight.data = weight.data.half().float()
            if not weight.isfinite().all():
                message = f"{name} is beyond the range of float16; export with precision fp32"
                raise UnfitModelError(message)
    return folded


def widen_when_run(net: U2Net) -> None:
    """Keep the weights of the convolutions of `net` in float16, and cast them at each run."""
    from torch import Tensor, nn
    from torch.nn.utils.parametrize import register_parametrization

    class Widened(nn.Module):
        def forward(self, stored: Tensor) -> Tensor:
            return stored.float()

    for module in list(net.modules()):
        if isinstance(module, nn.Conv2d):
            module.weight.data = module.weight.data.half()
            register_parametrization(module, "weight", Widened(), unsafe=True)


def store_half(model: "onnx.ModelProto") -> None:
    """Replace every float32 tensor of two or more axes by a float16 one and a cast, in place.

    Engines do the cast once, when they load the file. Biases stay: they weigh nothing.
    """
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 1:
            name, stored = tensor.name, f"{tensor.name}.half"
            half = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(half, stored))
            casts.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    model.graph.ClearField("node")
    model.graph.node.extend(nodes)

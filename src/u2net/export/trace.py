"""Network -> ONNX graph of any batch, height and width, with batch norm folded and one sigmoid."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from u2net.network import U2Net, fold

if TYPE_CHECKING:
    import onnx

OPSET = 18
INPUT, OUTPUT = "image", "saliency"
AXES = {0: "batch", 2: "height", 3: "width"}


def to_graph(net: U2Net) -> "onnx.ModelProto":
    """The fused map of `net` as an ONNX model.

    Input `image` (batch, channels, height, width) float32, normalised as the card says; output
    `saliency` (batch, maps, height, width) float32, 0…1.
    """
    model = _trace(fold(net))
    _tidy(model)
    _pad_pools(model)
    for value in (*model.graph.input, *model.graph.output):
        for axis, name in AXES.items():
            value.type.tensor_type.shape.dim[axis].dim_param = name
    return model


def _trace(net: U2Net) -> "onnx.ModelProto":
    import torch

    class Fused(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return torch.sigmoid(self.net(image)[0])

    # Uneven sizes: torch takes sizes of 1, and sizes that are equal, for constants of the graph.
    example = torch.zeros(2, net.inputs, 161, 193)
    with _quiet():
        program = torch.onnx.export(
            Fused().eval(),
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes={"image": dict.fromkeys(AXES, torch.export.Dim.DYNAMIC)},
            verbose=False,
        )
    assert program is not None
    return program.model_proto


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks on its own future and on packages that do not concern us."""
    chatter = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = chatter.level
    chatter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*LeafSpec", category=FutureWarning)
            yield
    finally:
        chatter.setLevel(level)


def _tidy(model: "onnx.ModelProto") -> None:
    """Drop the exporter's notes: source lines of this machine and sizes it inferred."""
    graph = model.graph
    model.producer_name = graph.name = "u2net"
    for noted in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")
    graph.ClearField("value_info")


def _pad_pools(model: "onnx.ModelProto") -> None:
    """Round odd sizes up by padding instead of by `ceil_mode`, which gives the same numbers.

    OpenVINO refuses to pool a side of one pixel otherwise.
    """
    from onnx.helper import make_attribute

    settings = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 1, 1]}
    for node in model.graph.node:
        if node.op_type == "MaxPool":
            node.ClearField("attribute")
            node.attribute.extend(make_attribute(*setting) for setting in settings.items())

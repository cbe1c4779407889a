"""Network -> ONNX graph: convolutions, ReLU, pooling, resizing, one sigmoid, any batch, height and width."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from u2net.errors import ExtraMissingError
from u2net.network import U2Net, fold

if TYPE_CHECKING:
    import onnx

OPSET = 18
INPUT, OUTPUT = "image", "saliency"
AXES = {0: "batch", 2: "height", 3: "width"}


def to_graph(net: U2Net) -> "onnx.ModelProto":
    """`net` with batch norm folded and the sigmoid inside.

    Input `image` (batch, channels, height, width) float32, normalised as the card says; output `saliency`
    (batch, maps, height, width) float32, 0…1: the fused map.
    """
    model = _trace(net)
    _tidy(model)
    _pad_pools(model)
    _name_axes(model)
    return model


def _trace(net: U2Net) -> "onnx.ModelProto":
    try:
        import onnxscript  # noqa: F401  (torch.onnx asks for it only half-way through)
    except ModuleNotFoundError as missing:
        raise ExtraMissingError("Export", "train") from missing
    import torch

    class Fused(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = fold(net)

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return torch.sigmoid(self.net(image)[0])

    # Two pictures of uneven size: torch takes sizes of 1, and equal sizes, for constants of the graph.
    example = torch.zeros(2, net.inputs, 161, 193)
    dynamic = torch.export.Dim.DYNAMIC
    with _quiet():
        program = torch.onnx.export(
            Fused().eval(),
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes={"image": dict.fromkeys(AXES, dynamic)},
            verbose=False,
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks on its own future and on packages that have nothing to do with us."""
    chatter = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = chatter.level
    chatter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r".*LeafSpec", category=FutureWarning)
            yield
    finally:
        chatter.setLevel(level)


def _tidy(model: "onnx.ModelProto") -> None:
    """Drop the exporter's notes: source lines of this machine and inferred shapes."""
    graph = model.graph
    model.producer_name = "u2net"
    graph.name = "u2net"
    for noted in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")
    graph.ClearField("value_info")


def _pad_pools(model: "onnx.ModelProto") -> None:
    """Round odd sizes up by padding instead of by `ceil_mode`: the same numbers, and one pixel works too.

    OpenVINO refuses to pool a side of one pixel otherwise.
    """
    from onnx.helper import make_attribute

    for node in model.graph.node:
        if node.op_type == "MaxPool":
            node.ClearField("attribute")
            settings = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 1, 1]}
            node.attribute.extend(make_attribute(*setting) for setting in settings.items())


def _name_axes(model: "onnx.ModelProto") -> None:
    for value in (*model.graph.input, *model.graph.output):
        for axis, name in AXES.items():
            value.type.tensor_type.shape.dim[axis].dim_param = name

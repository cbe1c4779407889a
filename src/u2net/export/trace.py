"""Network -> ONNX graph, with batch norm folded and sigmoid or softmax inside."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from u2net.export.opsets import NEWEST, OLDEST, lower
from u2net.network import U2Net, fold
from u2net.network.activation import activated
from u2net.task import Task

if TYPE_CHECKING:
    import onnx
    import torch

INPUT, OUTPUT, LOGITS = "image", "saliency", "logits"
AXES = {0: "batch", 2: "height", 3: "width"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a graph takes and gives; raises `ValueError` for what none can be."""

    size_hw: tuple[int, int] | None = None
    """One picture of this height and width, no other, every shape a constant; None is any batch,
    height and width."""
    opset: int = NEWEST
    """Version of the ONNX operators, 11 to 18."""
    outputs: Literal["fused", "all"] = "fused"
    """The fused map alone, or the maps of the levels behind it, finest first."""
    logits: bool = False
    """The maps as the network gives them, before sigmoid or softmax."""

    def __post_init__(self) -> None:
        if not OLDEST <= self.opset <= NEWEST:
            raise ValueError(f"opset {self.opset} is not from {OLDEST} to {NEWEST}")
        if self.size_hw and min(self.size_hw) < 1:
            raise ValueError(f"a picture of {self.size_hw} has no pixels")

    def names(self, net: U2Net) -> list[str]:
        """The outputs: `saliency` (or `logits`), then `saliency_1` … for the levels."""
        name = LOGITS if self.logits else OUTPUT
        levels = len(net.sides) if self.outputs == "all" else 0
        return [name, *(f"{name}_{level + 1}" for level in range(levels))]


def to_graph(net: U2Net, form: Form, task: Task = "saliency") -> "onnx.ModelProto":
    """The maps of `net` as an ONNX model.

    Input `image` (batch, channels, height, width) float32, normalised as the card says; outputs
    `form.names(net)`, (batch, maps, height, width) float32 each, 0…1 unless they are logits: by
    softmax over the maps where the task is multiclass, else by sigmoid.
    Raises `UnfitModelError` when the opset lacks what the network needs.
    """
    model = _trace(fold(net), form, task)
    _tidy(model)
    _pad_pools(model)
    if not form.size_hw:
        for value in (*model.graph.input, *model.graph.output):
            for axis, name in AXES.items():
                value.type.tensor_type.shape.dim[axis].dim_param = name
    lower(model, form.opset)
    return model


def _trace(net: U2Net, form: Form, task: Task) -> "onnx.ModelProto":
    import torch

    example, sizes = example_of(net, form)
    with _quiet():
        program = torch.onnx.export(
            maps_of(net, form, task),
            example,
            dynamo=True,
            opset_version=NEWEST,
            input_names=[INPUT],
            output_names=form.names(net),
            verbose=False,
            dynamic_shapes=sizes,
        )
    assert program is not None
    return program.model_proto


def example_of(net: U2Net, form: Form) -> tuple[tuple["torch.Tensor"], Any]:
    """What a network is traced with, and which of its sizes are free."""
    import torch

    if form.size_hw:
        return (torch.zeros(1, net.inputs, *form.size_hw),), None
    # Uneven sizes: torch takes sizes of 1, and sizes that are equal, for constants of the graph.
    free = dict.fromkeys(AXES, torch.export.Dim.DYNAMIC)
    return (torch.zeros(2, net.inputs, 161, 193),), {INPUT: free}


def maps_of(net: U2Net, form: Form, task: Task) -> "torch.nn.Module":
    """What is traced: (batch, channels, height, width) -> the maps of `form.names(net)`."""
    import torch

    class Maps(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
            maps: list[torch.Tensor] = self.net(image)
            maps = maps[: len(form.names(net))]
            return maps if form.logits else [activated(logits, task) for logits in maps]

    return Maps().eval()


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
    from onnx.helper import get_attribute_value, make_attribute

    for node in model.graph.node:
        settings = {a.name: get_attribute_value(a) for a in node.attribute}
        if node.op_type == "MaxPool" and settings.pop("ceil_mode", 0):
            settings["pads"] = [0, 0, 1, 1]
            node.ClearField("attribute")
            node.attribute.extend(make_attribute(*setting) for setting in settings.items())

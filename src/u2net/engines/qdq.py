"""ONNX file + calibration -> the same network in 8 bits, as ONNX Runtime runs it.

Its convolutions are int8 when what goes in and what comes out is rounded: a pair of nodes
`QuantizeLinear`, `DequantizeLinear` says so (QDQ, onnxruntime.ai/docs/performance/model-
optimizations/quantization.html). As in `quantise`, values between convolutions have one scale
where only maxima and concatenations meet them.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from u2net.engines.calibration import Calibration, int8_kind
from u2net.engines.contract import check_fit
from u2net.engines.quantise import LEVELS, reach_of, unfit
from u2net.weights.card import Card

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

PASSED = ("Concat", "MaxPool", "Resize")
"""Operations that hand values on: what enters and leaves them has one scale."""
MOST = 1 << 30
"""Steps of a bias; sums have 32 bits."""
MOVING = "DepthToSpace"
"""What it makes are the values it reads, elsewhere."""
READING = (*PASSED, MOVING, "Add", "Conv", "Shape")
"""Operations that read rounded values where there are any."""


def in_8_bits(model: bytes, card: Card, calibration: Calibration, bits: int = 8) -> bytes:
    """`model`, an ONNX file that was checked, for one picture of the card's size, in 8 bits.

    Of weights `bits` are used.

    Raises `UnfitModelError` for a network of another kind, or one that the calibration is not of.
    """
    import onnx

    proto = onnx.load_from_string(model)
    inputs = proto.graph.input
    sides = (1, len(card.mean), *card.size_hw)
    axes = len(inputs[0].type.tensor_type.shape.dim) if inputs else 0
    check_fit(len(inputs), len(proto.graph.output), axes)
    # With a fixed size the engine computes every shape beforehand.
    for dim, side in zip(inputs[0].type.tensor_type.shape.dim, sides, strict=True):
        dim.dim_value = side
    with np.errstate(all="ignore"):  # of numbers that no network of ours has
        _Graph(proto, calibration, bits).round()
    data: bytes = proto.SerializeToString()
    return data


class _Graph:
    """An ONNX graph that is being rewritten."""

    def __init__(self, proto: "ModelProto", calibration: Calibration, bits: int) -> None:
        self._graph = proto.graph
        self._calibration = calibration
        self._bits = bits
        self._corrections = calibration.corrections.get(int8_kind(bits), {})
        self._made_by = {name: node for node in self._graph.node for name in node.output}
        self._stored = {tensor.name: tensor for tensor in self._graph.initializer}
        self._added: list[TensorProto] = []
        self._ranges: dict[str, tuple[float, float]] = {}
        """Value that is rounded -> its least and greatest."""

    def round(self) -> None:
        """Round everything that convolutions read, and what they read it with."""
        for node in self._graph.node:
            if node.op_type == "Conv":
                self._enter(node.input[0])
        for node in self._graph.node:
            if node.op_type == "Add" and node.output[0] in self._ranges:
                self._join(node)
        inputs = [name for one in self._graph.input for name in self._rounded([one.name])]
        nodes = [new for node in self._graph.node for new in self._rewritten(node)]
        used = {name for node in (*inputs, *nodes) for name in node.input}
        kept = [t for t in (*self._stored.values(), *self._added) if t.name in used]
        self._graph.ClearField("node")
        self._graph.node.extend([*inputs, *nodes])
        self._graph.ClearField("initializer")
        self._graph.initializer.extend(kept)

    def _enter(self, value: str) -> None:
        """`value` is rounded, and so is what is handed on to it."""
        waiting = [value]
        while waiting:
            value = waiting.pop()
            if value in self._ranges:
                continue
            found = self._ranges[value] = self._known_range(value)
            node = self._made_by.get(value)
            if node and node.op_type in PASSED:
                waiting += _handed_on(node)
            elif node and node.op_type == MOVING:
                self._ranges.setdefault(node.input[0], found)

    def _known_range(self, value: str) -> tuple[float, float]:
        """By the name of the node it comes from, through those that hand it on."""
        node = self._made_by.get(value)
        while node and node.op_type in PASSED:
            value = node.input[0]
            node = self._made_by.get(value)
        name = node.name if node else value
        if name not in self._calibration.ranges:
            raise unfit(name)
        return self._calibration.ranges[name]

    def _join(self, node: "NodeProto") -> None:
        """Round what `node` adds up, where neither is below zero: then none is above the sum."""
        made_by = [self._made_by.get(name) for name in node.input]
        if all(maker and maker.op_type == "Relu" for maker in made_by):
            for name in node.input:
                self._ranges.setdefault(name, (0.0, self._ranges[node.output[0]][1]))

    def _rewritten(self, node: "NodeProto") -> "Iterator[NodeProto]":
        """`node` as it reads rounded values, and the rounding of what it makes."""
        if node.op_type == "Conv":
            yield from self._rounded_weights(node)
        if node.op_type in READING:
            for at, name in enumerate(node.input):
                if name in self._ranges:
                    node.input[at] = _after(name)
        yield node
        yield from self._rounded(node.output)

    def _rounded(self, values: Iterable[str]) -> "Iterator[NodeProto]":
        for name in values:
            if name in self._ranges:
                low, high = self._ranges[name]
                step = np.float32((high - low) / (LEVELS - 1))
                zero = np.uint8(round(-low / step))
                scale = [self._store(f"{name}.step", step), self._store(f"{name}.zero", zero)]
                yield _node("QuantizeLinear", [name, *scale], f"{name}.rounded")
                yield _node("DequantizeLinear", [f"{name}.rounded", *scale], _after(name))

    def _rounded_weights(self, conv: "NodeProto") -> "Iterator[NodeProto]":
        """Make `conv` read 8-bit weights, and biases of as many steps as its sums have."""
        if len(conv.input) != 3:
            raise unfit(conv.name)
        value, weight, bias = conv.input
        weights, biases = self._constant(weight, conv), self._constant(bias, conv)
        steps = (reach_of(weights, self._bits) / 127).astype(np.float32)
        low, high = self._ranges[value]
        sums = steps.ravel() * np.float32((high - low) / (LEVELS - 1))
        shifts = np.array(self._corrections.get(conv.name, 0), np.float32)
        if shifts.shape not in ((), biases.shape):
            raise unfit(conv.name)
        counts = np.nan_to_num((biases + shifts) / sums).round().clip(-MOST, MOST).astype(np.int32)
        for at, (values, scale) in enumerate(
            [((weights / steps).round().astype(np.int8), steps.ravel()), (counts, sums)], start=1
        ):
            name = f"{conv.name}.{at}"
            stored = [self._store(f"{name}.values", values), self._store(f"{name}.steps", scale)]
            yield _node("DequantizeLinear", stored, name)
            conv.input[at] = name

    def _constant(self, name: str, conv: "NodeProto") -> NDArray[np.float32]:
        """A tensor of the file, however it is stored."""
        from onnx.numpy_helper import to_array

        node = self._made_by.get(name)
        if node and node.op_type == "Cast":
            name = node.input[0]
        if name not in self._stored:
            raise unfit(conv.name)
        return np.asarray(to_array(self._stored[name]), np.float32)

    def _store(self, name: str, values: NDArray[np.generic] | np.generic) -> str:
        from onnx.numpy_helper import from_array

        self._added.append(from_array(np.asarray(values), name))
        return name


def _handed_on(node: "NodeProto") -> list[str]:
    return list(node.input if node.op_type == "Concat" else node.input[:1])


def _after(value: str) -> str:
    """What `value` is called when it was rounded."""
    return f"{value}.held"


def _node(kind: str, inputs: list[str], output: str) -> "NodeProto":
    """A node that rounds, or holds what was; where it has several scales they are for axis 0."""
    from onnx.helper import make_node

    return make_node(kind, inputs, [output], name=f"{output}.{kind}", axis=0)

"""OpenVINO graph + calibration -> the same graph in fewer bits.

OpenVINO runs a convolution in int8 when both its inputs come out of a `FakeQuantize` of 256 (255
for weights) levels; between convolutions values stay 8-bit as long as only maxima and
concatenations of the same scale meet them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from u2net.engines.calibration import Calibration
from u2net.errors import UnfitModelError

LEVELS = 256
WEIGHT_LEVELS = 255
TINY = np.float32(1e-30)
PASSED = ("Concat", "MaxPool", "Interpolate")
"""Operations that hand values on: what enters and leaves them has one scale."""


def convolutions(graph: Any) -> dict[str, Any]:
    """Name in the ONNX file -> convolution, in order."""
    nodes = (node for node in graph.get_ordered_ops() if node.get_type_name() == "Convolution")
    return {node.get_friendly_name().removesuffix("/WithoutBiases"): node for node in nodes}


def sources(output: Any) -> list[Any]:
    """The outputs that `output` hands on, each once, in order."""
    found: list[Any] = []
    seen: set[tuple[str, int]] = set()
    waiting = [output]
    while waiting:
        value = waiting.pop()
        node = value.get_node()
        place = node.get_friendly_name(), value.get_index()
        if place in seen:
            continue
        seen.add(place)
        kind = node.get_type_name()
        if kind not in PASSED:
            found.append(value)
        else:
            waiting += reversed(node.input_values()[: None if kind == "Concat" else 1])
    return found


def weights_of(convolution: Any) -> NDArray[np.float32]:
    """(channels out, channels in, height, width), however they are stored."""
    node = convolution.input_value(1).get_node()
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    if node.get_type_name() != "Constant":
        raise unfit(convolution.get_friendly_name())
    weights: NDArray[np.float32] = np.asarray(node.get_data()).astype(np.float32)
    return weights


def reach_of(weights: NDArray[np.float32], bits: int) -> NDArray[np.float32]:
    """How far 127 steps reach in each output channel; never zero.

    With 8 bits that is its greatest weight; with 7 the 63rd step is.
    """
    most = np.maximum(np.abs(weights).max(axis=(1, 2, 3), keepdims=True), TINY)
    return np.asarray(most * np.float32(127 / (2 ** (bits - 1) - 1)), np.float32)


def correct(graph: Any, calibration: Calibration, precision: str) -> None:
    """Add the corrections for `precision`, in place, to what the convolutions of `graph` give.

    Of int8 it is the kind: see `int8_kind`.
    """
    import openvino.opset13 as op

    nodes = convolutions(graph)
    for name, values in calibration.corrections.get(precision, {}).items():
        output = _known(nodes, name).output(0)
        if len(values) != output.get_partial_shape()[1].get_length():
            raise unfit(name)
        readers = list(output.get_target_inputs())
        shift = op.constant(np.array(values, np.float32)[None, :, None, None])
        corrected = op.add(output, shift).output(0)
        for reader in readers:
            reader.replace_source_output(corrected)


def quantise(graph: Any, calibration: Calibration, bits: int = 8) -> None:
    """Make every convolution of `graph` int8, by weights of `bits`, in place."""
    import openvino.opset13 as op

    graph_nodes = convolutions(graph).values()
    rounding = _Rounding(calibration.ranges)
    for node in graph_nodes:
        rounding.enter(node.input(0))
    for node in graph.get_ordered_ops():
        if node.get_type_name() == "Add":
            rounding.share(node)
    for node in graph_nodes:
        weights = weights_of(node)
        end = reach_of(weights, bits)
        rounded = op.fake_quantize(op.constant(weights), -end, end, -end, end, WEIGHT_LEVELS)
        node.input(1).replace_source_output(rounded.output(0))
    graph.validate_nodes_and_infer_types()


class _Rounding:
    """Puts each value through one rounding, however many read it."""

    def __init__(self, ranges: dict[str, tuple[float, float]]) -> None:
        self._ranges = ranges
        self._rounded: dict[str, Any] = {}
        self._entered: set[str] = set()

    def enter(self, reader: Any) -> None:
        """Round what `reader`, an input of a convolution, reads: Q, once for each value.

        before                        after
        A ─▶ Conv                     A ─▶ Q ─▶ Conv
        A ─▶ MaxPool ─▶ Conv          A ─▶ Q ─▶ MaxPool ─▶ Conv
        A, B ─▶ Concat ─▶ Conv        A ─▶ Q, B ─▶ Q ─▶ Concat ─▶ Conv
        A ─▶ Interpolate ─▶ Conv      A ─▶ Interpolate ─▶ Q ─▶ Conv
        """
        output = reader.get_source_output()
        node = output.get_node()
        name, kind = node.get_friendly_name(), node.get_type_name()
        if kind not in PASSED:
            reader.replace_source_output(self._round(output, name))
        elif name not in self._entered:
            self._entered.add(name)
            if kind == "Interpolate":
                # It computes in float32 whatever enters: rounding after it is enough.
                source = sources(output)[0].get_node().get_friendly_name()
                readers = list(output.get_target_inputs())
                rounded = self._quantiser(output, source)
                for other in readers:
                    other.replace_source_output(rounded)
            else:
                for inner in node.inputs()[: None if kind == "Concat" else 1]:
                    self.enter(inner)

    def share(self, node: Any) -> None:
        """Let `node` read the rounded values where there are any, which are there anyway."""
        for reader in node.inputs():
            name = reader.get_source_output().get_node().get_friendly_name()
            if name in self._rounded:
                reader.replace_source_output(self._rounded[name])

    def _round(self, output: Any, name: str) -> Any:
        if name not in self._rounded:
            self._rounded[name] = self._quantiser(output, name)
        return self._rounded[name]

    def _quantiser(self, output: Any, name: str) -> Any:
        import openvino.opset13 as op

        low, high = (np.float32(value) for value in _known(self._ranges, name))
        return op.fake_quantize(output, low, high, low, high, LEVELS).output(0)


def _known(table: dict[str, Any], name: str) -> Any:
    try:
        return table[name]
    except KeyError:
        raise unfit(name) from None


def unfit(name: str) -> UnfitModelError:
    """What is wrong with a calibration that has nothing, or something else, for a node."""
    return UnfitModelError(f"its calibration does not fit its network at '{name}'; export it again")

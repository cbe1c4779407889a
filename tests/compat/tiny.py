"""Networks of one convolution: what they see is soft, and any tool can run them."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


def saliency() -> bytes:
    """An ONNX file: how red and how bright it is around a pixel, 0…1."""
    kernel = np.zeros((1, 3, 9, 9), np.float32)
    kernel[0, 0], kernel[0, 1], kernel[0, 2] = 3, 1, -1
    return _network(kernel / 81, ["Sigmoid"])


def clothes() -> bytes:
    """An ONNX file: logits of four classes, by colours around a pixel."""
    kernel = np.zeros((4, 3, 9, 9), np.float32)
    for number, colour in enumerate([(-1, -1, -1), (2, -1, 0), (-1, 2, 0), (0, -1, 2)]):
        kernel[number] = np.array(colour, np.float32)[:, None, None]
    return _network(kernel / 81, [])


def _network(kernel: np.ndarray, then: list[str]) -> bytes:
    ends = [
        helper.make_tensor_value_info(name, 1, ["n", channels, "h", "w"])
        for name, channels in [("x", 3), ("y", len(kernel))]
    ]
    names = ["x", *(f"v{at}" for at in range(len(then))), "y"]
    nodes = [helper.make_node("Conv", ["x", "kernel"], [names[1]], pads=[4, 4, 4, 4])]
    nodes += [
        helper.make_node(kind, [names[at]], [names[at + 1]]) for at, kind in enumerate(then, 1)
    ]
    stored = [numpy_helper.from_array(kernel, "kernel")]
    graph = helper.make_graph(nodes, "tiny", ends[:1], ends[1:], stored)
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def with_metadata(data: bytes, metadata: dict[str, str]) -> bytes:
    """The same file, saying this of itself."""
    model = onnx.load_from_string(data)
    helper.set_model_props(model, metadata)
    return bytes(model.SerializeToString())

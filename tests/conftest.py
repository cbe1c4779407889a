"""Fixtures that every area uses."""

from collections.abc import Callable
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of weights, goldens and data beside the checkout; without it the test skips."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with weights and data is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def onnx_file() -> Callable[[dict[str, str]], bytes]:
    """Makes an ONNX file of one node, written by the onnx package, with the given metadata."""
    from onnx import helper

    def make(metadata: dict[str, str]) -> bytes:
        x, y = (helper.make_tensor_value_info(name, 1, [1]) for name in "xy")
        model = helper.make_model(
            helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])
        )
        helper.set_model_props(model, metadata)
        return bytes(model.SerializeToString())

    return make

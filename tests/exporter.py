"""torch's exporter, which looks up its thousand operators anew each time, told to do so once."""

from collections.abc import Iterator
from functools import cache

import pytest
from torch.onnx._internal.exporter import _registration


@pytest.fixture(scope="session", autouse=True)
def operators_once() -> Iterator[None]:
    """A third of what exporting a small network takes; processes that tests start do without."""
    table = _registration.ONNXRegistry
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "from_torchlib", staticmethod(cache(table.from_torchlib)))
        yield

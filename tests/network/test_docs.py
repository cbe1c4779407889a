"""docs/network.md runs, and what it says of PyTorch's compilers holds."""

import re
from pathlib import Path

import pytest
import torch

from u2net.network import BLOCKS, NestedSpec, RSUSpec, U2Net, U2NetSpec

PAGE = Path(__file__).parents[2] / "docs" / "network.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of torch, on its own future
def test_the_python_of_the_page_runs_from_top_to_bottom(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "page"}
    with monkeypatch.context() as patch:
        for kind, spec in BLOCKS.items():
            patch.setitem(BLOCKS, kind, spec)
        exec("\n".join(python_of_page()), names)
    features, net, photos = names["features"], names["net"], names["photos"]
    shapes = [tuple(feature.shape) for feature in features.encoded]
    assert shapes == [(2, 16, 97, 131), (2, 32, 49, 66), (2, 32, 25, 33)]
    assert torch.equal(names["again"], features.decoded[0])
    assert type(names["mixed"].spec.encoders[0]) is names["WideSpec"]
    for size in ((3, 3, 64, 80), (2, 3, 33, 20)):
        assert_same(names["program"].module(), net, torch.rand(*size))
    assert_same(names["compiled"], net, photos)


def python_of_page() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def assert_same(one, other, photos: torch.Tensor) -> None:
    """Two networks give the same maps."""
    with torch.no_grad():
        for found, wanted in zip(one(photos), other(photos), strict=True):
            torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_a_u3_net_is_exported_for_any_size():
    torch.manual_seed(0)
    rsu = RSUSpec(2, mid=2, out=4)
    nested = NestedSpec(U2NetSpec((rsu, rsu), (rsu,)), out=4)
    net = U2Net(U2NetSpec((nested, nested), (nested,))).eval()
    any_size = dict.fromkeys((0, 2, 3), torch.export.Dim.DYNAMIC)
    program = torch.export.export(net, (torch.rand(2, 3, 49, 65),), dynamic_shapes={"x": any_size})
    assert_same(program.module(), net, torch.rand(3, 3, 64, 80))

"""docs/network.md runs, and what it says of PyTorch's compilers holds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from u2net.network import TINY, U3, U2Net, U2NetSpec

PAGE = Path(__file__).parents[2] / "docs" / "network.md"


@pytest.mark.slow
def test_the_python_of_the_page_runs_from_top_to_bottom(tmp_path: Path):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    checks = """
shapes = [tuple(f.shape) for f in features.encoded]
assert shapes == [(2, 16, 97, 131), (2, 32, 49, 66), (2, 32, 25, 33)], shapes
assert torch.equal(again, features.decoded[0])
assert isinstance(mixed.spec.encoders[0], WideSpec)
"""
    program = "\n".join([*blocks, checks])
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, env=os.environ)


@pytest.mark.parametrize("spec", [TINY, U3])
def test_an_exported_program_runs_at_any_size(spec: U2NetSpec):
    torch.manual_seed(0)
    net = U2Net(spec).eval()
    any_size = dict.fromkeys((0, 2, 3), torch.export.Dim.DYNAMIC)
    photos = torch.rand(2, 3, 49, 65)
    program = torch.export.export(net, (photos,), dynamic_shapes={"x": any_size})
    for size in ((3, 3, 64, 80), (2, 3, 33, 20)):
        photos = torch.rand(*size)
        for found, wanted in zip(program.module()(photos), net(photos), strict=True):
            torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)


def test_a_compiled_network_gives_what_it_gave_before():
    torch.manual_seed(0)
    net = U2Net(TINY).eval()
    photos = torch.rand(2, 3, 49, 65)
    wanted = net(photos)[0]
    found = torch.compile(net, backend="aot_eager", fullgraph=True)(photos)[0]
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)

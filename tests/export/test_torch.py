import json

import numpy as np
import pytest
import torch

from u2net.errors import OutputError
from u2net.export import Form, export_torch
from u2net.weights.card import KEY


@pytest.fixture(scope="module", params=["fp32", "fp16"])
def made(request, net, card, tmp_path_factory):
    path = tmp_path_factory.mktemp("torch") / "net.pt2"
    return path, export_torch(net, card, path, precision=request.param)


def test_torch_runs_the_program_by_itself_with_the_card_beside_it(made, net, card, saliency):
    path, proof = made
    about = {KEY: ""}
    program = torch.export.load(path, extra_files=about).module()
    assert json.loads(about[KEY])["licence"] == card.licence
    for size in [(1, 48, 64), (3, 97, 131), (2, 33, 50)]:
        batch = np.random.default_rng(0).normal(0, 1, (size[0], 3, *size[1:])).astype(np.float32)
        (found,) = program(torch.from_numpy(batch))
        difference = np.abs(found.numpy() - saliency(net, batch)).max()
        assert difference <= proof.difference + 2 * proof.rounding + 1e-5


def test_half_the_bytes_are_stored(made):
    path, proof = made
    weights = torch.export.load(path).state_dict.values()
    kinds = {weight.dtype for weight in weights if weight.ndim == 4}
    assert kinds == ({torch.float16} if proof.rounding else {torch.float32})


def test_a_fixed_size_and_all_maps_can_be_had(least, card, tmp_path):
    form = Form(size_hw=card.size_hw, outputs="all", logits=True)
    export_torch(least, card, tmp_path / "net.pt2", form=form)
    program = torch.export.load(tmp_path / "net.pt2").module()
    batch = torch.randn(1, 3, *card.size_hw)
    with torch.no_grad():
        wanted = least(batch)
    assert len(program(batch)) == len(wanted)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(program(batch), wanted, strict=True))


def test_another_suffix_is_refused_at_once(least, card, tmp_path):
    with pytest.raises(OutputError, match="pt2"):
        export_torch(least, card, tmp_path / "net.onnx")

from pathlib import Path

import pytest
import torch

from u2net.network import full, lite
from u2net.network.dialects import authors_keys, modules_keys

AUTHORS = {
    "encoders.0.stem.conv.weight": "stage1.rebnconvin.conv_s1.weight",
    "encoders.0.encoders.6.norm.running_var": "stage1.rebnconv7.bn_s1.running_var",
    "encoders.2.decoders.0.conv.bias": "stage3.rebnconv1d.conv_s1.bias",
    "encoders.3.decoders.1.conv.weight": "stage4.rebnconv2d.conv_s1.weight",
    "encoders.5.encoders.3.norm.bias": "stage6.rebnconv4.bn_s1.bias",
    "decoders.0.stem.norm.weight": "stage1d.rebnconvin.bn_s1.weight",
    "decoders.4.decoders.2.conv.weight": "stage5d.rebnconv3d.conv_s1.weight",
    "decoders.3.encoders.0.norm.num_batches_tracked": "stage4d.rebnconv1.bn_s1.num_batches_tracked",
    "sides.0.weight": "side1.weight",
    "sides.5.bias": "side6.bias",
    "fuse.weight": "outconv.weight",
}
MODULES = {
    "encoders.0.stem.conv.weight": "encode_modules.0.conv_in.conv.weight",
    "encoders.0.decoders.0.conv.weight": "encode_modules.0.decode_modules.5.conv.weight",
    "encoders.5.decoders.2.norm.bias": "encode_modules.5.decode_modules.0.bn.bias",
    "decoders.0.encoders.6.norm.weight": "decode_modules.4.encode_modules.6.bn.weight",
    "decoders.4.decoders.0.conv.weight": "decode_modules.0.decode_modules.2.conv.weight",
    "sides.0.weight": "side_modules.5.weight",
    "sides.5.bias": "side_modules.0.bias",
    "fuse.bias": "out_conv.bias",
}


@pytest.fixture(scope="module")
def ours() -> list[str]:
    with torch.device("meta"):
        return list(lite().state_dict())


@pytest.mark.parametrize(("translate", "pairs"), [(authors_keys, AUTHORS), (modules_keys, MODULES)])
def test_names_are_those_written_by_hand(ours: list[str], translate, pairs: dict[str, str]):
    translated = translate(ours)
    assert {key: translated[key] for key in pairs} == pairs


@pytest.mark.parametrize("translate", [authors_keys, modules_keys])
def test_no_two_names_fall_together(ours: list[str], translate):
    assert len(set(translate(ours).values())) == len(ours) == 798


@pytest.mark.parametrize(("build", "file"), [(full, "u2net"), (lite, "u2netp")])
def test_keys_and_shapes_are_those_of_the_authors(shared: Path, build, file: str):
    with torch.device("meta"):
        state = build().state_dict()
    names = authors_keys(state)
    lines = {f"{names[key]} {list(value.shape)}" for key, value in state.items()}
    assert lines == set((shared / "golden" / f"{file}_keys.txt").read_text().splitlines())

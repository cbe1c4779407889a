"""Blocks of any kind: built from specs, stored and loaded by their kind, folded."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from u2net.network import (
    BLOCKS,
    FULL,
    LITE,
    SWIFT,
    U3,
    BlockSpec,
    ChainSpec,
    DenseSpec,
    InceptionSpec,
    NaiveSpec,
    NestedSpec,
    PlainSpec,
    ResidualSpec,
    RSUSpec,
    U2Net,
    U2NetSpec,
    fold,
    load_checkpoint,
    save_checkpoint,
)
from u2net.network.specs import spec_from_json, spec_to_json

COMPARED: list[BlockSpec] = [
    RSUSpec(3, mid=2, out=4),
    PlainSpec(mid=2, out=4),
    ResidualSpec(mid=2, out=4),
    DenseSpec(3, mid=2, out=4),
    InceptionSpec(4, mid=2, out=4),
    NaiveSpec(3, mid=2, out=4),
    ChainSpec((PlainSpec(mid=2, out=3), RSUSpec(2, mid=2, out=4))),
]
"""What the paper compares, and a chain, small."""


def u_of(block: BlockSpec) -> U2NetSpec:
    """A U with `block` everywhere."""
    return U2NetSpec(encoders=(block,) * 3, decoders=(block,) * 2)


@dataclass(frozen=True, slots=True)
class TwiceSpec:
    """A block that no file of the package knows; its layers are called by numbers."""

    out: int
    bias: bool = True

    @property
    def layers(self) -> int:
        return 2

    def build(self, inputs: int) -> nn.Module:
        return Twice(inputs, self)


class Twice(nn.Module):
    def __init__(self, inputs: int, spec: TwiceSpec) -> None:
        super().__init__()
        self.steps = nn.Sequential(
            nn.Conv2d(inputs, spec.out, 3, padding=1, bias=spec.bias),
            nn.BatchNorm2d(spec.out),
            nn.ReLU(),
            nn.Conv2d(spec.out, spec.out, 1),
        )
        self.last = nn.BatchNorm2d(spec.out)

    def forward(self, x: Tensor) -> Tensor:
        for step in self.steps:
            x = step(x)
        return x + self.last(x)  # a norm whose convolution is read by the sum too


@pytest.fixture
def twice(monkeypatch: pytest.MonkeyPatch) -> U2Net:
    monkeypatch.setitem(BLOCKS, "twice", TwiceSpec)
    torch.manual_seed(0)
    spec = U2NetSpec(
        encoders=(
            TwiceSpec(4),
            RSUSpec(2, mid=2, out=4),
            NestedSpec(U2NetSpec((TwiceSpec(3),), ()), 4),
        ),
        decoders=(TwiceSpec(4, bias=False), TwiceSpec(4)),
    )
    return U2Net(spec)


def test_a_block_that_is_added_to_the_table_is_stored_and_loaded(twice: U2Net, tmp_path: Path):
    save_checkpoint(twice, tmp_path / "net.safetensors")
    loaded = load_checkpoint(tmp_path / "net.safetensors")
    assert loaded.spec == twice.spec
    photos = torch.rand(2, 3, 20, 24)
    assert torch.equal(loaded(photos)[0], twice.eval()(photos)[0])


def test_a_block_that_is_not_in_the_table_cannot_be_stored_or_loaded(twice: U2Net, monkeypatch):
    text = spec_to_json(twice.spec)
    monkeypatch.delitem(BLOCKS, "twice")
    with pytest.raises(TypeError, match=r"TwiceSpec cannot be stored; add it to .*BLOCKS"):
        spec_to_json(twice.spec)
    with pytest.raises(ValueError, match=r"kind 'twice' are not known"):
        spec_from_json(text)


def test_norms_of_any_block_fold_where_they_alone_read_a_convolution(twice: U2Net):
    photos = torch.rand(4, 3, 20, 24)
    twice.train()(photos)  # so that the norms have something to fold
    folded = fold(twice.eval())
    torch.testing.assert_close(folded(photos), twice(photos), rtol=0, atol=1e-5)
    left = [name for name, m in folded.named_modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(left) == 4
    assert all(name.endswith("last") for name in left)


@pytest.mark.parametrize("block", COMPARED, ids=lambda block: type(block).__name__)
def test_every_block_fits_into_the_same_u(block: BlockSpec, tmp_path: Path):
    torch.manual_seed(0)
    net = U2Net(u_of(block))
    photos = torch.rand(2, 3, 33, 41)
    sum(logits.square().mean() for logits in net(photos)).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    save_checkpoint(net.eval(), tmp_path / "net.safetensors")
    loaded = load_checkpoint(tmp_path / "net.safetensors")
    assert loaded.spec == net.spec
    folded = fold(loaded)
    torch.testing.assert_close(folded(photos)[0], net(photos)[0], rtol=0, atol=1e-5)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())


def test_blocks_join_their_layers_as_they_are_named():
    x = torch.rand(1, 3, 9, 9)
    plain, residual = PlainSpec(2, 4).build(3).eval(), ResidualSpec(2, 4).build(3).eval()
    dense, inception = DenseSpec(2, 5, 4).build(3).eval(), InceptionSpec(2, 5, 4).build(3).eval()
    assert torch.equal(plain(x), plain[1](plain[0](x)))
    stem = residual.stem(x)
    assert torch.equal(residual(x), stem + residual.body(stem))
    one = torch.cat([x, dense.steps[0](x)], dim=1)
    two = torch.cat([one, dense.steps[1](one)], dim=1)
    assert torch.equal(dense(x), dense.last(two))
    near, far = inception.branches
    assert (near.conv.dilation, far.conv.dilation) == ((1, 1), (3, 3))
    stem = inception.stem(x)
    assert torch.equal(inception(x), inception.last(torch.cat([near(stem), far(stem)], dim=1)))
    naive = NaiveSpec(3, 2, 4).build(3).eval()
    rsu = RSUSpec(3, 2, 4).build(3).eval()
    rsu.load_state_dict(naive.state_dict())
    torch.testing.assert_close(rsu(x), naive.stem(x) + naive(x))


@pytest.mark.parametrize("spec", [FULL, LITE, U3, SWIFT, *map(u_of, COMPARED)])
def test_a_spec_comes_back_from_its_text_and_counts_its_layers(spec: U2NetSpec):
    assert spec_from_json(spec_to_json(spec)) == spec
    with torch.device("meta"):
        net = U2Net(spec)
    blocks = nn.ModuleList([net.encoders, net.decoders])
    assert spec.layers == sum(isinstance(module, nn.Conv2d) for module in blocks.modules())


def test_files_from_before_there_were_kinds_load_as_they_did():
    level = {"depth": 3, "mid": 2, "out": 4, "dilated": True}
    inner = {"encoders": [{"depth": 2, "mid": 2, "out": 4}], "decoders": []}
    table = {"encoders": [level, {"inner": inner, "out": 4}], "decoders": [level]}
    rsu = RSUSpec(3, mid=2, out=4, dilated=True)
    nested = NestedSpec(U2NetSpec((RSUSpec(2, mid=2, out=4),), ()), out=4)
    assert spec_from_json(json.dumps(table)) == U2NetSpec((rsu, nested), (rsu,))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RSUSpec(1, mid=2, out=2), "depth must be a whole number from 2 to 32, not 1"),
        (lambda: RSUSpec(3, mid=0, out=2), "mid must be .* not 0"),
        (lambda: RSUSpec(3, mid=2, out=-1), "out must be .* not -1"),
        (lambda: RSUSpec(3, mid=2.0, out=2), r"mid must be .* not 2\.0"),
        (lambda: RSUSpec(3, mid=2, out=True), "out must be .* not True"),
        (lambda: RSUSpec(3, mid=2, out=2, dilated=2), "dilated must be true or false, not 2"),
        (lambda: NestedSpec(RSUSpec(2, mid=2, out=2), out=2), "inner must be a U2NetSpec"),
        (lambda: NestedSpec(U3, out=0), "out must be .* not 0"),
        (lambda: PlainSpec(0, 1), "mid must be .* not 0"),
        (lambda: ResidualSpec(1, 0), "out must be .* not 0"),
        (lambda: DenseSpec(33, 1, 1), "depth must be a whole number from 1 to 32, not 33"),
        (lambda: InceptionSpec(13, 1, 1), "branches must be a whole number from 1 to 12, not 13"),
        (lambda: ChainSpec(()), "at least one block"),
        (lambda: replace(LITE, patch=0), "patch must be .* from 1 to 16, not 0"),
        (lambda: NestedSpec(SWIFT, out=2), "patch is for the outer U"),
        (lambda: U2NetSpec((), ()), "one encoder more than decoders, not 0 and 0"),
        (lambda: U2NetSpec(LITE.decoders, LITE.decoders), "more than decoders, not 5 and 5"),
        (lambda: U2Net(LITE, inputs=0), "inputs must be .* not 0"),
        (lambda: U2Net(LITE, outputs=0), "outputs must be .* not 0"),
    ],
)
def test_a_wrong_spec_is_refused_where_it_is_made(make, message: str):
    with pytest.raises(ValueError, match=message):
        make()


def test_every_kind_of_the_table_is_a_spec_of_its_own_name():
    assert BLOCKS["rsu"] is RSUSpec
    assert BLOCKS["nested"] is NestedSpec
    blocks: list[BlockSpec] = [RSUSpec(2, mid=2, out=3), NestedSpec(U3, out=3)]
    assert [block.out for block in blocks] == [3, 3]

"""What is counted, against closed forms."""

import pytest
import torch
from torch import nn

from u2net.network import LITE, RSUSpec, U2Net
from u2net.network.cost import Cost, cost_of
from u2net.training.comparison.contenders import (
    BLOCK_OUT,
    BLOCK_SIDE,
    KINDS,
    WIDTHS,
    filled,
    networks,
)
from u2net.training.comparison.report import block_cost, network_costs

AREA = BLOCK_SIDE**2
C, K = 3, BLOCK_OUT


def layers(kind: str, m: int) -> list[tuple[int, int, float]]:
    """Channels in and out of every convolution of a block, and its part of the pixels."""
    if kind == "PLN":
        return [(C, m, 1), (m, K, 1)]
    if kind == "RES":
        return [(C, K, 1), (K, m, 1), (m, K, 1)]
    if kind == "DSE":
        return [*((C + at * m, m, 1) for at in range(4)), (C + 4 * m, K, 1)]
    if kind == "INC":
        return [(C, m, 1), *[(m, m, 1)] * 4, (4 * m, K, 1)]
    # RSU-7: halved five times; the bottom is dilated, and its decoder reads it as it is.
    parts = [4.0**-level for level in range(6)]
    return [
        (C, K, 1), (K, m, 1), *((m, m, part) for part in parts[1:]), (m, m, parts[5]),
        (2 * m, m, parts[5]), *((2 * m, m, part) for part in parts[1:5]), (2 * m, K, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("m", WIDTHS)
def test_a_block_costs_what_its_convolutions_do(kind: str, m: int) -> None:
    convolutions = layers(kind, m)
    assert block_cost(kind, m) == Cost(
        # Weights and biases, and the two vectors of the norm.
        parameters=sum(9 * a * b + 3 * b for a, b, _ in convolutions),
        multiply_adds=round(sum(9 * a * b * part * AREA for a, b, part in convolutions)),
        activations=round(sum(4 * b * part * AREA for _, b, part in convolutions)),
    )


def test_an_rsu_costs_little_more_than_a_residual_block_and_less_than_dense_and_inception() -> None:
    for m in (64, 128, 256):
        cost = {kind: block_cost(kind, m).multiply_adds for kind in KINDS}
        assert cost["PLN"] < cost["RES"] < cost["RSU"] < 0.55 * cost["INC"] < 0.55 * cost["DSE"]
    # PLN and RES grow with M, the others with its square, RSU with the smallest part of it.
    part = {kind: second_difference(kind) for kind in KINDS}
    assert part["PLN"] == part["RES"] == 0
    assert 0 < 3.5 * part["RSU"] < part["INC"] < part["DSE"]


def second_difference(kind: str) -> int:
    """Twice the factor of M² among the multiply-adds, over pixels: 0 for what is linear."""
    low, middle, high = (block_cost(kind, m).multiply_adds for m in (64, 128, 192))
    return (high - 2 * middle + low) // AREA


def test_networks_are_counted_as_the_field_knows_them() -> None:
    found = network_costs({"lite": LITE})["lite"]
    assert found.parameters == 1_131_181
    assert found.multiply_adds / 1e9 == pytest.approx(19.8, abs=0.05)


def test_counting_leaves_a_network_as_it_was() -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 1)).to("meta")
    assert cost_of(net, 2, (5, 7)) == Cost(parameters=9, multiply_adds=210, activations=420)
    assert not net[0]._forward_hooks


@pytest.mark.slow
def test_every_contender_has_the_outer_u_of_the_one_network() -> None:
    for name, spec in networks(LITE).items():
        with torch.device("meta"):
            net = U2Net(spec).eval()
            assert net(torch.empty(1, 3, 33, 47))[0].shape == (1, 1, 33, 47), name
    plain = filled(LITE, KINDS["PLN"])
    assert [e.out for e in plain.encoders] == [e.out for e in LITE.encoders]
    assert filled(LITE, KINDS["RSU"]) == LITE
    assert isinstance(LITE.encoders[0], RSUSpec)

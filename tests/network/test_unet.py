from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from u2net.network import LITE, SWIFT, TINY, U3, U2Net, U2NetSpec, fold, full, lite
from u2net.network.blocks.ushape import halve, resize


@pytest.fixture
def tiny() -> U2Net:
    torch.manual_seed(0)
    return U2Net(TINY).eval()


@pytest.mark.parametrize(("build", "count"), [(full, 44_009_869), (lite, 1_131_181)])
def test_parameters_are_as_many_as_the_authors(build, count: int):
    with torch.device("meta"):
        assert sum(p.numel() for p in build().parameters()) == count


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (33, 2), (31, 47), (64, 64), (65, 33)])
def test_every_map_has_the_size_of_the_input(tiny: U2Net, size: tuple[int, int]):
    maps = tiny(torch.rand(2, 3, *size))
    assert [tuple(m.shape) for m in maps] == [(2, 1, *size)] * 4


PATCHED = replace(TINY, patch=4)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (33, 2), (64, 64), (65, 31)])
def test_a_network_of_patches_draws_every_pixel_of_any_picture(size: tuple[int, int]):
    torch.manual_seed(0)
    net, photos = U2Net(PATCHED, outputs=2).eval(), torch.rand(2, 3, *size)
    assert [tuple(m.shape) for m in net(photos)] == [(2, 2, *size)] * 4
    height, width = (-(-side // 4) for side in size)
    assert tuple(net.features(photos).encoded[0].shape) == (2, 8, height, width)


def test_patches_keep_the_places_of_their_pixels():
    net, photo = U2Net(PATCHED).eval(), torch.zeros(1, 3, 64, 64)
    photo[..., 32:36, 40:44] = 1
    first = net.to_encoder(0, photo)
    assert first[..., 8, 10].eq(1).all()
    assert first.sum() == photo.sum()


def cost(spec: U2NetSpec) -> int:
    """Operations on one picture of 320²."""
    with FlopCounterMode(display=False) as counter, torch.device("meta"), torch.no_grad():
        U2Net(spec).eval()(torch.empty(1, 3, 320, 320))
    return int(counter.get_total_flops())


def test_swift_costs_a_tenth_of_lite_and_has_two_thirds_of_its_weights():
    assert cost(SWIFT) < 0.1 * cost(LITE)
    with torch.device("meta"):
        assert sum(p.numel() for p in U2Net(SWIFT).parameters()) == 689_428


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (4, 2), (6, 3)])
def test_any_number_of_channels_in_and_maps_out(inputs: int, outputs: int):
    maps = U2Net(TINY, inputs=inputs, outputs=outputs)(torch.rand(2, inputs, 32, 40))
    assert [tuple(m.shape) for m in maps] == [(2, outputs, 32, 40)] * 4


def test_a_batch_gives_what_single_pictures_give(tiny: U2Net):
    photos = torch.rand(3, 3, 45, 37)
    together = tiny(photos)[0]
    alone = torch.cat([tiny(photo[None])[0] for photo in photos])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("spec", [TINY, U3, PATCHED])
def test_maps_of_features_are_what_the_network_returns(spec: U2NetSpec):
    torch.manual_seed(0)
    net, photos = U2Net(spec).eval(), torch.rand(2, 3, 37, 50)
    found, wanted = net.maps(net.features(photos), like=photos), net(photos)
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_features_are_those_of_every_block_finest_first(tiny: U2Net):
    encoded, decoded = tiny.features(torch.rand(1, 3, 37, 50))
    sizes = [(1, 8, 37, 50), (1, 8, 19, 25), (1, 8, 10, 13)]
    assert [tuple(f.shape) for f in encoded] == [tuple(f.shape) for f in decoded] == sizes
    assert decoded[-1] is encoded[-1]


def test_features_are_enough_to_run_any_block_by_itself(tiny: U2Net):
    photo = torch.rand(1, 3, 37, 50)
    encoded, decoded = tiny.features(photo)
    assert torch.equal(tiny.encoders[0](photo), encoded[0])
    assert torch.equal(tiny.encoders[1](halve(encoded[0])), encoded[1])
    below = resize(decoded[1], like=encoded[0])
    assert torch.equal(tiny.decoders[0](torch.cat([below, encoded[0]], dim=1)), decoded[0])


def test_a_u3_net_learns_by_training_steps():
    torch.manual_seed(0)
    net = U2Net(U3)
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    photo, truth = torch.rand(2, 3, 40, 40), torch.zeros(2, 1, 40, 40)
    truth[..., 10:30, 10:30] = 1
    losses = []
    for _ in range(4):
        loss = sum(F.binary_cross_entropy_with_logits(logits, truth) for logits in net(photo))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses == sorted(losses, reverse=True)


def test_every_weight_of_a_u3_net_gets_a_gradient():
    net = U2Net(U3)
    sum(logits.square().mean() for logits in net(torch.rand(2, 3, 33, 41))).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


def test_folding_changes_nothing_but_the_number_of_layers(tiny: U2Net):
    photos = torch.rand(4, 3, 40, 40)
    tiny.train()(photos)  # so that the norms have something to fold
    tiny.eval()
    folded = fold(tiny)
    torch.testing.assert_close(folded(photos), tiny(photos), rtol=0, atol=1e-5)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in folded.modules())
    assert any(isinstance(m, torch.nn.BatchNorm2d) for m in tiny.modules())

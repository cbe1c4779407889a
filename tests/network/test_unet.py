import pytest
import torch
from torch.nn import functional as F

from u2net.network import U3, U2Net, U2NetSpec, fold, full, lite
from u2net.training.tiny import TINY


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


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (4, 2), (6, 3)])
def test_any_number_of_channels_in_and_maps_out(inputs: int, outputs: int):
    maps = U2Net(TINY, inputs=inputs, outputs=outputs)(torch.rand(2, inputs, 32, 40))
    assert [tuple(m.shape) for m in maps] == [(2, outputs, 32, 40)] * 4


def test_a_batch_gives_what_single_pictures_give(tiny: U2Net):
    photos = torch.rand(3, 3, 45, 37)
    together = tiny(photos)[0]
    alone = torch.cat([tiny(photo[None])[0] for photo in photos])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


def test_one_encoder_too_few_is_refused_at_once():
    with pytest.raises(ValueError, match="zip"):
        U2Net(U2NetSpec(encoders=TINY.encoders[:-1], decoders=TINY.decoders))


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

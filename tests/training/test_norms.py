from dataclasses import replace
from pathlib import Path

import pytest
import runs
import torch

from u2net.network import TINY, U2Net, load_checkpoint, save_checkpoint
from u2net.training.norms import is_folded, norms_of, unfold
from u2net.training.recipe import Recipe
from u2net.training.run import fit


def folded_net() -> U2Net:
    """A network of some training whose norms were folded into its convolutions and reset."""
    torch.manual_seed(0)
    net = U2Net(TINY).train()
    for _ in range(20):
        net(torch.randn(4, 3, 32, 32))
    for module in net.modules():
        if hasattr(module, "norm"):
            fused = torch.nn.utils.fusion.fuse_conv_bn_eval(module.conv.eval(), module.norm.eval())
            module.conv.load_state_dict(fused.state_dict())
            module.norm.reset_parameters()
    return net.eval()


def test_unfolding_changes_nothing_in_evaluation_and_little_in_training() -> None:
    net, photo = folded_net(), torch.randn(8, 3, 32, 32)
    assert is_folded(net)
    with torch.no_grad():
        before = net(photo)
        spoilt = [m.clone() for m in net.train()(photo)]  # statistics of the batch as they are
        for norm in norms_of(net):
            norm.reset_running_stats()
        unfold(net.eval(), [photo])
        assert not is_folded(net)
        assert not net.training
        torch.testing.assert_close(net(photo), before, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(net.train()(photo), before, rtol=1e-2, atol=1e-2)
    assert (spoilt[0] - before[0]).abs().max() > 0.1


def test_released_weights_of_others_keep_their_norms(shared: Path) -> None:
    net = load_checkpoint(shared / "weights/u2netp_released_folded_fp16.safetensors")
    assert is_folded(net)


def test_a_run_from_folded_weights_makes_norms_anew_and_says_so(
    quick: Recipe, pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    init = tmp_path / "folded.safetensors"
    save_checkpoint(folded_net(), init)
    fit([str(pairs)], replace(quick, init=str(init), steps=1), tmp_path / "run")
    assert "norms were folded away; they are made anew" in capfd.readouterr().err
    net = load_checkpoint(tmp_path / "run/checkpoints/last.ckpt")
    assert not is_folded(net)


def changes(before: U2Net, folder: Path) -> set[str]:
    """The parts of the network that a run changed."""
    after = load_checkpoint(folder / "checkpoints/last.ckpt").state_dict()
    return {
        key
        for key, value in before.state_dict().items()
        if not torch.equal(value, after[key]) and "num_batches" not in key
    }


@pytest.fixture
def trained(tmp_path: Path) -> tuple[U2Net, str]:
    """A network with norms of its own, and its file."""
    torch.manual_seed(1)
    net = U2Net(TINY).train()
    for _ in range(5):
        net(torch.randn(4, 3, 32, 32))
    save_checkpoint(net, tmp_path / "net.safetensors")
    return net, str(tmp_path / "net.safetensors")


def test_frozen_norms_keep_statistics_and_weights(
    quick: Recipe, pairs: Path, tmp_path: Path, trained: tuple[U2Net, str]
) -> None:
    net, init = trained
    recipe = replace(quick, init=init, freeze_norm=True, steps=4, val=(str(pairs),), val_every=2)
    fit([str(pairs)], recipe, tmp_path / "run")
    changed = changes(net, tmp_path / "run")
    assert not any(".norm." in key for key in changed)
    assert "encoders.0.stem.conv.weight" in changed


def test_frozen_encoders_change_nothing_and_the_rest_learns(
    quick: Recipe, pairs: Path, tmp_path: Path, trained: tuple[U2Net, str]
) -> None:
    net, init = trained
    recipe = replace(quick, init=init, freeze="encoders", steps=2)
    fit([str(pairs)], recipe, tmp_path / "run")
    fit([str(pairs)], replace(recipe, steps=4), tmp_path / "run", resume=True)
    changed = changes(net, tmp_path / "run")
    assert not any(key.startswith("encoders") for key in changed)
    assert {"decoders.0.stem.conv.weight", "decoders.0.stem.norm.running_mean"} <= changed
    assert runs.state(tmp_path / "run")["global_step"] == 4

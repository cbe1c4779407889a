"""Networks that see more than colours."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import runs
import torch
from drawn_classes import save, shapes

import u2net
from u2net.data.check import check
from u2net.errors import DatasetError, TrainingError
from u2net.evaluation.score import score
from u2net.network import TINY, U2Net
from u2net.training.recipe import Recipe, change
from u2net.training.recipes import smoke
from u2net.training.refit import refitted
from u2net.training.run import fit, train


def draw(folder: Path, *, count: int = 24, seed: int = 0) -> Path:
    """Colour noise; in what is near, the depth of 16 bits alone tells the object."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        mask = shapes(rng, 48)[1] > 0
        depth = np.where(mask, 900, 3000) + rng.integers(0, 200, mask.shape)
        save(folder / f"images/s{number}.png", rng.integers(0, 255, (48, 48, 3), np.uint8))
        save(folder / f"depth/s{number}.png", depth.astype(np.uint16))
        save(folder / f"masks/s{number}.png", np.uint8(255) * mask)
    return folder


@pytest.mark.slow
def test_an_object_that_depth_alone_tells_is_learnt_with_it_and_not_without(
    quick: Recipe, tmp_path: Path, learner: str
) -> None:
    folder, held = draw(tmp_path / "set"), draw(tmp_path / "held", count=8, seed=1)
    recipe = replace(
        quick, size=48, val_size=48, steps=30, batch=8, rate=2e-2, val=(str(held),), val_every=30,
        checkpoint_every=30, sheet_every=30, turn=5.0, network=learner,
    )  # fmt: skip
    train([str(folder)], replace(recipe, extra=("depth",)), tmp_path / "rgbd")
    fit([str(folder)], recipe, tmp_path / "rgb")
    seen, blind = (float(runs.rows(tmp_path / name)[-1]["val_iou"]) for name in ("rgbd", "rgb"))
    assert seen > 0.8
    assert blind < 0.4
    remover = u2net.Remover(tmp_path / "rgbd")
    assert remover.load().card.extra == ("depth",)
    by_path = remover.mask(held / "images/s0.png")
    with_plane = u2net.with_channels(held / "images/s0.png", held / "depth/s0.png")
    assert (by_path == remover.mask(with_plane)).all()
    found = score([tmp_path / "rgbd"], [held], jobs=1).results[0].scores
    assert found.metrics["iou"] > 0.8


def test_a_run_on_depth_goes_on_with_the_same_bits(quick: Recipe, tmp_path: Path) -> None:
    folder = draw(tmp_path / "set", count=8)
    recipe = replace(quick, extra=("depth",), schedule="constant", steps=4)
    fit([str(folder)], recipe, tmp_path / "whole")
    fit([str(folder)], replace(recipe, steps=2), tmp_path / "cut")
    fit([str(folder)], recipe, tmp_path / "cut", resume=True)
    runs.assert_same(runs.state(tmp_path / "whole"), runs.state(tmp_path / "cut"))
    with pytest.raises(TrainingError, match="extra was"):
        fit([str(folder)], replace(recipe, extra=()), tmp_path / "cut", resume=True)


def test_what_depth_is_not_for_and_what_is_not_there_are_refused(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="no folder depth"):
        fit([str(pairs)], replace(quick, extra=("depth",)), tmp_path / "run")
    with pytest.raises(TrainingError, match="not for classes or extra channels"):
        change(smoke(), ["extra=depth", "plain=0.1"])
    folder = draw(tmp_path / "other", count=3)
    save(folder / "depth/s1.png", np.zeros((9, 9), np.uint8))
    with pytest.raises(DatasetError, match=r"s1\.png: 9×9 pixels, its picture 48×48"):
        fit([str(folder)], replace(quick, extra=("depth",)), tmp_path / "run")


def test_a_network_of_colours_hears_nothing_of_depth_at_first() -> None:
    net = U2Net(TINY).eval()
    more = refitted(net, 4, 1)
    photos, depth = torch.rand(2, 3, 33, 41), torch.rand(2, 1, 33, 41)
    for ours, theirs in zip(more(torch.cat([photos, depth], dim=1)), net(photos), strict=True):
        torch.testing.assert_close(ours, theirs)
    assert refitted(net, 3, 5)(photos)[0].shape == (2, 5, 33, 41)


def test_a_picture_without_its_plane_is_found_by_the_check(tmp_path: Path) -> None:
    folder = draw(tmp_path / "set", count=3)
    assert not check(folder, extra=["depth"]).problems
    (folder / "depth/s1.png").unlink()
    (problem,) = check(folder, extra=["depth"]).problems
    assert (problem.kind, problem.stem) == ("unreadable", "s1")
    assert "has no depth" in problem.detail

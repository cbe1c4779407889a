"""Small data sets, made on the spot, and a recipe that trains on them in a second."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from u2net.training.recipe import Recipe
from u2net.training.recipes import smoke

torch.set_num_threads(1)  # as the processes that tests start: equal threads, equal bits


def draw_pairs(
    folder: Path, *, count: int = 8, seed: int = 0, layout: tuple[str, str] = ("images", "masks")
) -> Path:
    """Bright ellipses on dark noise, with their masks."""
    rng = np.random.default_rng(seed)
    for name in layout:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        height, width = (int(side) for side in rng.integers(40, 72, 2))
        mask = np.zeros((height, width), np.uint8)
        axes = (int(width * rng.uniform(0.15, 0.4)), int(height * rng.uniform(0.15, 0.4)))
        cv2.ellipse(
            mask, (width // 2, height // 2), axes, float(rng.uniform(0, 90)), 0, 360, 255, -1
        )
        noise = rng.integers(0, 90, (height, width, 3), np.uint8)
        colour = rng.integers(120, 255, 3, np.uint8)
        image = np.where(mask[:, :, None] > 0, colour, noise)
        cv2.imwrite(str(folder / layout[0] / f"p{number}.jpg"), image)
        cv2.imwrite(str(folder / layout[1] / f"p{number}.png"), mask)
    return folder


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Eight pairs."""
    return draw_pairs(tmp_path / "set")


@pytest.fixture
def make_pairs() -> Callable[..., Path]:
    """`draw_pairs`, for tests that need several sets."""
    return draw_pairs


@pytest.fixture
def quick(tmp_path: Path) -> Recipe:
    """Twelve steps of the toy network on 32² pictures, float32, without validation."""
    return replace(
        smoke(),
        size=32,
        batch=4,
        steps=12,
        val_size=32,
        val_every=4,
        checkpoint_every=3,
        sheet_every=0,
        log_every=1,
        precision="fp32",
        cache=str(tmp_path / "cache"),
    )

"""Sets with classes that tests draw for themselves."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

NAMES = ("ground", "disc", "square", "bar")
COLOURS = ((220, 80, 60), (70, 200, 80), (80, 90, 230))


def draw(folder: Path, *, count: int = 12, seed: int = 0, side: int = 48) -> Path:
    """Coloured shapes on dark noise, their class numbers in palette PNGs, and `classes.txt`."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        rgb, numbers = shapes(rng, side)
        save(folder / f"images/s{number}.png", rgb)
        save(folder / f"masks/s{number}.png", numbers, palette=True)
    (folder / "classes.txt").write_text("\n".join(NAMES))
    return folder


def draw_apart(folder: Path, *, count: int = 12, seed: int = 0) -> Path:
    """The same with a mask a class, in folders."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        rgb, numbers = shapes(rng, 48)
        save(folder / f"images/s{number}.png", rgb)
        for at, name in enumerate(NAMES):
            if at:
                save(folder / f"masks/{name}/s{number}.png", np.uint8(255) * (numbers == at))
    return folder


def shapes(rng: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture (side, side, 3) and its class numbers (side, side)."""
    rgb = rng.integers(0, 90, (side, side, 3), np.uint8)
    numbers = np.zeros((side, side), np.uint8)
    for at in rng.permutation(3)[: rng.integers(1, 4)]:
        x, y = (int(place * side) for place in rng.uniform(0.25, 0.75, 2))
        r = int(rng.uniform(0.12, 0.25) * side)
        shape = np.zeros_like(numbers)
        if at == 0:
            cv2.circle(shape, (x, y), r, 1, -1)
        else:
            height = r if at == 1 else r // 2
            cv2.rectangle(shape, (x - r, y - height), (x + r, y + height), 1, -1)
        numbers[shape > 0] = at + 1
        rgb[shape > 0] = np.clip(np.array(COLOURS[at]) + rng.integers(-30, 30, 3), 0, 255)
    return rgb, numbers


def save(path: Path, pixels: np.ndarray, *, palette: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    if palette:
        image.putpalette(np.arange(768, dtype=np.uint16).astype(np.uint8).tobytes())
    image.save(path)

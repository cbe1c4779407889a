"""Example photos -> the README's picture, and that of the models. Run from the repository root."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import u2net

EXAMPLES = Path("examples")
NAMES = ("astronaut", "coffee")
MODELS = ("lite", "swift")
HEIGHT = 300
SQUARE = 12


def fitted(pixels: np.ndarray) -> np.ndarray:
    """The picture at the common height."""
    width = round(pixels.shape[1] * HEIGHT / pixels.shape[0])
    return cv2.resize(pixels, (width, HEIGHT), interpolation=cv2.INTER_AREA)


def on_checkerboard(rgba: np.ndarray) -> np.ndarray:
    """A cut-out over the grey squares that stand for nothing."""
    rows, columns = np.indices(rgba.shape[:2]) // SQUARE
    board = np.where((rows + columns) % 2, 205, 245)[..., None]
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.rint(rgba[..., :3] * alpha + board * (1 - alpha)).astype(np.uint8)


def row(name: str) -> np.ndarray:
    """Photo, mask and cut-out of one example."""
    path = EXAMPLES / f"{name}.jpg"
    photo = np.asarray(Image.open(path).convert("RGB"))
    cutout = u2net.remove(path)
    mask = np.repeat(cutout.alpha[..., None], 3, axis=2)
    return np.hstack([fitted(photo), fitted(mask), fitted(on_checkerboard(cutout.rgba))])


def models_row(path: Path) -> np.ndarray:
    """A photo and what each embedded model cuts out of it."""
    photo = fitted(np.asarray(Image.open(path).convert("RGB")))
    cutouts = [u2net.remove(path, model=model).rgba for model in MODELS]
    return np.hstack([photo, *(fitted(on_checkerboard(rgba)) for rgba in cutouts)])


def sheet(rows: list[np.ndarray]) -> Image.Image:
    """`rows` below each other, at the width of the narrowest."""
    width = min(row.shape[1] for row in rows)
    return Image.fromarray(
        np.vstack([cv2.resize(r, (width, r.shape[0] * width // r.shape[1])) for r in rows])
    )


if __name__ == "__main__":
    pictures = Path("docs/pictures")
    sheet([row(name) for name in NAMES]).save(pictures / "cutout.jpg", quality=88)
    models = [models_row(path) for path in sorted(EXAMPLES.glob("*.jpg")) if "-" not in path.stem]
    sheet(models).save(pictures / "models.jpg", quality=85)

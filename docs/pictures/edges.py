"""Draws `edges.jpg`: parts of four made scenes at 100 %, as each way of edges cuts them out.

    python docs/pictures/edges.py SET --model u2netp.onnx

SET is what benchmarks/mattes.py makes. From left: the photo, `--edges off`, `fast`, `matting`, and
the pixels of rembg from the same weights (u2net.compat.rembg); over one colour, which shows what is
left of the old background.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.compat.rembg import new_session, remove
from u2net.edges import EDGES
from u2net.pictures.source import photo_of
from u2net.remover import Remover

SCENES = ("tuned/hair-4mp", "kept/fur-4mp", "tuned/lattice-4mp", "tuned/blurred-4mp")
SIDE, GAP = 210, 6
BEHIND = np.array([236, 64, 122])
QUALITY = 85

RGB = NDArray[np.uint8]


def row(made: Path, scene: str, remover: Remover) -> RGB:
    """One scene, way by way."""
    folder, stem = scene.split("/")
    photo = photo_of(made / folder / f"images/{stem}.jpg")
    alpha = np.asarray(Image.open(made / folder / f"alpha/{stem}.png"))[..., 3]
    off, *others = (remover.changed(edges=edges)(photo).rgba for edges in EDGES)
    session = new_session(model_path=str(remover.options.model))
    theirs = np.asarray(remove(photo.rgb, session=session))
    part = busiest(alpha, off[..., 3])
    cutouts = [over(rgba[part]) for rgba in (off, *others, theirs)]
    gap = np.full((SIDE, GAP, 3), 255, np.uint8)
    pieces = [piece for one in (photo.rgb[part], *cutouts) for piece in (one, gap)]
    return np.hstack(pieces[:-1])


def busiest(alpha: RGB, found: RGB) -> tuple[slice, slice]:
    """Where most is half transparent of what a network has found."""
    mixed = ((alpha > 20) & (alpha < 235) & (found > 20)).astype(np.float32)
    mean = cv2.boxFilter(mixed, -1, (SIDE, SIDE), borderType=cv2.BORDER_CONSTANT)
    half = SIDE // 2
    inner = mean[half : half - SIDE, half : half - SIDE]
    top, left = (int(at) for at in np.unravel_index(inner.argmax(), inner.shape))
    return slice(top, top + SIDE), slice(left, left + SIDE)


def over(rgba: RGB) -> RGB:
    weight = rgba[..., 3:] / 255
    return np.rint(rgba[..., :3] * weight + BEHIND * (1 - weight)).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("made", type=Path)
    parser.add_argument("--model", default="lite")
    asked = parser.parse_args()
    remover = Remover(asked.model)
    rows = [row(asked.made, scene, remover) for scene in SCENES]
    gap = np.full((GAP, rows[0].shape[1], 3), 255, np.uint8)
    whole = np.vstack([piece for one in rows for piece in (one, gap)][:-1])
    Image.fromarray(whole).save(Path(__file__).with_name("edges.jpg"), quality=QUALITY)


if __name__ == "__main__":
    main()

"""Films: max F, MAE, flicker and lag, single and steady, and with maps carried by motion.

    python benchmarks/films.py DAVIS --sequences bear dog --moved bear --ways single steady every-2

DAVIS holds `images` and `masks` called SEQUENCE_NUMBER. Where only every fifth frame is there,
much changes between two; so of `--moved` ones the first frame is made a film too, its object moved
two pixels a frame, under noise.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.arrays import Batch, Saliency
from u2net.background import Background
from u2net.cutout import Picture
from u2net.evaluation import evaluate
from u2net.evaluation.measures.steadiness import flicker, lag
from u2net.films import FilmWriter
from u2net.films.frames import frames_of
from u2net.films.options import FilmOptions
from u2net.films.read import open_film
from u2net.pictures.photo import Photo
from u2net.remover import Remover

RATE = 25
WAYS = {
    "single": FilmOptions(steady=False),
    "steady": FilmOptions(),
    "every-2": FilmOptions(every=2),
    "every-3": FilmOptions(every=3),
    "every-4": FilmOptions(every=4),
}
Film = tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]]
"""Frames, RGB, and their truths."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("davis", type=Path)
    parser.add_argument("--sequences", nargs="*", default=["bear", "dog"])
    parser.add_argument("--moved", nargs="*", default=["bear"])
    parser.add_argument("--ways", nargs="+", default=["single", "steady"], choices=WAYS)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--edges", default="off")
    asked = parser.parse_args()
    line = Remembering(Remover(asked.model, edges=asked.edges))
    print("| film | | max F | MAE | flicker | lag |\n|---|---|---|---|---|---|")
    report([(name, sequence(asked.davis, name)) for name in asked.sequences], line, asked.ways)
    films = [(f"{name}, moved", moved(*sequence(asked.davis, name))) for name in asked.moved]
    report(films, line, asked.ways)


class Remembering:
    """A remover that asks its network once about each frame, whatever is made of the answers."""

    def __init__(self, remover: Remover) -> None:
        self._remover, self._said = remover, dict[bytes, Batch]()
        self.map_hw = remover.map_hw

    def saliency(self, photos: Sequence[Photo]) -> Batch:
        key = photos[0].rgb.tobytes()
        if key not in self._said:
            self._said[key] = self._remover.saliency(photos)
        return self._said[key]

    def picture_of(
        self,
        photo: Photo,
        saliency: Saliency | None = None,
        background: Background | None = None,
    ) -> Picture:
        return self._remover.picture_of(photo, saliency, background)


def report(films: list[tuple[str, Film]], line: Remembering, ways: list[str]) -> None:
    """A row for each film and way, and for the means of them all."""
    rows: dict[str, list[list[float]]] = {way: [] for way in ways}
    with TemporaryDirectory() as folder:
        for name, (images, truths) in films:
            film = written(Path(folder) / "film.mp4", images)
            for way in ways:
                rows[way].append(scored(film, truths, line, way))
                tell(name, way, rows[way][-1])
    for way in ways if len(films) > 1 else ():
        tell(f"mean of {len(films)}", way, np.nanmean(rows[way], axis=0).tolist())


def tell(name: str, way: str, row: list[float]) -> None:
    max_f, mae, wavering, late = row
    print(f"| {name} | {way} | {max_f:.3f} | {mae:.4f} | {wavering:.4f} | {late:.3f} |", flush=True)


def sequence(davis: Path, name: str) -> Film:
    paths = sorted((davis / "images").glob(f"{name}_[0-9]*"))
    masks = [davis / "masks" / f"{path.stem}.png" for path in paths]
    images = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    return images, [np.asarray(Image.open(path).convert("L")) for path in masks]


def moved(images: list[NDArray[np.uint8]], truths: list[NDArray[np.uint8]]) -> Film:
    """The first frame's object moved to the right over what was behind it, under noise."""
    rng = np.random.default_rng(0)
    image, truth = images[0], truths[0]
    ground = cv2.inpaint(image, cv2.dilate(truth, np.ones((9, 9))), 5, cv2.INPAINT_TELEA)
    made: Film = [], []
    for number in range(20):
        by = np.float32([[1, 0, 2 * number], [0, 1, 0]])
        alpha = cv2.warpAffine(truth, by, image.shape[1::-1])
        weight = alpha[..., None] / 255
        mixed = cv2.warpAffine(image, by, image.shape[1::-1]) * weight + ground * (1 - weight)
        noisy = mixed + rng.normal(0, 3, mixed.shape)
        made[0].append(noisy.clip(0, 255).astype(np.uint8))
        made[1].append(alpha)
    return made


def written(path: Path, images: list[NDArray[np.uint8]]) -> Path:
    with FilmWriter(path, rate=RATE) as writer:
        for number, image in enumerate(images):
            writer.add(image, number / RATE)
    return path


def scored(film: Path, truths: list[NDArray[np.uint8]], line: Remembering, way: str) -> list[float]:
    with open_film(film) as opened:
        photos = [shot.photo.rgb for shot in opened.shots]
    with open_film(film) as opened:
        maps = [frame.alpha for frame in frames_of(opened.shots, line, jobs=2, options=WAYS[way])]
    figures = evaluate(zip(maps, truths, strict=True), protocol="paper").metrics
    return [figures["max_f"], figures["mae"], flicker(maps, photos), lag(maps, truths)]


if __name__ == "__main__":
    main()

"""Films: F, MAE, flicker and lag with and without smoothing, against truth; work a frame.

    python benchmarks/films.py DAVIS --sequences bear dog --lines 480

DAVIS holds `images` and `masks` called SEQUENCE_NUMBER. Where only every fifth frame is there,
nearly all changes between two; so the first is made a film too, its object moved two pixels a
frame. Work is processor time of all threads, so that it means something on a machine that does
other things too.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.evaluation import evaluate
from u2net.evaluation.measures.steadiness import flicker, lag
from u2net.films import FilmWriter
from u2net.films.convert import convert
from u2net.films.read import open_film
from u2net.remover import Remover

RATE = 25


def main() -> None:
    arguments = parsed()
    remover = Remover(arguments.model)
    remover.load()
    with TemporaryDirectory() as folder:
        for name in arguments.sequences:
            images, truths = sequence(arguments.davis, name)
            film = written(Path(folder) / f"{name}.mp4", images)
            for steady in (False, True):
                print(
                    name, "steady" if steady else "single", *scored(film, truths, remover, steady)
                )
        for lines in arguments.lines:
            print(lines, "lines:", worked(Path(folder), lines, images, remover))


def report(
    name: str,
    images: list[NDArray[np.uint8]],
    truths: list[NDArray[np.uint8]],
    remover: Remover,
    folder: Path,
) -> None:
    film = written(folder / "film.mp4", images)
    for steady in (False, True):
        figures = scored(film, truths, remover, steady)
        print(f"{name}, {'steady' if steady else 'single'}:", *figures, flush=True)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("davis", type=Path)
    parser.add_argument("--sequences", nargs="+", default=["bear", "dog"])
    parser.add_argument("--lines", nargs="*", type=int, default=[])
    parser.add_argument("--model", default="lite")
    return parser.parse_args()


def sequence(davis: Path, name: str) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]]:
    """The frames, RGB, and their truths."""
    paths = sorted((davis / "images").glob(f"{name}_[0-9]*"))
    images = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    masks = [davis / "masks" / f"{path.stem}.png" for path in paths]
    return images, [np.asarray(Image.open(path).convert("L")) for path in masks]


def moved(
    image: NDArray[np.uint8], truth: NDArray[np.uint8], count: int = 20, step: int = 2
) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]]:
    """The object moved to the right over what was behind it, under a sensor's noise."""
    rng = np.random.default_rng(0)
    ground = cv2.inpaint(image, cv2.dilate(truth, np.ones((9, 9))), 5, cv2.INPAINT_TELEA)
    images, truths = [], []
    for number in range(count):
        by = np.float32([[1, 0, step * number], [0, 1, 0]])
        size = image.shape[1::-1]
        alpha = cv2.warpAffine(truth, by, size)
        weight = alpha[..., None] / 255
        mixed = cv2.warpAffine(image, by, size) * weight + ground * (1 - weight)
        noisy = mixed + rng.normal(0, 3, mixed.shape)
        images.append(noisy.clip(0, 255).astype(np.uint8))
        truths.append(alpha)
    return images, truths


def written(path: Path, images: list[NDArray[np.uint8]]) -> Path:
    with FilmWriter(path, rate=RATE) as writer:
        for number, image in enumerate(images):
            writer.add(image, number / RATE)
    return path


def scored(
    film: Path, truths: list[NDArray[np.uint8]], remover: Remover, steady: bool
) -> list[str]:
    maps = [frame.alpha for frame in remover.frames(film, steady=steady)]
    with open_film(film) as opened:
        photos = [shot.photo.rgb for shot in opened.shots]
    figures = evaluate(zip(maps, truths, strict=True), protocol="paper").metrics
    return [
        f"max F {figures['max_f']:.4f}",
        f"MAE {figures['mae']:.4f}",
        f"flicker {flicker(maps, photos):.4f}",
        f"lag {lag(maps, truths):.3f}",
    ]


def worked(folder: Path, lines: int, images: list[NDArray[np.uint8]], remover: Remover) -> str:
    width = round(lines * images[0].shape[1] / images[0].shape[0] / 2) * 2
    large = [np.asarray(Image.fromarray(one).resize((width, lines))) for one in images]
    film = written(folder / f"{lines}.mp4", large * 2)
    cpu, wall = time.process_time(), time.perf_counter()
    made = convert(film, folder / f"{lines}.webm", remover, kind="webm", jobs=2, watch=unwatched)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return (
        f"{made.frames / wall:.1f} frames a second, {1000 * cpu / made.frames:.0f} ms of work each"
    )


@contextmanager
def unwatched(frames: int) -> Iterator[Callable[[], None]]:
    yield lambda: None


if __name__ == "__main__":
    main()

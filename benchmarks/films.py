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
            report(name, images, truths, remover, Path(folder))
            report(f"{name}, moved", *moved(images[0], truths[0]), remover, Path(folder))
        for lines in arguments.lines:
            film = enlarged(Path(folder), lines, images)
            print(lines, "lines:", worked(film, remover), flush=True)
            if arguments.baseline:
                print(lines, "lines, baseline:", baseline(film, arguments.baseline), flush=True)


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
    parser.add_argument("--baseline", type=Path, metavar="CHECKPOINT")
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


def enlarged(folder: Path, lines: int, images: list[NDArray[np.uint8]]) -> Path:
    width = round(lines * images[0].shape[1] / images[0].shape[0] / 2) * 2
    large = [np.asarray(Image.fromarray(one).resize((width, lines))) for one in images]
    return written(folder / f"{lines}.mp4", large * 2)


def worked(film: Path, remover: Remover) -> str:
    with timed() as told:
        target = film.with_suffix(".webm")
        made = convert(film, target, remover, kind="webm", jobs=2, watch=unwatched)
    return told(made.frames)


def baseline(film: Path, checkpoint: Path) -> str:
    """What backgroundremover 0.4.5 does at least: the network in eager torch, a matte of 320 lines.

    Left out is its second pass, in which ffmpeg puts the matte and the film together.
    """
    import av
    import torch
    from torch.nn.functional import interpolate

    from u2net.network import load_checkpoint

    network = load_checkpoint(checkpoint)
    count = 0
    with timed() as told, torch.inference_mode(), av.open(film.with_suffix(".avi"), "w") as matte:
        stream = matte.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height = 320, 320
        with open_film(film) as opened:
            for shot in opened.shots:
                picture = torch.from_numpy(shot.photo.rgb).permute(2, 0, 1)[None] / 255
                small = interpolate(picture, (320, 320), mode="bilinear")
                said = network((small - 0.485) / 0.229)[0].sigmoid()
                said = 255 * (said - said.min()) / (said.max() - said.min())
                levels = said[0, 0].to(torch.uint8).numpy()
                matte.mux(stream.encode(av.VideoFrame.from_ndarray(levels, "gray")))
                count += 1
            matte.mux(stream.encode(None))
    return told(count)


@contextmanager
def timed() -> Iterator[Callable[[int], str]]:
    """The block's time, told for a number of frames."""
    cpu, wall = time.process_time(), time.perf_counter()

    def told(frames: int) -> str:
        work = f"{1000 * (ended[0] - cpu) / frames:.0f} ms of work each"
        return f"{frames / (ended[1] - wall):.1f} frames a second, {work}"

    ended = [cpu, wall]
    yield told
    ended[:] = time.process_time(), time.perf_counter()


@contextmanager
def unwatched(frames: int) -> Iterator[Callable[[], None]]:
    yield lambda: None


if __name__ == "__main__":
    main()

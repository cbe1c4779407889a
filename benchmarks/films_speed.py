"""Films: frames a second beside backgroundremover 0.4.5, with one network, in alternation.

    python benchmarks/films_speed.py FILM --network u2netp.safetensors --theirs VENV
        [--calibrate PHOTOS]

With PHOTOS ours runs the network in the arithmetic that it was proved to hold in. FILM is enlarged
to each number of lines. VENV holds backgroundremover 0.4.5; what it calls, `ffmpeg` and `ffprobe`,
is on PATH. Of its two passes only the first is taken, in which it writes the matte (`-mk`); ours is
the whole cut-out. Times are of whole processes less those for a film of two frames; work is
processor time, that of children included.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import chain, cycle, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import cv2
import torch
from safetensors.torch import load_file

from u2net.films import FilmWriter
from u2net.films.read import open_film

FEW = 2
"""Frames of the film that tells what a start costs."""


Way = Callable[[Path], list[str]]
"""A film to the command that works on it."""


class Spent(NamedTuple):
    wall: float
    """Seconds."""
    work: float
    """Seconds of processors."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("film", type=Path)
    parser.add_argument("--lines", nargs="+", type=int, default=[480, 1080])
    parser.add_argument("--network", required=True, help="U²-Net† of the authors, .safetensors")
    parser.add_argument("--calibrate", type=Path, metavar="PHOTOS")
    parser.add_argument("--theirs", type=Path, metavar="VENV")
    parser.add_argument("--models", nargs="*", default=["lite", "swift"])
    parser.add_argument("--every", nargs="*", default=["1", "2"])
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        network = str(folder / "u2netp.onnx")
        export = [sys.executable, "-m", "u2net", "export", asked.network, "-o", network]
        export += ["--calibrate", str(asked.calibrate)] if asked.calibrate else []
        subprocess.run(export, check=True, capture_output=True)
        ways = {
            f"ours, {Path(model).stem}, every {every}": ours(model, every)
            for model in (network, *asked.models)
            for every in asked.every
        }
        if asked.theirs:
            ways = {"backgroundremover": theirs(asked.theirs, folder, asked.network)} | ways
        for lines in asked.lines:
            few = enlarged(asked.film, folder, lines, FEW)
            many = enlarged(asked.film, folder, lines, FEW + asked.frames)
            report(lines, ways, few, many, asked)


def ours(model: str, every: str) -> Way:
    def command(film: Path) -> list[str]:
        call = [sys.executable, "-m", "u2net", "remove", str(film), "-o"]
        more = ["--model", model, "--every", every, "--overwrite", "-q"]
        return [*call, str(film.with_suffix(".webm")), *more]

    return command


def theirs(venv: Path, folder: Path, network: str) -> Way:
    weights = folder / "u2netp.pth"
    torch.save({name: value.float() for name, value in load_file(network).items()}, weights)
    os.environ["U2NETP_PATH"] = str(weights)

    def command(film: Path) -> list[str]:
        program = [str(venv / "bin" / "backgroundremover"), "-m", "u2netp", "-mk"]
        return [*program, "-i", str(film), "-o", str(film.with_suffix(".matte.mov"))]

    return command


def enlarged(film: Path, folder: Path, lines: int, count: int) -> Path:
    with open_film(film) as opened:
        height, width = opened.size_hw
        frames = [shot.photo.rgb for shot in opened.shots]
    size = round(lines * width / height / 2) * 2, lines
    path = folder / f"{lines}-{count}.mp4"
    with FilmWriter(path) as writer:
        for number, frame in enumerate(islice(cycle(chain(frames, frames[::-1])), count)):
            writer.add(cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC), number / 25)
    return path


def report(
    lines: int, ways: dict[str, Way], few: Path, many: Path, asked: argparse.Namespace
) -> None:
    spent: dict[str, list[Spent]] = {name: [] for name in ways}
    for _ in range(asked.rounds):
        for name, way in ways.items():
            start, whole = timed(way(few)), timed(way(many))
            each = ((now - then) / asked.frames for now, then in zip(whole, start, strict=True))
            spent[name].append(Spent(*each))
    for name, rows in spent.items():
        wall, work = (median(column) for column in zip(*rows, strict=True))
        told = f"{1 / wall:.1f} frames a second, {1000 * work:.0f} ms of work each"
        print(f"{lines} lines, {name}: {told}; load {os.getloadavg()[0]:.1f}", flush=True)


def timed(command: list[str]) -> Spent:
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    after = os.times()
    work = after.children_user + after.children_system
    work -= before.children_user + before.children_system
    return Spent(time.perf_counter() - start, work)


if __name__ == "__main__":
    main()

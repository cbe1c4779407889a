"""What edges cost: milliseconds a megapixel, and peak memory, beside the map enlarged.

    python benchmarks/edges_cost.py PHOTO [--megapixels 24] [--model M.onnx] [--rembg VENV]

PHOTO is resized. Time is of what follows the network, with its map given, so without a second look;
every way in turn in one process, less `off` of the same round. Wall time tells something only where
both cores are free; processor time where they are not, and of it what they would take at best if
they were: the first thread's, and the others' shared by two. Of all the least is told. Then a
process that reads the photo and writes one PNG, its network loaded: how long that takes, and the
most memory that it reached. The same of rembg with the same model where VENV is given, as
rembg_pixels.py makes it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference import Rembg, peak
from u2net.edges import EDGES
from u2net.pictures.photo import Photo, from_array
from u2net.pictures.source import photo_of
from u2net.remover import Remover

OURS = """
import sys, time, u2net
remover = u2net.Remover(sys.argv[1], edges=sys.argv[2])
remover.load()
start = time.perf_counter()
remover(sys.argv[3]).save(sys.argv[4])
open(sys.argv[5], "w").write(str(time.perf_counter() - start))
"""
THEIRS = """
import sys, time, rembg
ways = {"plain": {}, "-dc": {"decontaminate": True}, "-a": {"alpha_matting": True}}
session = rembg.new_session("u2netp")
start = time.perf_counter()
made = rembg.remove(open(sys.argv[3], "rb").read(), session=session, **ways[sys.argv[2]])
open(sys.argv[4], "wb").write(made)
open(sys.argv[5], "w").write(str(time.perf_counter() - start))
"""


def spent(model: str, photo: Photo, rounds: int) -> dict[str, NDArray[np.float64]]:
    """Seconds of every way in every round but the first, (rounds, 3): as `clocks` has them.

    Of matting, which takes long, in the last round alone.
    """
    first = Remover(model, edges="off")
    saliency = first.saliency([photo])[0]
    removers = {edges: first.changed(edges=edges) for edges in EDGES}
    found: dict[str, list[NDArray[np.float64]]] = {edges: [] for edges in EDGES}
    for at in range(rounds + 1):
        for edges, remover in removers.items():
            if edges == "matting" and at < rounds:
                continue
            start = clocks()
            for _ in remover.steps(photo, saliency, coloured=True):
                pass
            if at:
                found[edges].append(clocks() - start)
    return {edges: np.array(times) for edges, times in found.items()}


def clocks() -> NDArray[np.float64]:
    """Seconds: wall, processor, and what two free cores take of it at best."""
    every, first = time.process_time(), time.thread_time()
    return np.array([time.perf_counter(), every, first + (every - first) / 2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--rembg", type=Path)
    asked = parser.parse_args()
    rgb = photo_of(asked.photo).rgb
    scale = (asked.megapixels * 1e6 / rgb[..., 0].size) ** 0.5
    rgb = np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
    times = spent(asked.model, from_array(rgb), asked.rounds)
    print("| way | wall, ms/MP over off | processor | two free cores | whole, s | GB |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "photo.jpg")
        Image.fromarray(rgb).save(file, quality=92)
        for edges, taken in times.items():
            more = (taken - times["off"][-len(taken) :]).min(axis=0) * 1e3 / asked.megapixels
            command = [sys.executable, "-c", OURS, asked.model, edges, str(file)]
            told = " | ".join(f"{value:.1f}" for value in more)
            whole = first_picture(command, dict(os.environ), Path(folder))
            print(f"| {edges} | {told} | {whole} |", flush=True)
        if asked.rembg:
            theirs = Rembg(asked.rembg, Path(asked.model), Path(folder))
            tell_of_rembg(theirs, str(file), Path(folder))


def first_picture(command: list[str], environment: dict[str, str], folder: Path) -> str:
    """Seconds of it, the network loaded, and gigabytes that its process reached, as two cells."""
    seconds = folder / "seconds"
    reached = peak([*command, str(folder / "out.png"), str(seconds)], environment) / 1e3
    return f"{float(seconds.read_text()):.2f} | {reached:.2f}"


def tell_of_rembg(theirs: Rembg, file: str, folder: Path) -> None:
    """A row for each way that rembg has; one that fails says by what."""
    for way in ("plain", "-dc", "-a"):
        command = [str(theirs.python), "-c", THEIRS, "", way, file]
        try:
            told = first_picture(command, theirs.environment, folder)
        except subprocess.CalledProcessError as error:
            told = f"failed: {error.stderr.splitlines()[-1] if error.stderr else error} |"
        print(f"| rembg {theirs.version()} {way} | | | | {told} |", flush=True)


if __name__ == "__main__":
    main()

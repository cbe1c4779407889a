"""How fast `u2net evaluate` is: maps of 400×300, beside PySODMetrics in a plain loop.

    python benchmarks/evaluation.py --maps 5000

Prints wall time, processor time and peak memory (of all processes together, shared pages counted
once) of each way, and what one picture's time is spent on. On a busy machine, processor time is
what can be compared.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

UNIQUE = 100
HEIGHT, WIDTH = 300, 400


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--maps", type=int, default=5000)
    arguments.add_argument("--loop", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.loop:
        plain_loop(options.loop)
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make(place, options.maps)
        command = [Path(sys.executable).with_name("u2net"), "evaluate", "--json", "--quiet"]
        command += ["--pred", place / "maps", "--gt", place / "gt", "--jobs"]
        loop = [sys.executable, __file__, "--loop", place]
        print(f"{options.maps} maps of {WIDTH}×{HEIGHT}, {os.cpu_count()} cores\n")
        print("| way | wall s | processor s | ms a map | peak MB |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for name, words in (
            ("PySODMetrics, plain loop", loop),
            ("u2net evaluate --jobs 1", [*command, "1"]),
            ("u2net evaluate --jobs 2", [*command, "2"]),
        ):
            wall, processor, peak = watched(words)
            each = 1000 * wall / options.maps
            cells = f"{wall:.1f} | {processor:.1f} | {each:.1f} | {peak / 2**20:.0f}"
            print(f"| {name} | {cells} |", flush=True)
        shares(place)


def make(place: Path, count: int) -> None:
    """Soft blobs and noise as maps, blobs as truths; a hundred of them, under many names."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for part in ("maps", "gt"):
        (place / part).mkdir()
    for number in range(count):
        stem = f"{number:05}.png"
        if number >= UNIQUE:
            for part in ("maps", "gt"):
                (place / part / stem).hardlink_to(place / part / f"{number % UNIQUE:05}.png")
            continue
        middle_y, middle_x, radius = generator.uniform((90, 120, 40), (210, 280, 110))
        wave = 9 * np.sin(np.arctan2(y - middle_y, x - middle_x) * generator.integers(3, 9))
        distance = np.hypot(y - middle_y, x - middle_x) + wave
        soft = 255 / (1 + np.exp((distance - radius * generator.uniform(0.8, 1.2)) / 4))
        noisy = soft + generator.normal(0, 4, soft.shape)
        cv2.imwrite(str(place / "maps" / stem), noisy.clip(0, 255).astype(np.uint8))
        cv2.imwrite(str(place / "gt" / stem), np.uint8(255) * (distance < radius).astype(np.uint8))


def plain_loop(place: Path) -> None:
    """PySODMetrics as its readme says, with the measures that `u2net evaluate` takes from it."""
    import py_sod_metrics as sod

    handlers = {
        "f": sod.FmeasureHandler(with_dynamic=True, with_adaptive=True),
        "precision": sod.PrecisionHandler(with_dynamic=True, with_adaptive=False),
        "recall": sod.RecallHandler(with_dynamic=True, with_adaptive=False),
    }
    metrics = [sod.FmeasureV2(handlers), sod.MAE(), sod.WeightedFmeasure()]
    metrics += [sod.Smeasure(), sod.Emeasure()]
    for path in sorted((place / "maps").iterdir()):
        saliency = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        truth = cv2.imread(str(place / "gt" / path.name), cv2.IMREAD_GRAYSCALE)
        for metric in metrics:
            metric.step(pred=saliency, gt=truth)
    for metric in metrics:
        metric.get_results()


def watched(command: list[object]) -> tuple[float, float, int]:
    """Seconds on the wall, of processors, and the highest memory in bytes, of a command."""
    start, before, peak = time.perf_counter(), os.times(), 0
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, memory(process.pid))
            time.sleep(0.2)
    if process.returncode:
        sys.exit(f"{command} failed")
    after = os.times()
    processor = sum(after[2:4]) - sum(before[2:4])
    return time.perf_counter() - start, processor, peak


def memory(pid: int) -> int:
    """Bytes of a process and of all below it, shared pages in parts (Linux)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, ProcessLookupError):
        return 0
    own = next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return own * 1024 + sum(memory(int(child)) for child in below)


def shares(place: Path) -> None:
    """What the time of one picture goes to."""
    import py_sod_metrics as sod

    from u2net.evaluation.maps import read_plane
    from u2net.evaluation.measures import boundary, paper

    stems = sorted(path.name for path in (place / "maps").iterdir())[:UNIQUE]
    files = [(place / "maps" / stem, place / "gt" / stem) for stem in stems]
    planes = [(read_plane(saliency)[0], read_plane(truth)[0]) for saliency, truth in files]
    masks = [(saliency > 127, truth > 128) for saliency, truth in planes]
    f = sod.FmeasureV2({"f": sod.FmeasureHandler(with_dynamic=True, with_adaptive=True)})
    parts: list[tuple[str, Callable[..., object], Sequence[tuple[object, object]]]] = [
        ("reading two PNG", lambda *paths: [read_plane(path) for path in paths], files),
        ("weighted F", sod.WeightedFmeasure().step, planes),
        ("S-measure", sod.Smeasure().step, planes),
        ("E-measure", sod.Emeasure().step, planes),
        ("F curve", f.step, planes),
        ("paper protocol", paper.scores_of, planes),
        ("relaxed boundary F", boundary.relaxed_boundary_f, masks),
        ("boundary IoU", boundary.boundary_iou, masks),
    ]
    print("\n| part of one picture | ms |\n| --- | ---: |")
    for name, work, pairs in parts:
        start = time.perf_counter()
        for pair in pairs:
            work(*pair)
        print(f"| {name} | {1000 * (time.perf_counter() - start) / len(pairs):.2f} |")


if __name__ == "__main__":
    main()

"""How fast `u2net evaluate` is: maps of 400×300, beside PySODMetrics in a plain loop.

    python benchmarks/evaluation.py --maps 5000
    python benchmarks/evaluation.py --maps 200 --rounds 5     # on a busy machine

The ways run in turn, round after round; the table gives the median of the rounds: wall time,
processor time, peak memory (of all processes together, shared pages counted once), milliseconds on
the wall and of processors for one more map, and how many times as fast as the loop one more map is,
each formed within its round. For the time of one more map, every way also runs on the first forty
maps: so what it takes to start does not count, and few maps give the figures of many. Then what one
picture's time is spent on.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

UNIQUE = 100

FEW = 40
"""So many maps are enough for `u2net evaluate` to start its processes."""

HEIGHT, WIDTH = 300, 400


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--maps", type=int, default=5000)
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--loop", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.loop:
        plain_loop(options.loop)
        return
    with tempfile.TemporaryDirectory() as folder:
        place, few = Path(folder) / "all", Path(folder) / "few"
        make(place, options.maps)
        make(few, FEW)
        print(f"{options.maps} maps of {WIDTH}×{HEIGHT}, {os.cpu_count()} cores, ", end="")
        print(f"{options.rounds} rounds\n")
        compare(place, few, options.maps - FEW, options.rounds)
        shares(place)


def ways(place: Path) -> dict[str, list[object]]:
    """What is compared; the first is what the others are measured by."""
    command = [Path(sys.executable).with_name("u2net"), "evaluate", "--json", "--quiet"]
    command += ["--pred", place / "maps", "--gt", place / "gt", "--jobs"]
    return {
        "PySODMetrics, plain loop": [sys.executable, __file__, "--loop", place],
        "u2net evaluate --jobs 1": [*command, "1"],
        "u2net evaluate --jobs 2": [*command, "2"],
    }


def compare(place: Path, few: Path, more: int, rounds: int) -> None:
    """Run the ways in turn, on all maps and on `more` fewer, and print the medians."""
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in ways(place)}
    for _ in range(rounds):
        base: tuple[float, float] | None = None
        for name, words in ways(place).items():
            start = watched(ways(few)[name])
            wall, processor, peak = watched(words)
            each = (wall - start[0]) / more, (processor - start[1]) / more
            base = base or each
            ratios = base[0] / each[0], base[1] / each[1]
            found[name].append((wall, processor, peak, *each, *ratios))
    print(
        "| way | wall s | processor s | peak MB | wall ms | processor ms | × wall | × processor |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, rows in found.items():
        wall, processor, peak, *each, by_wall, by_processor = (
            statistics.median(column) for column in zip(*rows, strict=True)
        )
        cells = f"{wall:.1f} | {processor:.1f} | {peak / 2**20:.0f}"
        cells += "".join(f" | {1000 * seconds:.1f}" for seconds in each)
        print(f"| {name} | {cells} | {by_wall:.2f} | {by_processor:.2f} |")


def make(place: Path, count: int) -> None:
    """Soft blobs and noise as maps, blobs as truths; a hundred of them, under many names."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for part in ("maps", "gt"):
        (place / part).mkdir(parents=True)
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
    """What the time of one picture goes to, ours and theirs."""
    import py_sod_metrics as sod

    from u2net.evaluation.maps import read_plane
    from u2net.evaluation.measures import boundary, paper
    from u2net.evaluation.measures import pysodmetrics as ours
    from u2net.evaluation.measures.structure import s_measure
    from u2net.evaluation.measures.weighted_f import squared_distance, weighted_f
    from u2net.machine.memory import keep_memory

    keep_memory()  # as the command does; PySODMetrics gains by it too
    cv2.setNumThreads(1)
    stems = sorted(path.name for path in (place / "maps").iterdir())[:UNIQUE]
    files = [(place / "maps" / stem, place / "gt" / stem) for stem in stems]
    planes = [(read_plane(saliency)[0], read_plane(truth)[0]) for saliency, truth in files]
    masks = [(saliency > 127, truth > 128) for saliency, truth in planes]
    soft = [(ours.stretched(saliency), truth > 128) for saliency, truth in planes]
    errors = [(np.abs(saliency - truth), truth) for saliency, truth in soft]
    f = sod.FmeasureV2({"f": sod.FmeasureHandler(with_dynamic=True, with_adaptive=True)})
    parts: list[tuple[str, Callable[..., object], Sequence[tuple[object, object]]]] = [
        ("reading two PNG", lambda *paths: [read_plane(path) for path in paths], files),
        ("weighted F", weighted_f, errors),
        ("… of that the distances", lambda _, truth: squared_distance(truth), errors),
        ("S-measure", s_measure, soft),
        ("counts by threshold", ours.by_threshold, soft),
        ("paper protocol", paper.scores_of, planes),
        ("relaxed boundary F", boundary.relaxed_boundary_f, masks),
        ("boundary IoU", boundary.boundary_iou, masks),
        ("PySODMetrics' weighted F", sod.WeightedFmeasure().step, planes),
        ("PySODMetrics' S-measure", sod.Smeasure().step, planes),
        ("PySODMetrics' E-measure", sod.Emeasure().step, planes),
        ("PySODMetrics' F curve", f.step, planes),
    ]
    print("\n| part of one picture | processor ms |\n| --- | ---: |")
    for name, work, pairs in parts:
        start = time.process_time()
        for pair in pairs:
            work(*pair)
        print(f"| {name} | {1000 * (time.process_time() - start) / len(pairs):.2f} |")


if __name__ == "__main__":
    main()

"""`u2net remove --cluster local` beside `u2net remove`, and what its driver holds.

    python benchmarks/cluster.py --photos 200 2000 --listed 2000 200000
    python benchmarks/cluster.py --killed

The first prints photos a second of both, in turns, each less the start that a run over nothing new
takes, and the driver's memory while it takes names that lead to no picture. The second is the test
of what is killed, with 2,000 photos, 20 of them broken. Needs the extras [cluster] and [dev].
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import cv2
import numpy as np

REMOVE = [sys.executable, "-m", "u2net", "remove"]
SIDE = 640


def photos(folder: Path, count: int) -> None:
    """`count` photos of one size, each another."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    grain = rng.integers(0, 60, (SIDE, SIDE, 3), np.uint8)
    for n in range(count):
        image = np.roll(grain, n, axis=1)
        x, y = (int(at) for at in rng.integers(SIDE // 3, SIDE * 2 // 3, 2))
        cv2.circle(image, (x, y), SIDE // 5, tuple(int(c) for c in rng.integers(120, 255, 3)), -1)
        cv2.imwrite(str(folder / f"{n:06}.jpg"), image)


def seconds(*arguments: str | Path) -> float:
    """Of one run of `u2net remove`."""
    start = time.perf_counter()
    subprocess.run([*REMOVE, *map(str, arguments)], check=True, capture_output=True)
    return time.perf_counter() - start


def overhead(root: Path, count: int, rounds: int, model: str) -> None:
    """Print photos a second of both lines."""
    photos(root / "one/in", 2)
    photos(root / "all/in", count)
    ways: dict[str, tuple[str, ...]] = {"plain": (), "--cluster local": ("--cluster", "local")}
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, options in ways.items():
            spent = []
            for name in ("one", "all"):
                out = root / name / "out"
                shutil.rmtree(out, ignore_errors=True)
                spent.append(seconds(root / name / "in", "-o", out, "-m", model, *options))
            rates[way].append((count - 2) / (spent[1] - spent[0]))
    plain, cluster = (median(rates[way]) for way in ways)
    print(f"| {count} | {plain:.2f} | {cluster:.2f} | {cluster / plain:.0%} |", flush=True)


def memory(root: Path, count: int, model: str) -> None:
    """Print the most that a driver held while `count` listed names were done."""
    names = root / f"names-{count}.txt"
    names.write_text("".join(f"{n:09}.jpg\n" for n in range(count)))
    (root / "none").mkdir(exist_ok=True)
    program = (
        "import resource, sys\nfrom u2net.cli import main\nmain()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, "remove", root / "none", "--list", names]
    options = ["-o", root / f"out-{count}", "--cluster", "local", "-m", model, "-q"]
    start = time.perf_counter()
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    spent = time.perf_counter() - start
    print(f"| {count} | {done.stderr.splitlines()[-1]} MB | {spent:.0f} s |", flush=True)


def killed() -> None:
    """The test, with more photos."""
    test = Path(__file__).parents[1] / "tests/cluster/test_run.py"
    environment = os.environ | {"U2NET_TEST_PHOTOS": json.dumps([2000, 20])}
    command = [sys.executable, "-m", "pytest", str(test), "-k", "killed"]
    raise SystemExit(subprocess.run(command, env=environment).returncode)


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, nargs="*", default=[])
    parser.add_argument("--listed", type=int, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--killed", action="store_true")
    asked = parser.parse_args()
    if asked.killed:
        killed()
    print("| photos | plain, a second | --cluster local, a second | ratio |\n|---|---|---|---|")
    for count in asked.photos:
        with tempfile.TemporaryDirectory() as folder:
            overhead(Path(folder), count, asked.rounds, asked.model)
    print("\n| names | driver | time |\n|---|---|---|")
    for count in asked.listed:
        with tempfile.TemporaryDirectory() as folder:
            memory(Path(folder), count, asked.model)


if __name__ == "__main__":
    main()

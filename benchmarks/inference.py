"""u2net beside rembg with the same weights, and beside torch: one run, turn by turn, as ratios.

    python benchmarks/inference.py --model u2netp.onnx --photos FOLDER [--photo FILE]
        [--rembg VENV] [-o RESULTS]

MODEL is U²-Net† exported by `u2net export --calibrate`; PHOTOS a folder of JPEG files; FILE a large
photo as a camera takes it, brought to every size, for a small one enlarged is smoother than any of
its size. rembg is installed into VENV unless it is there, and finds the same ONNX file as its model
u2netp. Results go to RESULTS.json and RESULTS.svg, a table to stdout. Nothing
else should run on the machine.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import IO, Any

import numpy as np
from PIL import Image

from u2net.machine import bench
from u2net.machine.doctor import examine
from u2net.pictures.source import photo_of
from u2net.weights.catalog import Model, find_model

HERE = Path(__file__).parent
PRECISIONS = ("fp32", "auto")
EXAMPLE = HERE.parent / "examples" / "cat.jpg"


class Worker:
    """A process that times one photo for each line it is given."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        assert self._answer() == "ready", f"{command} does not start"

    def __call__(self, photo: Path) -> float:
        into: IO[str] | None = self._process.stdin
        assert into
        print(photo, file=into, flush=True)
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        """Close its input and wait."""
        self._process.communicate()


class Rembg:
    """rembg in an environment of its own, with our file as one of its models."""

    def __init__(self, folder: Path, model: Path, home: Path, name: str = "u2netp") -> None:
        self.python = folder / "bin" / "python"
        if not self.python.exists():
            venv.create(folder, with_pip=True)
            # The same ONNX Runtime as here; the rest as rembg wants it.
            wanted = ["rembg[cpu,cli]>=2", f"onnxruntime=={version('onnxruntime')}"]
            subprocess.run([self.python, "-m", "pip", "install", "-q", *wanted], check=True)
        shutil.copy(model, home / f"{name}.onnx")
        self.environment = os.environ | {"U2NET_HOME": str(home), "MODEL_CHECKSUM_DISABLED": "1"}

    def command(self, *words: str) -> list[str]:
        """Its command line."""
        return [str(self.python.with_name("rembg")), *words]

    def version(self) -> str:
        """As pip knows it."""
        code = "from importlib.metadata import version; print(version('rembg'))"
        return subprocess.check_output([self.python, "-c", code], text=True).strip()


def ours(*words: str) -> list[str]:
    """The command line of this package."""
    return [sys.executable, "-m", "u2net", *words]


def in_turns(things: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Median of what each gives, one after the other in every round; the first is not counted."""
    found: dict[str, list[float]] = {name: [] for name in things}
    for at in range(rounds + 1):
        for name, thing in things.items():
            value = thing()
            if at:
                found[name].append(value)
    return {name: median(values) for name, values in found.items()}


def torch_network(model: Model, rounds: int) -> dict[str, float]:
    """The network in eager torch, random weights: what they are does not change the speed."""
    import torch

    from u2net.network import lite

    net = lite().eval()
    picture = torch.randn(1, 3, *model.card.size_hw)

    def run() -> float:
        with torch.inference_mode():
            start = time.perf_counter()
            net(picture)
            return time.perf_counter() - start

    return in_turns({"torch eager fp32": run}, rounds)


def photos_at(photo: Path, folder: Path) -> dict[str, Path]:
    """`photo` at each size, as JPEG files in `folder` such as cameras write."""
    rgb = photo_of(photo).rgb
    paths = {f"{size:g} MP": folder / f"{size:g}.jpg" for size in bench.MEGAPIXELS}
    for size, path in zip(bench.MEGAPIXELS, paths.values(), strict=True):
        Image.fromarray(bench.scaled(rgb, size)).save(path, quality=92)
    return paths


def loaded(model: Path, rembg: Rembg, photos: dict[str, Path], rounds: int) -> dict[str, Any]:
    """JPEG file to PNG bytes, the model loaded."""
    workers = {
        "rembg": Worker([str(rembg.python), str(HERE / "rembg_worker.py")], rembg.environment)
    }
    for precision in PRECISIONS:
        command = [sys.executable, str(HERE / "u2net_worker.py"), str(model), precision]
        workers[precision] = Worker(command, dict(os.environ))
    found = {
        name: in_turns({who: lambda w=w, p=path: w(p) for who, w in workers.items()}, rounds)
        for name, path in photos.items()
    }
    for worker in workers.values():
        worker.end()
    return found


def whole(command: list[str], environment: dict[str, str]) -> Callable[[], float]:
    """A function that runs a whole process and says how long it took."""

    def run() -> float:
        start = time.perf_counter()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        return time.perf_counter() - start

    return run


def processes(
    model: Path, rembg: Rembg, photo: Path, folder: Path, out: Path, rounds: int
) -> dict[str, Any]:
    """Whole processes: one photo, and a folder."""

    def both(words: list[str], theirs: list[str], many: int) -> dict[str, float]:
        def first() -> float:
            # It leaves out what is there already.
            shutil.rmtree(out / "theirs", ignore_errors=True)
            return whole(rembg.command(*theirs), rembg.environment)()

        things = {"rembg": first}
        for precision in PRECISIONS:
            mine = ours(
                "remove", *words, "--overwrite", "--model", str(model), "--precision", precision
            )
            things[precision] = whole(mine, dict(os.environ))
        return in_turns(things, many)

    single = ["i", "-m", "u2netp", str(photo), str(out / "one.png")]
    several = ["p", "-m", "u2netp", str(folder), str(out / "theirs")]
    return {
        "one 1-MP photo": both([str(photo), "-o", str(out / "one.png")], single, rounds),
        "folder": both([str(folder), "-o", str(out / "ours")], several, max(1, rounds // 5)),
    }


def crowd(model: Path, folder: Path, out: Path) -> dict[str, float]:
    """Seconds for the folder by one process, and by two at once into folders of their own."""

    def together(count: int) -> float:
        words = ("--overwrite", "--quiet", "--model", str(model))
        start = time.perf_counter()
        processes = [
            subprocess.Popen(ours("remove", str(folder), "-o", str(out / f"of{at}"), *words))
            for at in range(count)
        ]
        assert not any([process.wait() for process in processes])
        return time.perf_counter() - start

    return {"one": together(1), "two at once": together(2)}


def peaks(model: Path, rembg: Rembg, photo: Path, out: Path) -> dict[str, float]:
    """Peak memory of a whole process, in MB."""
    target = str(out / "peak.png")
    found = {
        "rembg": peak(rembg.command("i", "-m", "u2netp", str(photo), target), rembg.environment)
    }
    for precision in PRECISIONS:
        words = ("remove", str(photo), "-o", target, "--overwrite", "--model", str(model))
        found[precision] = peak(ours(*words, "--precision", precision), dict(os.environ))
    return found


def peak(command: list[str], environment: dict[str, str]) -> float:
    """The most memory `command` ever held, in MB.

    Started by a small process: a new one counts what the process held that it was forked from.
    """
    code = (
        "import os, subprocess, sys; child = subprocess.Popen(sys.argv[1:], stdout=sys.stderr);"
        "pid, status, usage = os.wait4(child.pid, 0); print(usage.ru_maxrss); sys.exit(status)"
    )
    small = [sys.executable, "-S", "-c", code, *command]
    found = subprocess.run(small, env=environment, check=True, capture_output=True)
    return int(found.stdout) / 1024


def report(results: dict[str, Any]) -> str:
    """The table of docs/benchmarks.md: medians, and how many times faster than rembg."""
    rows = ["| work | rembg | fp32 | auto | fp32 | auto |", "|---|---|---|---|---|---|"]
    for name, figures in {**results["loaded"], **results["processes"], **results["memory"]}.items():
        theirs, plain, best = (figures[who] for who in ("rembg", *PRECISIONS))
        unit, scale = ("MB", 1) if "memory" in name else ("ms", 1000)
        shown = " | ".join(f"{value * scale:.0f} {unit}" for value in (theirs, plain, best))
        rows.append(f"| {name} | {shown} | {theirs / plain:.1f}× | {theirs / best:.1f}× |")
    rows += ["", "| network | ms |", "|---|---|"]
    rows += [f"| {name} | {value * 1e3:.1f} |" for name, value in results["network"].items()]
    alone, both = results["crowd"].values()
    share = both / (2 * alone)
    rows += [
        "",
        f"folder: one process {alone:.1f} s, two at once {both:.1f} s, {share:.2f} of twice",
    ]
    return "\n".join(rows)


def plot(results: dict[str, Any], path: Path) -> None:
    """Ratios to rembg as bars."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    works = {**results["loaded"], **results["processes"]}
    figure, axes = pyplot.subplots(figsize=(8, 3.5), layout="constrained")
    places = np.arange(len(works))
    for at, precision in enumerate(PRECISIONS):
        ratios = [figures["rembg"] / figures[precision] for figures in works.values()]
        bars = axes.bar(places + 0.4 * at - 0.2, ratios, 0.38, label=precision)
        axes.bar_label(bars, fmt="%.1f×")
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_xticks(places, list(works))
    axes.set_ylabel("times faster than rembg")
    axes.legend(title="precision")
    figure.savefig(path)


def main() -> None:
    """Measure all, print the table, write figures and plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--photo", type=Path, default=EXAMPLE)
    parser.add_argument("--rembg", type=Path, default=Path.home() / ".cache" / "u2net-rembg")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, default=Path("inference"))
    options = parser.parse_args()
    model = find_model(str(options.model))
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        rembg = Rembg(options.rembg, options.model, scratch)
        photos = photos_at(options.photo, scratch)
        results: dict[str, Any] = {
            "machine": examine(str(options.model)),
            "rembg": rembg.version(),
            "system": platform.platform(),
            "network": {t.name: t.seconds for t in bench.network(model, 2 * options.rounds)}
            | torch_network(model, options.rounds),
            "loaded": loaded(options.model, rembg, photos, options.rounds),
            "processes": processes(
                options.model, rembg, photos["1 MP"], options.photos, scratch, options.rounds
            ),
            "crowd": crowd(options.model, options.photos, scratch),
            "memory": {"memory at 24 MP": peaks(options.model, rembg, photos["24 MP"], scratch)},
        }
    Path(f"{options.output}.json").write_text(json.dumps(results, indent=2) + "\n")
    plot(results, Path(f"{options.output}.svg"))
    print(report(results))


if __name__ == "__main__":
    main()

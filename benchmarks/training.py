"""Pictures a second of our training beside the reference loop, in one run, in turns.

    python benchmarks/training.py DATA [--batch 12] [--rounds 3]

The baseline is what the authors' `u2net_train.py` does: float32, contiguous, one loader worker that
decodes and resizes each file in floating point, BCELoss on the sigmoids of seven maps, Adam. Ours
is the recipe `paper_lite` in bf16 from the packed cache, and `distil_layers` and `distil_blocks`
with a teacher of the same network beside it. Same network, batch and crop; they take turns, so that
a busy machine slows all. Then what one loader worker makes with no training beside it: a GPU needs
as many workers as keep up with it.
"""

import argparse
import itertools
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from u2net.data.pairs import Pair, find_pairs
from u2net.machine.memory import keep_memory
from u2net.network import lite
from u2net.training.callbacks.averaging import Averaging
from u2net.training.data.datamodule import load
from u2net.training.data.order import Batches
from u2net.training.data.samples import Sample
from u2net.training.data.sources import parts
from u2net.training.distil import Distillation
from u2net.training.finish import card_of
from u2net.training.hints import Teacher
from u2net.training.layers import LayerTeacher
from u2net.training.module import Training
from u2net.training.precision import quickest
from u2net.training.recipe import Recipe
from u2net.training.recipes import distil_blocks, distil_layers, paper_lite

Step = Callable[[], None]
LOADED = 40
"""Batches that a loader is timed over."""
NAMES = ("reference loop", "paper_lite", "distil_layers", "distil_blocks")
CROP = 288
"""Side in pixels of what the network sees."""


class ReferenceFiles(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """`SalObjDataset` with RescaleT(320), RandomCrop(288), ToTensorLab(0): file by file."""

    def __init__(self, pairs: tuple[Pair, ...]) -> None:
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        pair = self.pairs[number]
        image = np.asarray(Image.open(pair.image).convert("RGB"), np.float64) / 255
        label = np.asarray(Image.open(pair.mask).convert("L"), np.float64) / 255
        image = np.stack([rescaled(image[:, :, c], Image.Resampling.BILINEAR) for c in range(3)], 2)
        label = rescaled(label, Image.Resampling.NEAREST)
        top, left = np.random.randint(0, 320 - CROP, 2)
        image = image[top : top + CROP, left : left + CROP] / max(image.max(), 1e-6)
        image = (image - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
        label = label[top : top + CROP, left : left + CROP]
        return torch.from_numpy(image.transpose(2, 0, 1).copy()).float(), torch.from_numpy(
            label[None].copy()
        ).float()


def rescaled(plane: np.ndarray, method: Image.Resampling) -> np.ndarray:
    """One float plane at 320 × 320."""
    return np.asarray(Image.fromarray(plane.astype(np.float32)).resize((320, 320), method), float)


def reference(data: Path, batch: int) -> Step:
    """One step of the authors' loop."""
    torch.manual_seed(0)
    net = lite().train()
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    bce = torch.nn.BCELoss()
    batches = reference_batches(data, batch)

    def step() -> None:
        image, label = next(batches)
        optimiser.zero_grad()
        loss = sum(bce(logits.sigmoid(), label) for logits in net(image))
        loss.backward()  # type: ignore[union-attr]
        optimiser.step()

    return step


def ours(data: Path, recipe: Recipe) -> Step:
    """One step of `u2net train`, without what is logged and written."""
    keep_memory()
    torch.manual_seed(0)
    batches = our_batches(data, recipe)
    rest = lite().train(), recipe, recipe.steps, card_of(recipe, "benchmark", []), Averaging(0.0)
    learns = recipe.distil != "no"
    module = Distillation(teacher(batches, recipe), *rest) if learns else Training(*rest)
    optimiser = module.configure_optimizers()["optimizer"]

    def step() -> None:
        sample: Sample = next(batches)
        with torch.autocast("cpu", torch.bfloat16, enabled=quickest() == "bf16"):
            outputs = module.training_step(sample, 0)
        optimiser.zero_grad()
        outputs["loss"].backward()
        module.on_before_optimizer_step(optimiser)
        optimiser.step()

    return step


def teacher(batches: Iterator[Sample], recipe: Recipe) -> Teacher:
    """A network that knows nothing: what it says takes as long."""
    made = (LayerTeacher if recipe.distil == "layers" else Teacher)(lite().eval())
    made.calibrate([next(batches).photo])
    return made


def reference_batches(data: Path, batch: int) -> Iterator[list[torch.Tensor]]:
    """What the authors' loader makes, with one worker."""
    files = ReferenceFiles(find_pairs(data).pairs)
    return endless(DataLoader(files, batch_size=batch, shuffle=True, num_workers=1, drop_last=True))


def our_batches(data: Path, recipe: Recipe) -> Iterator[Sample]:
    """What the recipe's workers make."""
    loaded = load(*parts([str(data)], recipe), recipe, card_of(recipe, "benchmark", []))
    return iter(loaded.loader(Batches(order=loaded.order, batch=recipe.batch, first=0, last=10**6)))


def loader_rate(batches: Iterator[object], batch: int) -> float:
    """Pictures a second, once what was made ahead is used up."""
    for _ in range(8):
        next(batches)
    start = time.perf_counter()
    for _ in range(LOADED):
        next(batches)
    return LOADED * batch / (time.perf_counter() - start)


def loader_rates(data: Path, batch: int, cache: Path) -> dict[str, float]:
    """Pictures a second of one worker, by what it makes."""
    paper = replace(paper_lite(), batch=batch, workers=1, cache=str(cache))
    strong = replace(paper, augment="strong")
    return {
        "the authors' loader": loader_rate(reference_batches(data, batch), batch),
        "ours, paper": loader_rate(our_batches(data, paper), batch),
        "ours, strong": loader_rate(our_batches(data, strong), batch),
    }


def endless(loader: DataLoader[tuple[torch.Tensor, torch.Tensor]]) -> Iterator[list[torch.Tensor]]:
    """Epoch after epoch."""
    return itertools.chain.from_iterable(itertools.repeat(loader))  # type: ignore[arg-type]


def serve(pipe: Connection, data: Path, batch: int, recipe: Recipe | None) -> None:
    """A process of its own for each side: answer each request with the seconds of one step."""
    step = ours(data, recipe) if recipe else reference(data, batch)
    while pipe.recv():
        start = time.perf_counter()
        step()
        pipe.send(time.perf_counter() - start)


def seconds(pipe: Connection) -> float:
    """The duration of a step."""
    pipe.send(True)
    taken: float = pipe.recv()
    return taken


def measure(data: Path, batch: int, rounds: int, cache: Path) -> list[list[float]]:
    """Seconds of a step, (rounds, sides), the reference first; a first step is not counted."""
    spawn = multiprocessing.get_context("spawn")
    recipes = [
        replace(recipe, batch=batch, cache=str(cache), size=CROP)
        for recipe in (paper_lite(), distil_layers(), distil_blocks())
    ]
    pipes = []
    for recipe in (None, *recipes):
        here, there = spawn.Pipe()
        spawn.Process(target=serve, args=(there, data, batch, recipe)).start()
        pipes.append(here)
    taken = [[seconds(pipe) for pipe in pipes] for _ in range(rounds + 1)]
    for pipe in pipes:
        pipe.send(False)
    return taken[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        taken = measure(asked.data, asked.batch, asked.rounds, Path(cache))
        rates = loader_rates(asked.data, asked.batch, Path(cache))
    columns = [np.array(column) for column in zip(*taken, strict=True)]
    print(f"U²-Net†, batch {asked.batch}, crop {CROP}, {torch.get_num_threads()} threads")
    for name, seconds_taken in zip(NAMES, columns, strict=True):
        rate, ratio = asked.batch / np.median(seconds_taken), np.median(columns[0] / seconds_taken)
        print(f"{name:<15} {rate:6.2f} pictures/s, {ratio:5.2f} times the reference")
    print(f"medians of {asked.rounds} rounds")
    print("one loader worker alone, pictures/s:")
    for name, rate in rates.items():
        print(f"  {name:20s} {rate:6.0f}")


if __name__ == "__main__":
    main()

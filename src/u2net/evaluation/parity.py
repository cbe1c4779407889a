"""A network, and a file that was made of it, on photos with truth -> what the file costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from u2net.arrays import Batch, Saliency
from u2net.data.channels import photo_at
from u2net.errors import UnfitModelError
from u2net.evaluation.models import DataSet
from u2net.evaluation.score import Tally
from u2net.evaluation.workers import Task, outcome
from u2net.mask import to_mask
from u2net.preprocess import input_of
from u2net.weights.card import Card

Run: TypeAlias = Callable[[Batch], Saliency]
"""(1, 3, height, width) normalised -> the fused map, (height, width)."""

LIMIT = 0.002
"""What max F may fall by, and MAE rise by, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How the maps of a file differ from those of its network, and what that costs."""

    name: str
    """How the file was run."""
    data: str
    images: int
    difference: float
    """Largest difference of a pixel of the network's map, 0…1."""
    mean: float
    """Mean difference of a pixel."""
    max_f: tuple[float, float]
    """Of the network, of the file."""
    mae: tuple[float, float]

    def check(self) -> None:
        """Raise `UnfitModelError` when the file costs more than `LIMIT`."""
        lost = max(self.max_f[0] - self.max_f[1], self.mae[1] - self.mae[0])
        if not lost <= LIMIT:  # so that NaN is refused too
            raise UnfitModelError(f"{self}: costs more than {LIMIT}, and was not written")

    def __str__(self) -> str:
        scores = {"max F": self.max_f, "MAE": self.mae}
        told = (f"{name} {a:.4f} -> {b:.4f} ({b - a:+.4f})" for name, (a, b) in scores.items())
        apart = f"maps differ by {self.mean:.1e} on average, {self.difference:.1e} at most"
        return f"{self.name} on {self.images} photos of {self.data}: {', '.join(told)}; {apart}"


class _Side:
    """One way of running, over all photos."""

    def __init__(self, run: Run, card: Card) -> None:
        self.run, self.card = run, card
        self.tally = Tally("paper")
        self.most = self.sum = 0.0

    def add(self, batch: Batch, size_hw: tuple[int, int], task: Task) -> Saliency:
        """Score the map of one photo."""
        saliency = self.run(batch)
        mask = to_mask(saliency, size_hw, self.card)
        self.tally.add(outcome(Task(stem=task.stem, map=mask, truth=task.truth, soft=task.soft)))
        return saliency

    def figures(self) -> tuple[float, float]:
        found = self.tally.scores().metrics
        return found["max_f"], found["mae"]


def parity(
    network: Run,
    files: Mapping[str, Run],
    card: Card,
    data: DataSet,
    *,
    advance: Callable[[], None] = lambda: None,
) -> list[Parity]:
    """How each of `files`, by its name, stands to `network` on all of `data`.

    `advance` is called after each photo. Measures are those of the protocol `paper`. Raises
    `ImageError` for a photo that cannot be read, `EvaluationError` when there is nothing to score.
    """
    exact, ours = _Side(network, card), {name: _Side(run, card) for name, run in files.items()}
    for stem, truth in data.truths.items():
        photo = photo_at(data.photos[stem], card.extra)
        batch = input_of(photo, card)[None]
        task = Task(stem=stem, map=truth, truth=truth, soft=data.soft)
        wanted = exact.add(batch, photo.size_hw, task)
        for side in ours.values():
            apart = np.abs(side.add(batch, photo.size_hw, task) - wanted)
            side.most, side.sum = max(side.most, float(apart.max())), side.sum + float(apart.mean())
        advance()
    return [_compared(name, exact, side, data) for name, side in ours.items()]


def _compared(name: str, exact: _Side, side: _Side, data: DataSet) -> Parity:
    max_f, mae = zip(exact.figures(), side.figures(), strict=True)
    images = len(data.truths)
    return Parity(
        name=name,
        data=data.name,
        images=images,
        difference=side.most,
        mean=side.sum / images,
        max_f=max_f,
        mae=mae,
    )

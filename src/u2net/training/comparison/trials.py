"""Networks -> how long a step takes here, and what the same short training makes of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Literal

import torch
from torch import Tensor

from u2net.errors import TrainingError
from u2net.files import write
from u2net.machine.turns import in_turns
from u2net.network import U2Net, U2NetSpec
from u2net.network.specs import spec_to_json
from u2net.training.callbacks.metrics import read
from u2net.training.loss import deep_supervision
from u2net.training.recipe import Recipe
from u2net.training.recipes import lite
from u2net.training.run import fit

SLUG = str.maketrans({" ": "-", "²": "2", "³": "3", "(": "", ")": ""})
"""From a network's name to that of its files."""
Measure = Literal["max_f", "mae"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The same training, whatever the network."""

    data: tuple[str, ...]
    val: str
    """A data set, or the share of one's own that is held out."""
    size: int
    batch: int
    steps: int
    seeds: int

    def recipe(self, spec: Path, seed: int) -> Recipe:
        """The settings of one run: those of `lite`, at a rate that ends at 0."""
        return replace(
            lite(),
            name="compare",
            network=str(spec),
            seed=seed,
            size=self.size,
            batch=self.batch,
            steps=self.steps,
            schedule="cosine",
            warmup=min(50, self.steps // 4),
            val=(self.val,),
            val_size=self.size,
            val_every=self.steps,
            checkpoint_every=self.steps,
            sheet_every=0,
            keep_best=0,
            workers=0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure over the seeds."""

    values: tuple[float, ...]

    def __str__(self) -> str:
        scatter = f" ± {stdev(self.values):.3f}" if len(self.values) > 1 else ""
        return f"{mean(self.values):.3f}{scatter}"


def trained(
    networks: Mapping[str, U2NetSpec], trial: Trial, folder: Path, tell: Callable[[str], None]
) -> dict[str, dict[Measure, Spread]]:
    """Train every network with every seed, in run folders below `folder`; its scores by measure.

    What is there already is not trained again. Raises as `fit`.
    """
    found: dict[str, dict[Measure, list[float]]] = {n: {"max_f": [], "mae": []} for n in networks}
    for seed in range(trial.seeds):
        for name, spec in networks.items():
            place = folder / name.translate(SLUG)
            file = place.with_suffix(".json")
            write(file, spec_to_json(spec).encode())
            tell(f"{name}, seed {seed}: {trial.steps} steps")
            run = place / str(seed)
            fit(trial.data, trial.recipe(file, seed), run, resume=True)
            for measure, values in found[name].items():
                values.append(last_score(run, measure))
    return {
        name: {measure: Spread(values=tuple(values)) for measure, values in scores.items()}
        for name, scores in found.items()
    }


def last_score(run: Path, measure: Measure) -> float:
    """What the last validation of a run gave."""
    scored = [row for row in read(run / "metrics.csv") if row.get(f"val_{measure}")]
    if not scored:
        raise TrainingError(f"{run}: was never validated; remove it, and compare again")
    return float(scored[-1][f"val_{measure}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """Medians over the rounds."""

    step: float
    """Of training: forward, loss of all maps, backward, for a batch."""
    inference: float
    """Of one picture."""


def timed(
    networks: Mapping[str, U2NetSpec], *, size: int, batch: int, rounds: int
) -> dict[str, Seconds]:
    """How long the networks take at (batch, 3, size, size), in float32, in turns."""
    nets = {name: U2Net(spec) for name, spec in networks.items()}
    photos = torch.rand(batch, 3, size, size)
    truth = (torch.rand(batch, 1, size, size) > 0.5).float()
    steps = in_turns({name: stepping(net, photos, truth) for name, net in nets.items()}, rounds)
    looks = in_turns({name: looking(net, photos[:1]) for name, net in nets.items()}, rounds)
    return {
        step.name: Seconds(step=step.seconds, inference=look.seconds)
        for step, look in zip(steps, looks, strict=True)
    }


def stepping(net: U2Net, photos: Tensor, truth: Tensor) -> Callable[[], None]:
    """A training step of a network, without the optimiser's part."""

    def step() -> None:
        net.train()
        loss, _ = deep_supervision(net(photos), truth, terms={"bce": 1.0})
        net.zero_grad()
        torch.autograd.backward(loss)

    return step


def looking(net: U2Net, photos: Tensor) -> Callable[[], None]:
    """An inference of a network."""

    def look() -> None:
        net.eval()
        with torch.inference_mode():
            net(photos)

    return look

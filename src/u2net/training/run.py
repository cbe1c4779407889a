"""A recipe and data -> a run folder: recipe, metrics, checkpoints, sheets, curves, model."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging
from lightning.pytorch.loggers import TensorBoardLogger

from u2net.errors import TrainingError
from u2net.export.runs import FOLDER, LAST, weights_in
from u2net.files import write
from u2net.machine.memory import keep_memory
from u2net.network import U2Net
from u2net.training.callbacks.checkpoints import AtomicIO, Last, best
from u2net.training.callbacks.log import Bar, Report
from u2net.training.callbacks.metrics import CsvLog
from u2net.training.callbacks.sheets import Sheets
from u2net.training.checks import RECIPE, check_network, check_start, warn_of_shared
from u2net.training.data.datamodule import Data
from u2net.training.data.loading import load
from u2net.training.data.sources import pairs_source
from u2net.training.finish import card_of, draw_curves, export, scores_at
from u2net.training.lightning_noise import quiet
from u2net.training.module import Training, network
from u2net.training.ranks.sync_norm import synchronise
from u2net.training.ranks.torchrun import Ranks, Together
from u2net.training.recipe import Recipe
from u2net.weights.card import Card

PRECISIONS: dict[str, Literal["bf16-mixed", "32-true", "64-true"]] = {
    "bf16": "bf16-mixed",
    "fp32": "32-true",
    "fp64": "64-true",
}


def train(data: Sequence[str], recipe: Recipe, folder: Path, *, resume: bool = False) -> bool:
    """Train as `recipe` says on `data` (`PATH` or `PATH:WEIGHT`), into the run folder `folder`.

    `fit`, then `finish` by the one process that writes; arguments, result and errors as of `fit`.
    """
    writes = fit(data, recipe, folder, resume=resume)
    if writes:
        finish(data, recipe, folder)
    return writes


def fit(data: Sequence[str], recipe: Recipe, folder: Path, *, resume: bool = False) -> bool:
    """The training alone; whether this process is the one of its ranks that writes the files.

    With `resume`, and when torchrun restarts ranks whose first start began the run, a run that is
    there goes on from its last checkpoint. Raises `TrainingError`, `DatasetError` or `OutputError`
    when that cannot be.
    """
    ranks = Ranks.of_this_run()
    last = folder / FOLDER / LAST
    if last.exists() and not (resume or ranks.restarted):
        raise TrainingError(f"{folder}: holds a run; go on with --resume, or choose another folder")
    check_start(recipe, folder, here=ranks.here, goes_on=last.exists())
    ranks.begin()
    sources = [pairs_source(place) for place in data]
    card = card_of(recipe, folder.resolve().name, sources)
    if not torch.cuda.is_available():
        keep_memory()
    with quiet():
        loaded = load(data, recipe, card)
        steps = loaded.steps(ranks.all)
        module = Training(prepared(recipe, last, ranks.all), recipe, steps, card)
        trainer = assemble(recipe, folder, card, steps, ranks)
        if trainer.is_global_zero:
            write(folder / RECIPE, recipe.to_json().encode())
            warn_of_shared(sources, recipe.val)
        run(trainer, module, loaded, last if last.exists() else None)
    return bool(trainer.is_global_zero)


def prepared(recipe: Recipe, last: Path, ranks: int) -> U2Net:
    """The network that the run begins or goes on with, for as many ranks."""
    torch.manual_seed(recipe.seed)
    net = network(recipe, str(last) if last.exists() else recipe.init)
    check_network(net, recipe, ranks)
    if ranks > 1 and recipe.sync_norm:
        synchronise(net)
    return net


def run(trainer: Trainer, module: Training, loaded: Data, last: Path | None) -> None:
    """Fit; Ctrl-C and the signal to end come out as `KeyboardInterrupt`."""
    try:
        trainer.fit(module, loaded, ckpt_path=last, weights_only=True)
    except SystemExit as stop:
        raise KeyboardInterrupt from stop


def assemble(recipe: Recipe, folder: Path, card: Card, steps: int, ranks: Ranks) -> Trainer:
    """The Trainer of a run."""
    trainer: Trainer = Trainer(
        accelerator="auto",
        devices=ranks.here,
        num_nodes=ranks.all // ranks.here,
        strategy=Together(ranks.store) if ranks.store and ranks.all > 1 else "auto",
        precision=PRECISIONS[recipe.precision],
        max_steps=steps,
        accumulate_grad_batches=recipe.accumulate,
        gradient_clip_val=recipe.clip or None,
        val_check_interval=recipe.val_every * recipe.accumulate if recipe.val else None,
        check_val_every_n_epoch=None if recipe.val else 1,
        limit_val_batches=None if recipe.val else 0,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        # Said here, since Lightning would find a SLURM job around this process and requeue it.
        plugins=[AtomicIO(), TorchElasticEnvironment() if ranks.store else LightningEnvironment()],
        callbacks=callbacks(recipe, folder, card, steps),
        logger=[
            CsvLog(folder / "metrics.csv"),
            TensorBoardLogger(folder, name="", version="tensorboard"),
        ],
        log_every_n_steps=recipe.log_every,
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        default_root_dir=folder,
    )
    return trainer


def callbacks(recipe: Recipe, folder: Path, card: Card, steps: int) -> list[Callback]:
    """Everything that watches a run; Lightning calls those that write checkpoints last."""
    bar = sys.stderr.isatty()
    report = Report(recipe, steps, lines=not bar)
    chosen: list[Callback] = [EMAWeightAveraging(decay=recipe.ema), report]
    if bar:
        chosen.append(Bar(report))
    if recipe.sheet_every:
        chosen.append(Sheets(folder / "sheets", card, recipe.sheet_every))
    if recipe.val and recipe.keep_best:
        chosen.append(best(folder / FOLDER, recipe))
    return [*chosen, Last(folder / FOLDER / LAST, recipe, steps)]


def finish(data: Sequence[str], recipe: Recipe, folder: Path) -> None:
    """Draw the curves; export the best checkpoint, or the last where nothing was validated."""
    metrics = folder / "metrics.csv"
    draw_curves(metrics, folder / "curves.png")
    checkpoint = weights_in(folder)
    sources = [pairs_source(place) for place in data]
    card = card_of(recipe, folder.resolve().name, sources, scores_at(metrics, checkpoint))
    export(checkpoint, card, folder / "model.onnx")

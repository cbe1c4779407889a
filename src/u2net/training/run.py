"""A recipe and data -> a run folder."""

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging
from lightning.pytorch.loggers import TensorBoardLogger

from u2net.card import Card
from u2net.errors import TrainingError
from u2net.files import write
from u2net.training.cache import Pack, pack
from u2net.training.data import Data
from u2net.training.dataset import Pasteboard
from u2net.training.keeping import FOLDER, LAST, AtomicIO, Last, best
from u2net.training.metrics import CsvLog
from u2net.training.module import Training, network
from u2net.training.recipe import Recipe
from u2net.training.reporting import Report, say
from u2net.training.sheets import Sheets
from u2net.training.sources import Source, cutout_source, pairs_source, pictures_source


def train(data: Sequence[str], recipe: Recipe, folder: Path, *, resume: bool = False) -> Path:
    """Train as `recipe` says on `data` (`PATH` or `PATH:WEIGHT`), into the run folder `folder`.

    With `resume` a run that is there goes on from its last checkpoint.
    Raises `TrainingError`, `DatasetError` or `OutputError` when the run cannot start or go on.
    """
    last = folder / FOLDER / LAST
    restarted = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0
    if last.exists() and not (resume or restarted):
        raise TrainingError(f"{folder}: holds a run; go on with --resume, or choose another folder")
    card = Card(name=folder.name, size_hw=(recipe.val_size, recipe.val_size))
    loaded = load(data, recipe, card)
    module, trainer = assemble(loaded, recipe, folder, card)
    if trainer.is_global_zero:
        write(folder / "recipe.json", recipe.to_json().encode())
    trainer.fit(module, loaded, ckpt_path=last if last.exists() else None, weights_only=True)
    return folder


def load(data: Sequence[str], recipe: Recipe, card: Card) -> Data:
    """Pack the sources, saying what was left out."""
    sources = [pairs_source(argument) for argument in data]
    board = None
    if recipe.composites:
        board = Pasteboard(
            cutouts=[packed(cutout_source(place), recipe) for place in recipe.cutouts],
            backgrounds=[packed(pictures_source(place, "backgrounds"), recipe) for place in recipe.backgrounds],
        )
    return Data(
        recipe,
        card,
        [packed(source, recipe) for source in sources],
        [source.weight for source in sources],
        pasteboard=board,
        val=packed(pairs_source(recipe.val), recipe, whole=True) if recipe.val else None,
    )


def packed(source: Source, recipe: Recipe, *, whole: bool = False) -> Pack:
    """The pack of a source; `whole` keeps the size of its pictures."""
    cache = Path(recipe.cache) if recipe.cache else None
    done = pack(source, longest=1 << 15 if whole else recipe.cache_side, on_bad=recipe.on_bad, folder=cache)
    if done.left_out:
        say(f"{source.place}: {len(done.left_out)} left out, the first: {done.left_out[0]}")
    return done


def assemble(data: Data, recipe: Recipe, folder: Path, card: Card) -> tuple[Training, Trainer]:
    """Module and Trainer of a run."""
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    steps = data.steps(ranks)
    module = Training(network(recipe), recipe, steps)
    log = CsvLog(folder / "metrics.csv")
    with warnings.catch_warnings():
        trainer: Trainer = Trainer(
            accelerator="auto",
            devices=here,
            num_nodes=ranks // here,
            strategy="ddp" if ranks > 1 else "auto",
            precision="bf16-mixed" if recipe.precision == "bf16" else "32-true",
            max_steps=steps,
            accumulate_grad_batches=recipe.accumulate,
            gradient_clip_val=recipe.clip or None,
            val_check_interval=recipe.val_every * recipe.accumulate if recipe.val else None,
            check_val_every_n_epoch=None if recipe.val else 1,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            plugins=[AtomicIO()],
            callbacks=callbacks(recipe, folder, card, steps),
            logger=[log, TensorBoardLogger(folder, name="", version="tensorboard")],
            log_every_n_steps=recipe.log_every,
            enable_progress_bar=sys.stderr.isatty(),
            enable_model_summary=False,
            default_root_dir=folder,
        )
    return module, trainer


def callbacks(recipe: Recipe, folder: Path, card: Card, steps: int) -> list[Callback]:
    """Everything that watches a run."""
    chosen: list[Callback] = [
        EMAWeightAveraging(decay=recipe.ema),
        Report(recipe, steps, lines=not sys.stderr.isatty()),
        Last(folder / FOLDER / LAST, recipe),
    ]
    if recipe.sheet_every:
        chosen.insert(0, Sheets(folder / "sheets", card, recipe.sheet_every))
    if recipe.val:
        chosen.insert(-1, best(folder / FOLDER, recipe))
    return chosen

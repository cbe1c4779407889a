"""A recipe and data -> a run folder: recipe, metrics, checkpoints, sheets, curves, model."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback

from u2net.errors import TrainingError
from u2net.export.runs import FOLDER, LAST, weights_in
from u2net.files import is_there, write
from u2net.machine.memory import keep_memory
from u2net.network import U2Net, load_checkpoint
from u2net.training.callbacks.averaging import Averaging
from u2net.training.callbacks.checkpoints import AtomicIO, Last, Patience, best, step_of
from u2net.training.callbacks.log import Bar, Report, say
from u2net.training.callbacks.metrics import loggers
from u2net.training.callbacks.sheets import Sheets
from u2net.training.checks import (
    RECIPE,
    alone,
    check_network,
    check_same,
    check_seen,
    check_start,
    check_still,
    check_teacher,
    check_validation,
    settled,
    state_of,
    warn_of_shared,
)
from u2net.training.data.datamodule import Data, load
from u2net.training.data.sources import Source, named, parts
from u2net.training.distil import Distillation
from u2net.training.finish import card_of, draw_curves, export
from u2net.training.hints import Teacher
from u2net.training.layers import LayerTeacher
from u2net.training.lightning_noise import lightning_noise
from u2net.training.module import Training, network
from u2net.training.norms import is_folded, unfold
from u2net.training.precision import NAMES, decided
from u2net.training.ranks.sync_norm import synchronise
from u2net.training.ranks.torchrun import Ranks, TorchrunStrategy
from u2net.training.recipe import Recipe
from u2net.training.record import Seen, Start, differences, now, read_starts, write_starts
from u2net.training.scores import prefixes
from u2net.weights.card import Card

WORKER = "DataLoader worker"
"""How torch begins to tell of one that is gone."""
CALIBRATED_ON = 64
"""Pictures from which the scales of a teacher's features are taken."""
UNFOLDED_ON = 32
"""Pictures from which norms that were folded away get statistics."""


def train(data: Sequence[str], recipe: Recipe, folder: Path, *, resume: bool = False) -> bool:
    """Train as `recipe` says on `data` (`PATH` or `PATH:WEIGHT`), into the run folder `folder`.

    `fit`, then `finish` by the one process that writes; arguments, result and errors as of `fit`.
    """
    writes = fit(data, recipe, folder, resume=resume)
    if writes:
        finish(folder)
    return writes


def fit(data: Sequence[str], recipe: Recipe, folder: Path, *, resume: bool = False) -> bool:
    """The training alone; whether this process is the one of its ranks that writes the files.

    With `resume`, and when torchrun restarts ranks whose first start began the run, a run that is
    there goes on from its last checkpoint. Raises `TrainingError`, `DatasetError` or `OutputError`
    when that cannot be, and when another process trains in the folder.
    """
    ranks = Ranks.of_this_run()
    last = folder / FOLDER / LAST
    before = state_of(last)
    if is_there(last) and not (resume or ranks.restarted):
        raise TrainingError(f"{folder}: holds a run; go on with --resume, or choose another folder")
    recipe = decided(recipe, folder / RECIPE)
    check_start(recipe, folder, here=ranks.here)
    recipe = named(recipe, data)
    net = network(recipe, str(last) if last.exists() else recipe.init)
    if last.exists():
        check_same(recipe, folder)
    recipe = settled(recipe, net)
    check_network(net, recipe, ranks.all)
    sources, held = parts(data, recipe)
    check_validation(held, recipe, ranks.all)
    if not torch.cuda.is_available():
        keep_memory()
    with alone(folder) if ranks.rank == 0 else nullcontext(), lightning_noise():
        if ranks.rank == 0:
            check_still(last, before)
        ranks.begin()
        go(sources, held, recipe, folder, net, ranks)
    return ranks.rank == 0


def go(
    sources: Sequence[Source],
    held: Sequence[Source],
    recipe: Recipe,
    folder: Path,
    net: U2Net,
    ranks: Ranks,
) -> None:
    """Read the data, write down what is trained on what, and train."""
    last = folder / FOLDER / LAST
    card = card_of(recipe, folder.resolve().name, ())
    loaded = load(sources, held, recipe, card)
    check_seen(loaded.samples.packs, recipe)
    begun = Start(
        step=step_of(last) if last.exists() else 0,
        began=now(),
        data=tuple(map(Seen.of, sources, loaded.samples.packs)),
        composites=recipe.composites > 0,
        val=tuple(map(Seen.of, held, loaded.val)),
        ranks=ranks.all,
    )
    starts = [*read_starts(folder), begun]
    card = card_of(recipe, folder.resolve().name, starts)
    steps = loaded.steps(ranks.all)
    averaging = Averaging(recipe.ema)
    if not last.exists():
        meet(net, recipe, loaded)
    if ranks.all > 1 and recipe.sync_norm:
        synchronise(net)
    names = [source.name for source in held]
    rest = net, recipe, steps, card, averaging, names
    teacher = hired(recipe, net, loaded, goes_on=last.exists())
    module = Distillation(teacher, *rest) if teacher else Training(*rest)
    trainer = assemble(
        recipe, folder, steps, ranks, callbacks(recipe, folder, card, steps, averaging, names)
    )
    if trainer.is_global_zero:
        for line in differences(*starts[-2:]) if len(starts) > 1 else ():
            say(f"{folder}: {line}")
        write(folder / RECIPE, recipe.to_json().encode())
        write_starts(folder, net, starts)
        warn_of_shared(sources, held)
    run(trainer, module, loaded, last if last.exists() else None)


def hired(recipe: Recipe, net: U2Net, loaded: Data, *, goes_on: bool) -> Teacher | None:
    """The teacher of a run, if it has one; what it says is scaled by what it says of some pictures.

    A run that goes on has the scales in its checkpoint. Raises `TrainingError` or `ModelError` for
    one that cannot teach this network.
    """
    if not recipe.teacher:
        return None
    teacher = load_checkpoint(recipe.teacher)
    check_teacher(teacher, net, recipe)
    hired = LayerTeacher(teacher) if recipe.distil == "layers" else Teacher(teacher)
    if not goes_on:
        photos = [
            loaded.samples[loaded.order[number]].photo[None] for number in range(CALIBRATED_ON)
        ]
        hired.calibrate(photos)
        if isinstance(hired, LayerTeacher) and not recipe.init:
            hired.begin(net, photos)
    return hired


def meet(net: U2Net, recipe: Recipe, loaded: Data) -> None:
    """Let a network whose norms were folded away, and shall learn, see some of the data first."""
    if not recipe.init or recipe.freeze_norm or not is_folded(net):
        return
    say(
        f"{recipe.init}: its norms were folded away; they are made anew from {UNFOLDED_ON} pictures"
    )
    photos = (loaded.samples[loaded.order[number]].photo[None] for number in range(UNFOLDED_ON))
    unfold(net, photos)


def run(trainer: Trainer, module: Training, loaded: Data, last: Path | None) -> None:
    """Fit; Ctrl-C and the signal to end come out as `KeyboardInterrupt`.

    Raises `TrainingError` when a process that reads pictures is lost.
    """
    try:
        trainer.fit(module, loaded, ckpt_path=last, weights_only=True)
    except SystemExit as stop:
        raise KeyboardInterrupt from stop
    except (RuntimeError, ConnectionError, EOFError) as error:
        # The latter where it was about to hand over what it had read.
        if isinstance(error, RuntimeError) and not str(error).startswith(WORKER):
            raise
        if trainer.received_sigterm:  # the worker, told to end too, was quicker
            raise KeyboardInterrupt from error
        raise TrainingError(
            "a process that reads pictures was killed, perhaps for want of memory; go on with "
            "--resume, and fewer of them (--set workers=N)"
        ) from error


def assemble(
    recipe: Recipe, folder: Path, steps: int, ranks: Ranks, watching: list[Callback]
) -> Trainer:
    """The Trainer of a run."""
    trainer: Trainer = Trainer(
        accelerator="auto",
        devices=ranks.here,
        num_nodes=ranks.all // ranks.here,
        strategy=TorchrunStrategy(ranks.store) if ranks.store and ranks.all > 1 else "auto",
        precision=NAMES[recipe.precision],
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
        callbacks=watching,
        logger=loggers(folder),
        log_every_n_steps=recipe.log_every,
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        default_root_dir=folder,
    )
    return trainer


def callbacks(
    recipe: Recipe, folder: Path, card: Card, steps: int, averaging: Averaging, held: Sequence[str]
) -> list[Callback]:
    """Everything that watches a run; Lightning calls those that write checkpoints last."""
    bar = sys.stderr.isatty()
    report = Report(recipe, steps, lines=not bar)
    chosen: list[Callback] = [averaging, report]
    if bar:
        chosen.append(Bar(report))
    if recipe.sheet_every:
        chosen.append(Sheets(folder / "sheets", card, recipe.sheet_every))
    if recipe.patience:
        chosen.append(Patience(recipe))
    if recipe.keep_best:
        chosen += [best(folder / FOLDER, recipe, prefix) for prefix in prefixes(held)]
    return [*chosen, Last(folder / FOLDER / LAST, recipe, steps, report)]


def finish(folder: Path) -> None:
    """Draw the curves; export the best checkpoint, or the last where nothing was validated."""
    draw_curves(folder / "metrics.csv", folder / "curves.png")
    card = export(weights_in(folder), folder / "model.onnx")
    say(f"{folder / 'model.onnx'}: {card.source}")

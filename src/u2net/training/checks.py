"""What must hold before a run starts or goes on; everything else it asks for is the recipe's."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from u2net.errors import TrainingError
from u2net.files import check_folder, is_there
from u2net.network import U2Net
from u2net.network.blocks.ushape import UShape
from u2net.network.named import name_of, spec_of
from u2net.training.callbacks.log import say
from u2net.training.data.pack_file import Pack
from u2net.training.data.sources import Source, labels_of
from u2net.training.layers import told_apart
from u2net.training.loss import WINDOW
from u2net.training.precision import check_precision
from u2net.training.recipe import Recipe, read_fields

RECIPE = "recipe.json"
LOCK = "run.lock"
"""Held by the process that writes the files of a run; left there empty."""
OURS = ("checkpoints", "metrics.csv", "curves.png", "model.onnx")
"""What a run writes over."""
FIXED = (
    *("network", "task", "classes", "ignore", "extra", "init", "seed", "batch", "accumulate"),
    *("optimiser", "rate", "weight_decay", "freeze", "freeze_norm", "distil", "teacher"),
)
"""Fields that a checkpoint has already decided: another value would be ignored, or misplace it."""


def check_start(recipe: Recipe, folder: Path, *, here: int) -> None:
    """Raise `TrainingError` or `OutputError` for what is wrong before any data are read."""
    if (recipe.freeze_norm or recipe.freeze != "nothing") and not recipe.init:
        raise TrainingError("what is frozen must come from a checkpoint; add --set init=FILE")
    if (recipe.distil == "no") != (not recipe.teacher):
        raise TrainingError(
            "who learns from a teacher needs both: add --set teacher=CHECKPOINT"
            if recipe.distil != "no"
            else "a teacher teaches: add --set distil=layers, distil=blocks or distil=whole"
        )
    check_place(folder)
    check_devices(here)
    check_precision(recipe)


def check_place(folder: Path) -> None:
    """Raise `OutputError` or `TrainingError` for a folder that cannot take a run."""
    check_folder(folder)
    if not is_there(folder / RECIPE):
        foreign = [name for name in OURS if is_there(folder / name)]
        if foreign:
            raise TrainingError(
                f"{folder}: holds {foreign[0]} but no {RECIPE}, so it is no run; choose another"
            )


def check_same(recipe: Recipe, folder: Path) -> None:
    """Compare the recipe with that of the run in `folder`, which is to go on with it.

    Says which settings are new. Raises `TrainingError` for those that cannot be.
    """
    file = folder / RECIPE
    try:
        before = read_fields(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError, TrainingError) as error:
        raise TrainingError(f"{file}: is no recipe ({error}); restore or remove it") from error
    now = {key: getattr(recipe, key) for key in before}
    new = {key: before[key] for key in before if before[key] != now[key]}
    if recipe.network == "init":  # whatever the checkpoint holds
        new.pop("network", None)
    fixed = [f"{key} was {before[key]!r}, not {now[key]!r}" for key in FIXED if key in new]
    if fixed:
        raise TrainingError(
            f"{folder}: a run cannot go on with other settings ({', '.join(fixed)}); "
            "leave them, or begin a new run from its weights with --set init=FILE"
        )
    for key in sorted(new):
        say(f"{folder}: goes on with {key} {now[key]!r}, which was {before[key]!r}")


def settled(recipe: Recipe, net: U2Net) -> Recipe:
    """The recipe with the network that is trained, by name where it has one.

    Raises `TrainingError` when the checkpoint holds another than the recipe asks for.
    """
    name = name_of(net.spec)
    if recipe.network == "init":
        return replace(recipe, network=name or "init")
    if spec_of(recipe.network) != net.spec:
        held = f"the network {name}" if name else "a network of its own"
        raise TrainingError(
            f"{recipe.init or 'the run'}: holds {held}, "
            f"and the recipe says {recipe.network}; add --set network=init"
        )
    return recipe


def check_network(net: U2Net, recipe: Recipe, ranks: int) -> None:
    """Raise `TrainingError` for a network that the recipe does not fit."""
    inputs, outputs = 3 + len(recipe.extra), len(recipe.classes) or 1
    if (net.inputs, net.outputs) != (inputs, outputs):
        raise TrainingError(
            f"{recipe.init}: takes {net.inputs} channels and makes {net.outputs} maps of each "
            f"kind; the recipe is for {inputs} and {outputs}"
        )
    maps = len(net.sides) + 1
    if recipe.map_weights and len(recipe.map_weights) != maps:
        raise TrainingError(f"map_weights has {len(recipe.map_weights)} numbers for {maps} maps")
    if recipe.loss.get("ssim") and recipe.size < WINDOW:
        raise TrainingError(f"size {recipe.size} is too small for ssim; take {WINDOW} or more")
    smallest = 2 ** halvings(net)
    if recipe.batch * (ranks if recipe.sync_norm else 1) == 1 and recipe.size <= smallest:
        raise TrainingError(
            f"one picture of size {recipe.size} leaves batch norm a single value per channel; "
            f"take batch=2 or more, or a size above {smallest}"
        )


def check_teacher(teacher: U2Net, net: U2Net, recipe: Recipe) -> None:
    """Raise `TrainingError` for a teacher that this network cannot learn from."""
    name = recipe.teacher
    if (teacher.inputs, teacher.outputs) != (net.inputs, net.outputs):
        raise TrainingError(
            f"{name}: takes {teacher.inputs} channels and makes {teacher.outputs} maps of each "
            f"kind, not {net.inputs} and {net.outputs}; choose another teacher"
        )
    if recipe.init and Path(name).resolve() == Path(recipe.init).resolve():
        raise TrainingError(f"{name}: is the network that is to learn; choose another teacher")
    if recipe.distil in ("layers", "blocks") and teacher.spec != net.spec:
        raise TrainingError(
            f"{name}: has other blocks than the network; add --set distil=whole, which needs no "
            "blocks of one kind"
        )
    if recipe.distil == "layers" and not all(
        map(told_apart, net.spec.encoders + net.spec.decoders)
    ):
        raise TrainingError(
            "the network has blocks whose layers cannot learn alone, as those of RSUs can; "
            "add --set distil=blocks"
        )


def halvings(u: UShape) -> int:
    """How often the coarsest features are halved."""
    level = deepest = 0
    for encoder, halved in zip(u.encoders, (*u.halved, False), strict=True):
        deepest = max(deepest, level + (halvings(encoder) if isinstance(encoder, UShape) else 0))
        level += halved
    return deepest


def check_devices(here: int) -> None:
    """Raise `TrainingError` when more ranks than GPUs are to train on this machine."""
    gpus = torch.cuda.device_count()
    if 0 < gpus < here:
        raise TrainingError(
            f"{here} ranks for {gpus} GPUs; give torchrun --nproc-per-node {gpus}, "
            "or hide the GPUs with CUDA_VISIBLE_DEVICES="
        )


def check_validation(held: Sequence[Source], recipe: Recipe, ranks: int) -> None:
    """Raise `TrainingError` where a rank would have no picture to validate."""
    for source in held:
        pictures = min(recipe.val_pictures or len(source.items), len(source.items))
        if pictures < ranks:
            raise TrainingError(
                f"{source.name}: {pictures} validation pictures for {ranks} ranks; "
                "each needs one, take more pictures or fewer ranks"
            )


def check_seen(packs: Iterable[Pack], recipe: Recipe) -> None:
    """Say which classes no mask has. Raises `TrainingError` where nothing is to be told apart."""
    if recipe.task == "saliency":
        return
    unseen = labels_of(recipe).unseen({note for pack in packs for note in pack.about.notes})
    seen = [name for name in recipe.classes if name not in unseen]
    if len(seen) < (2 if recipe.task == "multiclass" else 1):
        raise TrainingError(
            f"the masks hold {' and '.join(seen) or 'no class'} alone, besides what counts for "
            f"nothing (ignore={recipe.ignore}); write the number of its class into each pixel"
        )
    for name in unseen:
        say(f"no mask has the class {name}")


def warn_of_shared(training: Iterable[Source], held: Iterable[Source]) -> None:
    """Say when pictures of a held-out set are trained on."""
    ours = {item.image.resolve() for source in training for item in source.items}
    for source in held:
        both = sum(item.image.resolve() in ours for item in source.items)
        if both:
            say(
                f"{source.place}: {both} of its {len(source.items)} pictures are trained on too; "
                "their scores say nothing about other pictures"
            )


def state_of(file: Path) -> tuple[int, int] | None:
    """What tells one writing of a checkpoint from the next; None where there is none."""
    try:
        about = file.stat()
    except OSError:
        return None
    return about.st_ino, about.st_mtime_ns


def check_still(file: Path, state: tuple[int, int] | None) -> None:
    """Raise `TrainingError` when another process has written the checkpoint since `state_of`."""
    if state_of(file) != state:
        raise TrainingError(
            f"{file.parent.parent}: another process trained in it just now; "
            "go on with --resume, or choose another folder"
        )


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Inside, no other process trains into `folder`. Raises `TrainingError` when one does."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / LOCK, timeout=0):
            yield
    except Timeout as error:
        raise TrainingError(
            f"{folder}: another process trains in it; wait for it, or choose another folder"
        ) from error

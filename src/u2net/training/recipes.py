"""The named recipes."""

from collections.abc import Callable
from dataclasses import replace

from u2net.training.recipe import Recipe


def paper() -> Recipe:
    """The authors' settings for U²-Net: Adam at a constant 1e-3, batch 12, 600,000 steps.

    Safe where their script is not: logits, a flip that keeps pictures upright, float32 throughout.
    """
    return Recipe(
        name="paper", network="full", augment="paper", optimiser="adam", schedule="constant",
        steps=600_000, precision="fp32", ema=0.0, val_every=2000, checkpoint_every=1000,
    )  # fmt: skip


def paper_lite() -> Recipe:
    """`paper` for U²-Net†."""
    return replace(paper(), name="paper_lite", network="lite")


def seed003() -> Recipe:
    """AdamW, cosine, 360 epochs: the best public retraining, for four ranks of 16 pictures."""
    return Recipe(
        name="seed003", network="full", augment="paper", optimiser="adamw", weight_decay=1e-4,
        rate=4e-3, schedule="cosine", epochs=360, batch=16, warmup=330, clip=1.0,
    )  # fmt: skip


def lite() -> Recipe:
    """Ours, for the embedded model: U²-Net†, strong augmentation, Muon, averaged weights."""
    return Recipe(
        name="lite", network="lite", augment="strong", size=208, batch=8, optimiser="muon",
        rate=1e-3, loss={"bce": 1.0, "iou": 1.0, "ssim": 1.0}, schedule="constant", warmup=50,
        weight_decay=1e-4, clip=5.0, ema=0.998,
        steps=20_000, val_every=400, checkpoint_every=100, sheet_every=400, cache_side=320,
    )  # fmt: skip


def finetune() -> Recipe:
    """Go on from a checkpoint (`--set init=FILE`): larger pictures, and a rate that ends at 0."""
    return replace(
        lite(),
        name="finetune",
        network="init",
        size=288,
        batch=8,
        rate=5e-4,
        schedule="cosine",
        steps=2000,
    )


def distil_layers() -> Recipe:
    """Every layer learns alone what a teacher's of the same spec gives (`--set teacher=FILE`).

    Photos need no masks. The rate is high, for what each layer learns is simple, and falls to 0;
    `distil` goes on from there.
    """
    return replace(distil_blocks(), name="distil_layers", distil="layers", rate=2e-2, steps=2000)


def distil_blocks() -> Recipe:
    """Every block learns alone what a teacher's of the same spec gives (`--set teacher=FILE`).

    Photos need no masks. To a rate of 0; `distil` goes on from there.
    """
    return replace(
        lite(),
        name="distil_blocks",
        distil="blocks",
        size=160,
        batch=12,
        rate=2e-3,
        schedule="cosine",
        loss={"bce": 1.0},
        clip=20.0,
        steps=10_000,
    )


def distil() -> Recipe:
    """The whole network learns a teacher's features and maps, and people's masks where there are.

    From `--set init=FILE` of `distil_blocks`, at a rate that spoils nothing of it.
    """
    return replace(
        lite(),
        name="distil",
        distil="whole",
        size=224,
        batch=6,
        rate=5e-4,
        schedule="cosine",
        loss={"bce": 1.0, "iou": 0.5},
        clip=20.0,
        steps=10_000,
    )


def multiclass() -> Recipe:
    """One class for each pixel, by softmax; masks of class numbers."""
    return replace(
        lite(),
        name="multiclass",
        task="multiclass",
        size=160,
        loss={"ce": 1.0, "iou": 1.0},
        schedule="cosine",
        best="iou",
        steps=5000,
        val_every=100,
        sheet_every=100,
    )


def multilabel() -> Recipe:
    """Each class for itself, by sigmoid; a mask a class, which may overlap."""
    return replace(
        multiclass(), name="multilabel", task="multilabel", loss={"bce": 1.0, "iou": 1.0}
    )


def smoke() -> Recipe:
    """Seconds: a toy network, small pictures; shows that all parts work together."""
    return Recipe(
        name="smoke", network="tiny", augment="strong", size=64, batch=8, steps=40, rate=3e-3,
        loss={"bce": 1.0, "iou": 1.0}, val_size=64, val_every=20, checkpoint_every=20,
        sheet_every=20, log_every=5, ema=0.9, workers=0, cache_side=160,
    )  # fmt: skip


RECIPES: dict[str, Callable[[], Recipe]] = {
    "paper": paper,
    "paper_lite": paper_lite,
    "seed003": seed003,
    "lite": lite,
    "finetune": finetune,
    "distil_layers": distil_layers,
    "distil_blocks": distil_blocks,
    "distil": distil,
    "multiclass": multiclass,
    "multilabel": multilabel,
    "smoke": smoke,
}
"""Name -> the function that makes it."""

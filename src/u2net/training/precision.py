"""Which arithmetic a run computes in, and what Lightning calls it."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch

from u2net.errors import TrainingError
from u2net.training.recipe import Precision, Recipe, read_fields

NAMES: dict[Precision, Literal["bf16-mixed", "16-mixed", "32-true", "64-true"]] = {
    "bf16": "bf16-mixed",
    "fp16": "16-mixed",
    "fp32": "32-true",
    "fp64": "64-true",
}


def decided(recipe: Recipe, before: Path) -> Recipe:
    """The recipe with a precision in the place of `auto`.

    A run whose recipe is in the file `before` keeps its own, and so its bits; another has the
    fastest that is sound on this machine.
    """
    if recipe.precision != "auto":
        return recipe
    return replace(recipe, precision=stored(before) or quickest())


def quickest() -> Precision:
    """bf16 where this machine computes it itself; emulated, it is 4 to 20 times slower."""
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(False) else "fp32"
    try:
        return "bf16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "fp32"
    except AttributeError:  # a torch that was built without oneDNN
        return "fp32"


def stored(recipe: Path) -> Precision | None:
    """The precision of the recipe in a file, if that says any; what it lacks is others' to find."""
    try:
        found = read_fields(recipe.read_text(encoding="utf-8")).get("precision")
    except (OSError, ValueError, TrainingError):
        return None
    return next((name for name in NAMES if name == found), None)


def check_precision(recipe: Recipe) -> None:
    """Raise `TrainingError` for arithmetic that this machine does not have."""
    gpu = torch.cuda.is_available()
    if recipe.precision == "fp16" and not gpu:
        raise TrainingError("precision=fp16 is for GPUs; take bf16, or fp32")
    if recipe.precision == "bf16" and gpu and not torch.cuda.is_bf16_supported(False):
        raise TrainingError("this GPU has no bfloat16; take --set precision=fp16, or fp32")

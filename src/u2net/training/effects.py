"""Fields of a recipe that act only beside others: to set one alone is a mistake, and is refused."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from u2net.errors import TrainingError

if TYPE_CHECKING:
    from u2net.training.recipe import Recipe


class _Need(NamedTuple):
    acts: Callable[["Recipe"], bool]
    what: str
    """The setting that is missing."""


_COMPOSITES = _Need(lambda recipe: recipe.composites > 0, "composites=SHARE")
_VALIDATION = _Need(lambda recipe: bool(recipe.val), "val=DIR")
_WHOLE = _Need(lambda recipe: recipe.distil == "whole", "distil=whole and teacher=CHECKPOINT")
_PAPER = _Need(lambda recipe: recipe.augment == "paper", "augment=paper")
_STRONG = _Need(lambda recipe: recipe.augment == "strong", "augment=strong")

_NEEDS = {
    **dict.fromkeys(("cutouts", "backgrounds"), _COMPOSITES),
    **dict.fromkeys(("best", "keep_best", "val_every", "val_pictures"), _VALIDATION),
    **dict.fromkeys(("hints", "teacher_share"), _WHOLE),
    **dict.fromkeys(("resize", "flip"), _PAPER),
    "smallest_crop": _STRONG,
    "ignore": _Need(lambda recipe: recipe.task == "multiclass", "task=multiclass"),
    "class_weights": _Need(lambda recipe: recipe.task != "saliency", "task=multiclass"),
}


def check_effects(recipe: "Recipe", given: Iterable[str]) -> None:
    """Raise `TrainingError` for a field that was `given` and does nothing; 0 and nothing pass."""
    for key in given:
        need = _NEEDS.get(key)
        if need and getattr(recipe, key) and not need.acts(recipe):
            raise TrainingError(
                f"--set {key}={_text(getattr(recipe, key))} does nothing here: "
                f"add --set {need.what}, or leave it out"
            )


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)

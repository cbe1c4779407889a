"""What an engine promises, and what a network file must be: one picture in, its maps out first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from u2net.errors import UnfitModelError
from u2net.weights.card import Card

if TYPE_CHECKING:
    from u2net.arrays import Batch

PRECISIONS = ("fp32", "bf16", "int8")
"""The arithmetic that engines know, between them."""

AXES, CHANNELS = 4, 3


class Engine(Protocol):
    """A network file made ready to run; safe to call from several threads."""

    @property
    def name(self) -> str:
        """`openvino` or `onnxruntime`."""

    @property
    def device(self) -> str:
        """What it runs on, in the engine's own word: CPU, GPU.0, cuda."""

    @property
    def precision(self) -> str:
        """One of `PRECISIONS`."""

    def __call__(self, batch: "Batch") -> "Batch":
        """(N, 3, H, W) normalised -> (N, maps, H, W), 0…1; a new array for every call.

        Raises `EngineError` when the device fails.
        """


def check_card(card: Card) -> None:
    """Raise `UnfitModelError` for a network that sees something else than its card names."""
    if len(card.mean) != CHANNELS + len(card.extra):
        raise UnfitModelError(
            f"the network takes {len(card.mean)} channels, pictures have {CHANNELS}; "
            "use a model for colour pictures"
        )


def check_fit(inputs: int, outputs: int, axes: int) -> None:
    """Raise `UnfitModelError` for a network of another kind.

    Maps beyond the first are the side outputs that others export too; they are not read.
    """
    if inputs != 1 or outputs < 1 or axes != AXES:
        raise UnfitModelError(
            f"the network takes {inputs} inputs, the first of {axes} axes; "
            "one picture (batch, channels, height, width) was expected; use another model"
        )


def check_map(shape: Sequence[int], picture: Sequence[int], card: Card) -> None:
    """Raise `UnfitModelError` unless `shape` is that of the card's maps for a batch `picture`."""
    if tuple(shape) != (picture[0], card.maps, *picture[2:]):
        count = f"one map for each of {card.maps} classes" if card.classes else "one map"
        raise UnfitModelError(
            f"the network turns {tuple(picture)} into {tuple(shape)}; "
            f"{count}, of the picture's size, was expected; use another model"
        )


def refuse_other_shape(batch: "Batch", shape: Sequence[int]) -> None:
    """Raise `ValueError` when `batch` is not (any, *shape[1:])."""
    if batch.shape[1:] != tuple(shape)[1:]:
        raise ValueError(
            f"a batch of shape {batch.shape}, where (N, *{tuple(shape)[1:]}) was expected"
        )

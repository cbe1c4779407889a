"""Name or path -> model file and its card."""

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from u2net.card import KEY, Card
from u2net.errors import UnfitModelError, UnknownModelError
from u2net.metadata import read_metadata

EMBEDDED = Path(__file__).with_name("models")
"""The model files inside the package: one NAME.onnx each, with its card."""

_released = partial(
    Card,
    stretch=True,
    source="Qin et al., U²-Net (github.com/xuebinqin/U-2-Net), as exported for rembg",
    licence="Apache-2.0",
)
_DUTS = "DUTS-TR"

RELEASED = {
    "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491": _released(
        name="u2net", training_data=_DUTS
    ),
    "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8": _released(
        name="u2netp", training_data=_DUTS
    ),
    "01eb6a29a5c4d8edb30b56adad9bb3a2a0535338e480724a213e0acfd2d1c73c": _released(
        name="u2net_human_seg", training_data="Supervisely Person"
    ),
}
"""SHA-256 -> card of the files that others published without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A network file, ready for an engine."""

    name: str
    """What it was asked for by."""
    path: Path
    data: bytes
    """The whole ONNX file."""
    card: Card


def find_model(name_or_path: str) -> Model:
    """The embedded model of that name, or the ONNX file, or the run folder, at that path.

    Raises `UnknownModelError` when there is none, `UnfitModelError` when the file cannot be used.
    """
    path = _place(name_or_path)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnfitModelError(f"{path}: cannot be read ({reason})") from error
    try:
        return Model(name=name_or_path, path=path, data=data, card=read_card(data))
    except UnfitModelError as error:
        raise UnfitModelError(f"{path}: {error}") from error


def embedded() -> list[str]:
    """Names of the models inside the package."""
    return sorted(path.stem for path in EMBEDDED.glob("*.onnx"))


def read_card(data: bytes) -> Card:
    """The card of the ONNX file `data`: the one inside, or that of a released file known by its SHA-256.

    Raises `UnfitModelError` when `data` is no ONNX file, or one without a card.
    """
    if not data:
        raise UnfitModelError("the model file is empty; fetch or export it again")
    try:
        text = read_metadata(data).get(KEY)
        if text is not None:
            return Card.from_json(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise UnfitModelError(f"damaged, or no ONNX file ({error}); fetch or export it again") from error
    card = RELEASED.get(hashlib.sha256(data).hexdigest())
    if card is None:
        raise UnfitModelError(
            "an ONNX file without a card, so nobody knows what it expects; "
            "make one from its checkpoint with 'u2net export'"
        )
    return card


def _place(name_or_path: str) -> Path:
    if name_or_path in embedded():
        return EMBEDDED / f"{name_or_path}.onnx"
    path = Path(name_or_path)
    if path.is_dir():
        path = path / "model.onnx"
    if not path.exists():
        raise UnknownModelError(
            f"{name_or_path}: no such model; use {', '.join(embedded())} or the path of an ONNX file"
        )
    return path

"""Name or path -> model file and its card."""

import hashlib
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from u2net.errors import UnfitModelError, UnknownModelError
from u2net.weights.card import KEY, Card
from u2net.weights.onnx_metadata import read_metadata

EMBEDDED = Path(__file__).parent
"""The model files inside the package: one NAME.onnx each."""

_authors = partial(
    Card,
    stretch=True,
    source="Qin et al., github.com/xuebinqin/U-2-Net",
    licence="Apache-2.0",
    training_data="DUTS-TR",
)

_U2NET, _U2NETP = _authors(name="u2net"), _authors(name="u2netp")

PUBLISHED = {
    # The authors' checkpoints.
    "10025a17f49cd3208afc342b589890e402ee63123d6f2d289a4a0903695cce58": _U2NET,
    "e7567cde013fb64813973ce6e1ecc25a80c05c3ca7adbc5a54f3c3d90991b854": _U2NETP,
    # The same and their kin as ONNX, from github.com/danielgatis/rembg.
    "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491": _U2NET,
    "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8": _U2NETP,
    "01eb6a29a5c4d8edb30b56adad9bb3a2a0535338e480724a213e0acfd2d1c73c": _authors(
        name="u2net_human_seg", training_data="Supervisely Person"
    ),
    "75da6c8d2f8096ec743d071951be73b4a8bc7b3e51d9a6625d63644f90ffeedb": _authors(
        name="silueta",
        source="U²-Net made smaller (github.com/xuebinqin/U-2-Net, issue 295)",
        licence="none stated",
        training_data="none stated",
    ),
}
"""SHA-256 of a file that others published without a card -> its card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A network file, ready for an engine."""

    name: str
    """What it was asked for by."""
    path: Path
    """Where it was read."""
    data: bytes
    """The whole ONNX file."""
    card: Card


def find_model(name_or_path: str) -> Model:
    """The embedded model of that name, the ONNX file at that path, or that of a run folder.

    Raises `UnknownModelError` when there is none, `UnfitModelError` when the file cannot be used.
    """
    path = _place(name_or_path)
    data = read_model(path)
    try:
        return Model(name=name_or_path, path=path, data=data, card=read_card(data))
    except UnfitModelError as error:
        raise UnfitModelError(f"{path}: {error}") from error


def read_model(path: Path) -> bytes:
    """The whole file. Raises `UnknownModelError` when there is none, or `UnfitModelError`."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        names = ", ".join(embedded())
        message = f"{path}: no such model; there are {names}, and any model file by its path"
        raise UnknownModelError(message) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnfitModelError(f"{path}: cannot be read ({reason}); name a model file") from error


def embedded() -> list[str]:
    """Names of the models inside the package."""
    return sorted(path.stem for path in EMBEDDED.glob("*.onnx"))


def read_card(data: bytes) -> Card:
    """The card in the ONNX file `data`, or the one of a published file known by its SHA-256.

    Raises `UnfitModelError` when `data` is no ONNX file, or one without a card.
    """
    try:
        text = read_metadata(data).get(KEY)
        if text is not None:
            return Card.from_json(text)
    except ValueError as error:
        message = f"a damaged model, or no ONNX file ({error}); fetch or export it again"
        raise UnfitModelError(message) from error
    card = published(data)
    if card is None:
        raise UnfitModelError(
            "the ONNX file has no card, so what it expects is not known; "
            "make one from its checkpoint with 'u2net export'"
        )
    return card


def published(data: bytes) -> Card | None:
    """The card of the file `data`, when it is one that others published."""
    return PUBLISHED.get(hashlib.sha256(data).hexdigest())


def _place(name_or_path: str) -> Path:
    if name_or_path in embedded():
        return EMBEDDED / f"{name_or_path}.onnx"
    path = Path(name_or_path)
    return path / "model.onnx" if os.path.isdir(path) else path  # noqa: PTH112 (never raises)

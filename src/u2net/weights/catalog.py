"""Name or path -> model file and its card."""

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from u2net.errors import UnfitModelError, UnknownModelError
from u2net.files import is_file, is_folder
from u2net.weights.card import KEY, Card
from u2net.weights.onnx_metadata import read_metadata

LARGEST = (1 << 31) - 1
"""Bytes of a protocol buffer message."""

FINISHED = "model.onnx"
"""The file of a run folder that is its result."""

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

PUBLISHER = "github.com/danielgatis/rembg"

PUBLISHED = {
    # The authors' checkpoints.
    "10025a17f49cd3208afc342b589890e402ee63123d6f2d289a4a0903695cce58": _U2NET,
    "e7567cde013fb64813973ce6e1ecc25a80c05c3ca7adbc5a54f3c3d90991b854": _U2NETP,
    # The same and their kin as ONNX, from `PUBLISHER`.
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
    if other := _other_kind(data):
        file = Path(name_or_path)
        raise UnfitModelError(
            f"{file}: {other}, and models are ONNX files; make one with "
            f"'u2net export {file} -o {file.with_suffix('.onnx')}'"
        )
    try:
        return Model(name=name_or_path, path=path, data=data, card=read_card(data))
    except UnfitModelError as error:
        raise UnfitModelError(f"{path}: {error}") from error


def read_model(path: Path) -> bytes:
    """The whole file. Raises `UnknownModelError` when there is none, or `UnfitModelError`."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise UnfitModelError(f"{path}: is no file; name a model file")
        if about.st_size > LARGEST:
            raise UnfitModelError(f"{path}: is larger than any ONNX file (2 GB); use another model")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UnknownModelError(f"{path}: no such model; {_others(path)}") from error
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
    if not is_folder(path):
        return path
    if not is_file(path / FINISHED) and is_folder(path / "checkpoints"):
        raise UnknownModelError(
            f"{path}: the run has no {FINISHED} yet; wait for its end, or make one of its best "
            f"weights with 'u2net export {path} -o {path / FINISHED}'"
        )
    return path / FINISHED


def _others(path: Path) -> str:
    """What there is instead of the file that is missing."""
    found = [place for place in _guesses(path) if is_file(place)]
    if found:
        return f"there is {found[0]}, name it by its whole path"
    names = ", ".join(embedded())
    known = {card.name for card in PUBLISHED.values()}
    hint = f"; {path.name}.onnx is at {PUBLISHER}/releases" if path.name in known else ""
    return f"there are {names}, and any model file by its path{hint}"


def _guesses(path: Path) -> list[Path]:
    """Where a file of that name might be: beside, and where rembg keeps its own."""
    name = f"{path.name.removesuffix('.onnx')}.onnx"
    home = os.path.expanduser("~")  # noqa: PTH111 (never raises, where there is no home either)
    return [path.parent / name, Path(home) / ".u2net" / name]


def _other_kind(data: bytes) -> str:
    """What `data` is when it is a whole file of another kind, else nothing."""
    if data.startswith(b"\x80\x02") or (data.startswith(b"PK") and b"/data.pkl" in data):
        return "is a checkpoint of PyTorch"
    if data[8:9] == b"{" and int.from_bytes(data[:8], "little") < len(data):
        return "is a safetensors checkpoint"
    return ""

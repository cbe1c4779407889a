"""Checkpoint file -> its state dicts, and what is stored beside them; code in a file never runs."""

import pickle
import warnings
import zipfile
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import Tensor

from u2net.errors import UnfitModelError, UnknownModelError
from u2net.files import is_named_pipe
from u2net.network.numpy_numbers import STAND_INS

State = dict[str, Tensor]
"""Tensors by name, on the CPU."""

INERT: list[Any] = [Namespace, *STAND_INS]
"""Classes that hold values and do nothing, whose instances trainers store beside the weights: the
arguments of the script, and numbers of numpy."""

DEPTH = 2
"""How many tables deep weights are looked for."""

_DAMAGE = (
    *(RuntimeError, EOFError, LookupError, ValueError, TypeError, AttributeError),
    *(AssertionError, ArithmeticError, MemoryError, ImportError, zipfile.BadZipFile),
)
"""What torch raises for damaged bytes, depending on where the damage is."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a checkpoint file holds."""

    states: dict[str, State]
    """Where in the file -> the tensors there: '' is the file itself, a name is a table in it, and
    `model.state_dict` a table in that."""
    beside: Mapping[Any, Any]
    """Safetensors metadata, or all of a training checkpoint."""


def read_stored(path: Path) -> Stored:
    """The tensors in `path`: safetensors, or what `torch.save` wrote.

    Raises `UnknownModelError` when there is no such file, `UnfitModelError` when it is damaged, no
    checkpoint, or a pickle with code in it.
    """
    if is_named_pipe(path):
        raise UnfitModelError(f"{path}: a named pipe, not a file; name a checkpoint")
    try:
        with path.open("rb") as file:
            head = file.read(9)
        if not head:
            raise UnfitModelError(f"{path}: the file is empty; fetch it again")
        # Safetensors: the length of a JSON header in eight bytes, then the header.
        return _safetensors(path) if head[8:] == b"{" else _pickled(path)
    except FileNotFoundError as error:
        raise UnknownModelError(f"{path}: no such checkpoint; name a file that exists") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnfitModelError(f"{path}: cannot be read ({reason})") from error


def _safetensors(path: Path) -> Stored:
    try:
        with safetensors.safe_open(path, "pt") as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            return Stored({"": tensors}, opened.metadata() or {})
    except (safetensors.SafetensorError, *_DAMAGE) as error:
        message = f"{path}: a damaged safetensors file ({_first_line(error)}); fetch it again"
        raise UnfitModelError(message) from error


def _pickled(path: Path) -> Stored:
    try:
        with warnings.catch_warnings():
            # Of what a damaged file seems to be; that it is damaged is raised.
            warnings.filterwarnings("ignore", module=r"torch\.")
            _refuse_packed(path)
            # By its bytes alone: given a path, torch would go by the suffix.
            with path.open("rb") as file, torch.serialization.safe_globals(INERT):
                content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnfitModelError(f"{path}: {_why_unpicklable(error)}") from error
    except _DAMAGE as error:
        message = f"{path}: no checkpoint, or a damaged one ({_first_line(error)}); fetch it again"
        raise UnfitModelError(message) from error
    if not isinstance(content, Mapping):
        kind = type(content).__name__
        raise UnfitModelError(f"{path}: holds one {kind}, not the state dict of a network")
    return Stored({name: _tensors(table) for name, table in _tables(content).items()}, content)


def _tables(content: Mapping[Any, Any]) -> dict[str, Mapping[Any, Any]]:
    """`content` and the tables in it, down to those in tables of its own, by the way to them."""
    found = level = {"": content}
    met: set[int] = set()
    for _ in range(DEPTH):
        # A file may name one table many times, and itself: each is looked into once.
        distinct = {id(table): (place, table) for place, table in level.items()}
        met |= distinct.keys()
        level = {
            f"{place}.{name}" if place else str(name): inner
            for place, table in distinct.values()
            for name, inner in table.items()
            if isinstance(inner, Mapping) and id(inner) not in met
        }
        found = found | level
    return found


def _tensors(table: Mapping[Any, Any]) -> State:
    return {
        name: value
        for name, value in table.items()
        if isinstance(name, str) and isinstance(value, Tensor)
    }


def _refuse_packed(path: Path) -> None:
    """Refuse compressed archives: torch writes none, and a small one may fill the memory."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
                raise ValueError("its parts are compressed")


def _why_unpicklable(error: pickle.UnpicklingError) -> str:
    if "GLOBAL" in str(error):
        return "holds Python code, which is never run; save the state_dict of the network alone"
    return "no checkpoint, or a damaged one; a .pth, .ckpt or .safetensors file was expected"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]

"""Checkpoint file -> tensors by name, and what is stored beside them; code in a file never runs."""

import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import Tensor

from u2net.errors import UnfitModelError, UnknownModelError

NESTS = ("state_dict", "model")
"""Where training checkpoints, ours and others', keep the weights among the rest."""

_DAMAGE = (
    *(RuntimeError, EOFError, LookupError, ValueError, TypeError, AttributeError),
    *(AssertionError, ArithmeticError),
)
"""What torch raises for damaged bytes, depending on where the damage is."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a checkpoint file holds."""

    tensors: dict[str, Tensor]
    """Every tensor of the state dict, on the CPU, under the names of the file."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Safetensors metadata, or the rest of a training checkpoint."""


def read_stored(path: Path) -> Stored:
    """The tensors in `path`: safetensors, or what `torch.save` wrote.

    Raises `UnknownModelError` when there is no such file, `UnfitModelError` when it is damaged, no
    checkpoint, or a pickle with code in it.
    """
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
            return Stored(tensors, opened.metadata() or {})
    except safetensors.SafetensorError as error:
        message = f"{path}: a damaged safetensors file ({_first_line(error)}); fetch it again"
        raise UnfitModelError(message) from error


def _pickled(path: Path) -> Stored:
    try:
        with warnings.catch_warnings():
            # Of what a damaged file seems to be; that it is damaged is raised.
            warnings.filterwarnings("ignore", module=r"torch\.")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnfitModelError(f"{path}: {_why_unpicklable(error)}") from error
    except _DAMAGE as error:
        message = f"{path}: no checkpoint, or a damaged one ({_first_line(error)}); fetch it again"
        raise UnfitModelError(message) from error
    if not isinstance(content, Mapping):
        kind = type(content).__name__
        raise UnfitModelError(f"{path}: holds one {kind}, not the state dict of a network")
    nest = next((name for name in NESTS if isinstance(content.get(name), Mapping)), None)
    state = content if nest is None else content[nest]
    tensors = {str(name): value for name, value in state.items() if isinstance(value, Tensor)}
    return Stored(tensors, {} if nest is None else content)


def _why_unpicklable(error: pickle.UnpicklingError) -> str:
    if "GLOBAL" in str(error):
        return "holds Python code, which is never run; save the state_dict of the network alone"
    return "no checkpoint, or a damaged one; a .pth, .ckpt or .safetensors file was expected"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]

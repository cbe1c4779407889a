"""Checkpoint file -> tensors by name and what is stored beside them; code in a file never runs."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load as safetensors_load
from torch import Tensor

from u2net.errors import UnfitModelError


@dataclass(frozen=True, slots=True)
class Stored:
    """What a checkpoint file holds."""

    tensors: dict[str, Tensor]
    """Every tensor of the state dict, on the CPU, under the names of the file."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Safetensors metadata, or the rest of a training checkpoint."""


def read_stored(path: Path) -> Stored:
    """The tensors in `path`: safetensors, or what `torch.save` wrote.

    Raises `UnfitModelError` when the file is missing, damaged, no checkpoint, or a pickle with code in it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnfitModelError(f"{path}: cannot be read ({reason}); name a checkpoint file") from error
    if not data:
        raise UnfitModelError(f"{path}: the file is empty; fetch it again")
    # A safetensors file opens with the length of its JSON header, then the header.
    return _safetensors(path, data) if data[8:9] == b"{" else _pickled(path)


def _safetensors(path: Path, data: bytes) -> Stored:
    try:
        tensors = safetensors_load(data)
        with safetensors.safe_open(path, "pt") as opened:
            return Stored(tensors, opened.metadata() or {})
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise UnfitModelError(f"{path}: damaged safetensors file ({_line(error)}); fetch it again") from error


def _pickled(path: Path) -> Stored:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnfitModelError(f"{path}: {_pickle_reason(error)}") from error
    except (RuntimeError, EOFError, ValueError, KeyError, IndexError, AttributeError, TypeError, OSError) as error:
        raise UnfitModelError(f"{path}: no checkpoint, or a damaged one ({_line(error)})") from error
    if not isinstance(content, Mapping):
        raise UnfitModelError(f"{path}: holds a {type(content).__name__}, not the weights of a network")
    state = content["state_dict"] if isinstance(content.get("state_dict"), Mapping) else content
    tensors = {str(key): value for key, value in state.items() if isinstance(value, Tensor)}
    return Stored(tensors, {} if state is content else {k: v for k, v in content.items() if k != "state_dict"})


def _pickle_reason(error: Exception) -> str:
    if "GLOBAL" in str(error) or "REDUCE" in str(error):
        return "holds Python code beside weights, which is never run; save its state_dict alone"
    return "no checkpoint, or a damaged one; a .pth, .ckpt or .safetensors file was expected"


def _line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:160] if text else type(error).__name__

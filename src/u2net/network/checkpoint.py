"""Checkpoint file <-> network, whoever wrote the file."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from u2net.errors import UnfitModelError
from u2net.files import write
from u2net.network.dialects import DIALECTS, Dialect
from u2net.network.differences import Differences, differences, sample
from u2net.network.specs import spec_from_json, spec_to_json
from u2net.network.stored import Stored, read_stored
from u2net.network.unet import FULL, LITE, U2Net, U2NetSpec

SPEC_KEY = "u2net.spec"
"""Where a checkpoint of ours keeps the JSON of its spec."""


def save_checkpoint(net: U2Net, path: str | Path) -> None:
    """Write the weights of `net` and its spec as safetensors, atomically."""
    state = {key: value.detach().contiguous().cpu() for key, value in net.state_dict().items()}
    write(Path(path), safetensors.torch.save(state, {SPEC_KEY: spec_to_json(net.spec)}))


def load_checkpoint(path: str | Path) -> U2Net:
    """The network that `path` holds, float32 on the CPU, in evaluation mode.

    Recognised by their keys: the authors' `.pth` files, the `encode_modules` family (convolutions without
    bias) and checkpoints of this package, with or without a `module.` prefix and batch counters.
    Raises `UnfitModelError` that lists the keys that miss or are too many when nothing fits.
    """
    path = Path(path)
    stored = read_stored(path)
    tensors = {key.removeprefix("module."): value for key, value in stored.tensors.items()}
    dialect = next((d for d in DIALECTS if d.sign in tensors), None)
    if dialect is None:
        raise UnfitModelError(
            f"{path}: none of its {len(tensors)} keys is of a U²-Net"
            f"{sample(tensors)}; one of {', '.join(d.sign for d in DIALECTS)} was expected"
        )
    try:
        return _fit(_specs(stored), dialect, tensors)
    except ValueError as error:
        raise UnfitModelError(f"{path}: {error}") from error


def _specs(stored: Stored) -> tuple[U2NetSpec, ...]:
    text = stored.beside.get(SPEC_KEY)
    return (FULL, LITE) if text is None else (spec_from_json(str(text)),)


def _fit(specs: Iterable[U2NetSpec], dialect: Dialect, tensors: Mapping[str, Tensor]) -> U2Net:
    """The network whose shapes `tensors` have; `ValueError` with the smallest differences otherwise."""
    nearest: Differences | None = None
    for spec in specs:
        net = _skeleton(spec, dialect, tensors)
        theirs = dialect.translate(net.state_dict())
        found = differences(net.state_dict(), theirs, tensors, dialect)
        if not found:
            return _fill(net, theirs, tensors)
        nearest = found if nearest is None else min(nearest, found, key=len)
    raise ValueError(f"not the weights of a U²-Net in {dialect.name} naming: {nearest}")


def _skeleton(spec: U2NetSpec, dialect: Dialect, tensors: Mapping[str, Tensor]) -> U2Net:
    """A network without memory for its weights, with the channels in and maps out that `tensors` have."""
    fuse = tensors.get(dialect.translate(["fuse.weight"])["fuse.weight"])
    first = tensors[dialect.sign]
    inputs = first.shape[1] if first.ndim == 4 else 3
    outputs = fuse.shape[0] if fuse is not None and fuse.ndim == 4 else 1
    with torch.device("meta"):
        return U2Net(spec, inputs=inputs, outputs=outputs)


def _fill(net: U2Net, theirs: Mapping[str, str], tensors: Mapping[str, Tensor]) -> U2Net:
    state = {
        # Old files count no batches, and convolutions without a bias have one of zero.
        key: tensors[theirs[key]].to(ours.dtype)
        if theirs[key] in tensors
        else torch.zeros(ours.shape, dtype=ours.dtype)
        for key, ours in net.state_dict().items()
    }
    net.load_state_dict(state, assign=True)
    return net.eval()

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

    Recognised by their keys: the authors' files, the `encode_modules` family (convolutions without
    bias) and checkpoints of this package, those of a training run too, whose averaged weights are
    taken; with or without a `module.` prefix and batch counters. Any channels in and maps out.
    Raises `UnfitModelError` that names keys that miss or are too many when nothing fits, and
    `UnknownModelError` when there is no such file.
    """
    path = Path(path)
    stored = read_stored(path)
    tensors = {key.removeprefix("module."): value for key, value in stored.tensors.items()}
    try:
        return _fit(_specs(stored), _dialect(tensors), tensors)
    except ValueError as error:
        raise UnfitModelError(f"{path}: {error}") from error


def _dialect(tensors: Mapping[str, Tensor]) -> Dialect:
    for dialect in DIALECTS:
        if dialect.sign in tensors:
            return dialect
    signs = " or ".join(dialect.sign for dialect in DIALECTS)
    found = f"none of its {len(tensors)} tensors{sample(tensors)} is one of a U²-Net"
    raise ValueError(f"{found}; {signs} was expected among them")


def _specs(stored: Stored) -> tuple[U2NetSpec, ...]:
    """What the file says it is, or else the two networks that others publish."""
    text = stored.beside.get(SPEC_KEY)
    return (FULL, LITE) if text is None else (spec_from_json(str(text)),)


def _fit(specs: Iterable[U2NetSpec], dialect: Dialect, tensors: Mapping[str, Tensor]) -> U2Net:
    """The network whose shapes `tensors` have; `ValueError` with the fewest differences if none."""
    misfits: list[Differences] = []
    for spec in specs:
        net = _skeleton(spec, dialect, tensors)
        theirs = dialect.translate(net.state_dict())
        misfit = differences(net.state_dict(), theirs, tensors, dialect)
        if not misfit:
            return _fill(net, theirs, tensors)
        misfits.append(misfit)
    raise ValueError(
        f"not the weights of a U²-Net in {dialect.name} names: {min(misfits, key=len)}"
    )


def _skeleton(spec: U2NetSpec, dialect: Dialect, tensors: Mapping[str, Tensor]) -> U2Net:
    """A network without memory, of as many channels in and maps out as `tensors` are for."""
    fuse, first = dialect.translate(["fuse.weight"])["fuse.weight"], dialect.sign
    inputs = tensors[first].shape[1] if tensors[first].ndim == 4 else 3
    outputs = len(tensors[fuse]) if fuse in tensors and tensors[fuse].ndim == 4 else 1
    with torch.device("meta"):
        return U2Net(spec, inputs=inputs, outputs=outputs)


def _fill(net: U2Net, theirs: Mapping[str, str], tensors: Mapping[str, Tensor]) -> U2Net:
    def weight(name: str, like: Tensor) -> Tensor:
        # A counter that an old file lacks, a bias that a convolution without one lacks: zero.
        found = tensors.get(name, torch.zeros(like.shape))
        return found.to(like.dtype, copy=True, memory_format=torch.contiguous_format)

    state = {key: weight(theirs[key], like) for key, like in net.state_dict().items()}
    net.load_state_dict(state, assign=True)
    return net.eval()

"""Checkpoint file <-> network, whoever wrote the file."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from u2net.errors import UnfitModelError
from u2net.files import write
from u2net.network.blocks.nested import U2NetSpec
from u2net.network.differences import Differences, differences
from u2net.network.specs import spec_from_json, spec_to_json
from u2net.network.stored import Stored, read_stored
from u2net.network.unet import FULL, LITE, U2Net
from u2net.network.wrapping import Found, unwrap

SPEC_KEY = "u2net.spec"
"""Where a checkpoint of ours keeps the JSON of its spec."""


def save_checkpoint(net: U2Net, path: str | Path) -> None:
    """Write the weights of `net` and its spec as safetensors, atomically."""
    state = {key: value.detach().contiguous().cpu() for key, value in net.state_dict().items()}
    write(Path(path), safetensors.torch.save(state, {SPEC_KEY: spec_to_json(net.spec)}))


def load_checkpoint(path: str | Path) -> U2Net:
    """The network that `path` holds, float32 on the CPU, in evaluation mode.

    Recognised by their keys: the authors' files, the `encode_modules` family (convolutions without
    bias) and checkpoints of this package, those of a training run too; averaged weights are taken
    where there are any. As trainers wrap them: in a table of a checkpoint, or in a table of that,
    whatever their names, and behind one prefix, such as `module.`; with or without batch counters.
    Any channels in, maps out. Raises `UnfitModelError` that names keys that miss or are too many
    when nothing fits, and
    `UnknownModelError` when there is no such file.
    """
    path = Path(path)
    stored = read_stored(path)
    try:
        found = unwrap(stored.states)
        return _fit(_specs(stored, found), found)
    except ValueError as error:
        raise UnfitModelError(f"{path}: {error}") from error


def _specs(stored: Stored, found: Found) -> tuple[U2NetSpec, ...]:
    """What the file says it is, or else the two networks that others publish."""
    text = stored.beside.get(SPEC_KEY)
    if text is None:
        return (FULL, LITE)
    spec = spec_from_json(str(text))
    if spec.layers > len(found.tensors):
        # Said before anything is built, which takes time and memory for every layer.
        have = f"has {len(found.tensors):,} tensors"
        raise ValueError(f"its spec asks for {spec.layers:,} layers, and it {have}; fetch it again")
    return (spec,)


def _fit(specs: Iterable[U2NetSpec], found: Found) -> U2Net:
    """The network that has the shapes found; `ValueError` with the fewest differences if none."""
    misfits: list[Differences] = []
    for spec in specs:
        net = _skeleton(spec, found)
        theirs = found.dialect.translate(net.state_dict())
        misfit = differences(net.state_dict(), theirs, found.tensors, found.dialect)
        if not misfit:
            return _fill(net, theirs, found.tensors)
        misfits.append(misfit)
    names = f"not the weights of a U²-Net in {found.dialect.name} names"
    raise ValueError(f"{found.where}{names}: {min(misfits, key=len)}")


def _skeleton(spec: U2NetSpec, found: Found) -> U2Net:
    """A network without memory, of as many channels in and maps out as the tensors are for."""
    fuse = found.tensors.get(found.dialect.translate(["fuse.weight"])["fuse.weight"])
    outputs = len(fuse) if fuse is not None and fuse.ndim == 4 else 1
    with torch.device("meta"):
        return U2Net(spec, inputs=_inputs(spec, found), outputs=outputs)


def _inputs(spec: U2NetSpec, found: Found) -> int:
    """Channels in: those of the first block's weight that reads them; 3 where it misses."""
    with torch.device("meta"):
        one, two = (spec.encoders[0].build(inputs).state_dict() for inputs in (1, 2))
    keys = {f"encoders.0.{key}": one[key].shape != two[key].shape for key in one}
    theirs = found.dialect.translate(keys)
    reading = (found.tensors.get(theirs[key]) for key, reads in keys.items() if reads)
    wide = next((w.shape[1] for w in reading if w is not None and w.ndim == 4), 0)
    return wide // spec.patch**2 or 3


def _fill(net: U2Net, theirs: Mapping[str, str], tensors: Mapping[str, Tensor]) -> U2Net:
    def weight(name: str, like: Tensor) -> Tensor:
        # A counter that an old file lacks, a bias that a convolution without one lacks: zero.
        found = tensors.get(name, torch.zeros(like.shape))
        return found.to(like.dtype, copy=True, memory_format=torch.contiguous_format)

    state = {key: weight(theirs[key], like) for key, like in net.state_dict().items()}
    net.load_state_dict(state, assign=True)
    return net.eval()

"""State dict asked for × state dict found -> what misses, is too much, or has another shape."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from u2net.network.dialects import Dialect

SHOWN = 3
"""Keys named in a message; the rest is counted."""

NUMBERS = (
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8),
)


@dataclass(frozen=True, slots=True)
class Differences:
    """Where a file departs from a network; empty when it fits."""

    missing: list[str]
    extra: list[str]
    reshaped: list[str]
    odd: list[str]

    def __len__(self) -> int:
        return len(self.missing) + len(self.extra) + len(self.reshaped) + len(self.odd)

    def __str__(self) -> str:
        kinds = {
            "missing": self.missing,
            "too many": self.extra,
            "of other shape": self.reshaped,
            "no plain numbers": self.odd,
        }
        return "; ".join(
            f"{len(keys)} {kind}{sample(keys)}" for kind, keys in kinds.items() if keys
        )


def differences(
    ours: Mapping[str, Tensor],
    theirs: Mapping[str, str],
    found: Mapping[str, Tensor],
    dialect: Dialect,
) -> Differences:
    """How `found` departs from `ours`, in the names of the file; `theirs` translates our names."""
    wanted = {theirs[key]: list(tensor.shape) for key, tensor in ours.items()}
    optional = {theirs[key] for key in ours if _may_miss(key, dialect)}
    return Differences(
        missing=[key for key in wanted if key not in found and key not in optional],
        extra=[key for key in found if key not in wanted],
        reshaped=[
            f"{key} {list(found[key].shape)} instead of {shape}"
            for key, shape in wanted.items()
            if key in found and list(found[key].shape) != shape
        ],
        odd=[
            f"{key} {str(found[key].dtype).removeprefix('torch.')}"
            for key in wanted
            if key in found and not _is_plain(found[key])
        ],
    )


def sample(keys: Iterable[str]) -> str:
    """The first few of `keys` in brackets, with a space before; nothing for none."""
    keys = list(keys)
    more = ", …" if len(keys) > SHOWN else ""
    return f" ({', '.join(map(shown, keys[:SHOWN]))}{more})" if keys else ""


def shown(name: str) -> str:
    """A name out of a file, as part of one line."""
    return repr(name[:80])[1:-1]


def _is_plain(tensor: Tensor) -> bool:
    """Whether it is real numbers in memory, each of them stored: not sparse, quantised, spread."""
    if tensor.layout is not torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
        return False
    stored = tensor.untyped_storage().nbytes() >= tensor.numel() * tensor.element_size()
    return stored and tensor.dtype in NUMBERS


def _may_miss(key: str, dialect: Dialect) -> bool:
    # torch before 0.4.1 counted no batches, and the counter changes nothing here.
    counter = key.endswith(".num_batches_tracked")
    return counter or (key.endswith(".conv.bias") and not dialect.convolution_bias)

"""Several checkpoints of one network -> the network of their averaged weights.

Weights that lie on one path of training may be averaged: the mean often scores above each of them
(Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", 2018;
Wortsman et al., "Model soups", 2022).
"""

from collections.abc import Mapping
from pathlib import Path

import torch

from u2net.errors import UnfitModelError
from u2net.network.checkpoint import load_checkpoint
from u2net.network.unet import U2Net


def average(shares: Mapping[str | Path, float]) -> U2Net:
    """The network whose every weight is the sum of share × weight over the checkpoints.

    Batch-norm statistics are averaged too. Raises `UnfitModelError` when the checkpoints hold
    different networks, `ValueError` unless the shares add up to 1.
    """
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise ValueError(f"the shares must add up to 1, not {sum(shares.values()):g}")
    nets = {path: load_checkpoint(path) for path in shares}
    first, *others = nets
    for other in others:
        if nets[other].spec != nets[first].spec:
            raise UnfitModelError(f"{other}: holds another network than {first}")
    states = {path: net.state_dict() for path, net in nets.items()}
    mean = {
        key: torch.stack([share * states[path][key] for path, share in shares.items()])
        .sum(0)
        .to(value.dtype)
        for key, value in states[first].items()
    }
    nets[first].load_state_dict(mean)
    return nets[first]

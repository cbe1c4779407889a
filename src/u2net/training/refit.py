"""Weights for other channels or maps -> those that a recipe needs: what both have is kept."""

import torch

from u2net.network import U2Net


@torch.no_grad()
def refitted(net: U2Net, inputs: int, outputs: int) -> U2Net:
    """`net` with `inputs` channels, as many as it has or more, and `outputs` maps.

    Further channels are not heard at first: their weights are 0, so that features are what they
    were. Where there are other maps, those of all levels and the fused one are made anew.
    """
    made = U2Net(net.spec, inputs=inputs, outputs=outputs)
    state = made.state_dict()
    for key, weight in net.state_dict().items():
        if state[key].shape == weight.shape:
            state[key] = weight
        elif not key.startswith(("sides.", "fuse.")):  # the first block's, which reads the channels
            state[key] = torch.zeros_like(state[key])
            state[key][:, : weight.shape[1]] = weight
    made.load_state_dict(state)
    return made.train(net.training)

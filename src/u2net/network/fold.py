"""Network -> the same network with every batch norm folded into the convolution before it."""

import copy

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from u2net.network.unet import ConvBlock, U2Net


def fold(net: U2Net) -> U2Net:
    """A copy of `net`, in evaluation mode, that computes the same with convolutions alone.

    For inference: what is folded cannot be trained or saved as a checkpoint any more.
    """
    folded = copy.deepcopy(net).eval()
    for module in folded.modules():
        if isinstance(module, ConvBlock) and isinstance(module.norm, nn.BatchNorm2d):
            module.conv = fuse_conv_bn_eval(module.conv, module.norm)
            module.norm = nn.Identity()
    return folded

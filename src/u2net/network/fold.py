"""Network -> the same network with every batch norm folded into the convolution before it."""

import copy
from collections import Counter
from collections.abc import Iterator

from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from u2net.network.unet import U2Net

_NORMS = (nn.BatchNorm2d, nn.SyncBatchNorm)


def fold(net: U2Net) -> U2Net:
    """A copy of `net`, in evaluation mode, that computes the same with convolutions alone.

    Whatever its blocks are: a norm goes where it reads what a convolution gives, and nothing else
    reads that; other norms stay. For inference: what is folded cannot be trained or saved as a
    checkpoint any more.
    """
    folded = copy.deepcopy(net).eval()
    for conv, norm, fused in list(_fused(folded)):
        folded.set_submodule(conv, fused)
        folded.set_submodule(norm, nn.Identity())
    return folded


class _Tracer(fx.Tracer):
    """Sees convolutions and norms, those of other packages too, as one step each."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, _NORMS) or super().is_leaf_module(m, module_qualified_name)


def _fused(net: U2Net) -> Iterator[tuple[str, str, nn.Conv2d]]:
    """Names of a convolution and of the norm that alone reads it, and what does the work of both.

    A layer that runs more than once is left as it is.
    """
    modules = dict(net.named_modules())
    steps = [node for node in _Tracer().trace(net).nodes if node.op == "call_module"]
    runs = Counter(modules[str(step.target)] for step in steps)
    for step in steps:
        before = next(iter(step.all_input_nodes), None)
        if before is None or before.op != "call_module" or len(before.users) > 1:
            continue
        conv, norm = modules[str(before.target)], modules[str(step.target)]
        if not isinstance(conv, nn.Conv2d) or not isinstance(norm, _NORMS):
            continue
        if runs[conv] == runs[norm] == 1 and norm.track_running_stats:
            yield str(before.target), str(step.target), fuse_conv_bn_eval(conv, norm)

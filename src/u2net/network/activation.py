"""Logits of a network -> probabilities, by what its maps say."""

from torch import Tensor

from u2net.task import Task


def activated(logits: Tensor, task: Task) -> Tensor:
    """Logits (batch, maps, height, width) as 0…1: softmax over the maps where classes exclude each
    other, else the sigmoid of each."""
    return logits.softmax(dim=1) if task == "multiclass" else logits.sigmoid()

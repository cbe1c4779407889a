"""Muon (Jordan et al. 2024): the momentum of each matrix is made orthogonal before the step.

All directions of a convolution then learn at one pace, where Adam follows the few that are strong.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients of the iteration, chosen by Jordan et al. for a quick start."""
ADAM_SIZE = 0.2
"""Root mean square of Adam's usual step over its rate: with it one rate suits both (Moonlight)."""


class Muon(Optimizer):
    """Muon for matrices and convolutions (out × all else), Adam for what is a vector or a row."""

    def __init__(
        self,
        params: Iterable[dict[str, Any]],
        *,
        lr: float,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "betas": betas, "eps": eps, "weight_decay": 0.0}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step; returns the loss of `closure`, which makes the gradients."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            learnt = [parameter for parameter in group["params"] if parameter.grad is not None]
            for parameter in learnt:
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                if not is_matrix(parameter):
                    parameter.sub_(group["lr"] * self._adam(parameter, group))
            for alike in of_one_shape(filter(is_matrix, learnt)):
                ahead = torch.stack([self._ahead(parameter, group) for parameter in alike])
                size = ADAM_SIZE * max(ahead.shape[1:]) ** 0.5
                for parameter, direction in zip(alike, orthogonal(ahead), strict=True):
                    parameter.sub_(group["lr"] * size * direction.view_as(parameter))
        return loss

    def _ahead(self, parameter: Tensor, group: dict[str, Any]) -> Tensor:
        """Nesterov's momentum of a matrix, (out, all else)."""
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None
        if not state:
            state["mean"] = torch.zeros_like(parameter)
        mean = state["mean"].lerp_(gradient, 1 - group["momentum"])
        return gradient.lerp(mean, group["momentum"]).flatten(1)

    def _adam(self, parameter: Tensor, group: dict[str, Any]) -> Tensor:
        """The direction of Adam (Kingma and Ba 2015)."""
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None
        if not state:
            state["mean"], state["square"] = (torch.zeros_like(parameter) for _ in range(2))
            state["step"] = torch.zeros(())
        state["step"] += 1
        unbiased = [1 - beta ** float(state["step"]) for beta in group["betas"]]
        mean = state["mean"].lerp_(gradient, 1 - group["betas"][0]) / unbiased[0]
        square = state["square"].lerp_(gradient.square(), 1 - group["betas"][1]) / unbiased[1]
        direction: Tensor = mean / (square.sqrt() + group["eps"])
        return direction


def is_matrix(parameter: Tensor) -> bool:
    """Whether a parameter has several rows and several columns."""
    return parameter.ndim > 1 and parameter.shape[0] > 1


def of_one_shape(matrices: Iterable[Tensor]) -> list[list[Tensor]]:
    """Matrices whose sides are the same, together: one step for all of them keeps a GPU busy."""
    groups: dict[torch.Size, list[Tensor]] = {}
    for matrix in matrices:
        groups.setdefault(matrix.flatten(1).shape, []).append(matrix)
    return list(groups.values())


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """Nearly U Vᵀ of the decomposition U S Vᵀ of each of `matrices`, (…, rows, columns), by the
    Newton-Schulz iteration."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    wide = matrices.mT if tall else matrices
    x: Tensor = wide / wide.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-12)
    a, b, c = QUINTIC
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x

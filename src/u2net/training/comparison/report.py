"""What was found about blocks and networks -> one table, one plot, one document."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

import torch

from u2net.files import atomic
from u2net.network import U2Net, U2NetSpec
from u2net.network.cost import Cost, cost_of
from u2net.training.comparison.contenders import (
    BLOCK_INPUTS,
    BLOCK_SIDE,
    KINDS,
    WIDTHS,
    single,
)
from u2net.training.comparison.trials import Measure, Seconds, Spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NETWORK_SIDE = 320
"""At which networks are counted, as U²-Net sees pictures."""
GIGA, MEGA = 1e9, 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that was found; what was not asked for is empty."""

    blocks: dict[str, dict[int, Cost]]
    """By kind and width."""
    networks: dict[str, Cost]
    seconds: dict[str, Seconds]
    scores: dict[str, dict[Measure, Spread]]

    def to_json(self) -> dict[str, Any]:
        """One JSON document: figures as they were counted and measured."""
        return {
            "blocks": {
                kind: {str(width): asdict(cost) for width, cost in costs.items()}
                for kind, costs in self.blocks.items()
            },
            "networks": {
                name: asdict(cost)
                | (asdict(self.seconds[name]) if name in self.seconds else {})
                | {m: list(s.values) for m, s in self.scores.get(name, {}).items()}
                for name, cost in self.networks.items()
            },
        }


def block_costs() -> dict[str, dict[int, Cost]]:
    """Single blocks by kind and width, as the paper's figure counts them."""
    return {kind: {width: block_cost(kind, width) for width in WIDTHS} for kind in KINDS}


def block_cost(kind: str, width: int) -> Cost:
    """A single block of a width."""
    with torch.device("meta"):
        block = single(kind, width).build(BLOCK_INPUTS)
    return cost_of(block, BLOCK_INPUTS, (BLOCK_SIDE, BLOCK_SIDE))


def network_costs(networks: Mapping[str, U2NetSpec]) -> dict[str, Cost]:
    """Whole networks, for RGB and one map."""
    found = {}
    for name, spec in networks.items():
        with torch.device("meta"):
            net = U2Net(spec)
        found[name] = cost_of(net, net.inputs, (NETWORK_SIDE, NETWORK_SIDE))
    return found


def markdown(found: Found) -> str:
    """Both tables."""
    return f"{block_table(found.blocks)}\n{network_table(found)}"


def block_table(blocks: Mapping[str, Mapping[int, Cost]]) -> str:
    """Parameters, multiply-adds and activations by kind and width."""
    widths = list(next(iter(blocks.values())))
    parts: tuple[tuple[str, Callable[[Cost], str]], ...] = (
        ("parameters, thousands", lambda cost: f"{cost.parameters / 1e3:,.0f}"),
        ("multiply-adds, 10⁹", lambda cost: f"{cost.multiply_adds / GIGA:,.2f}"),
        ("activations, MB", lambda cost: f"{cost.activations / MEGA:,.0f}"),
    )
    lines = row(["", "block", *(f"M = {width}" for width in widths)], rule=2)
    for what, say in parts:
        for at, (kind, costs) in enumerate(blocks.items()):
            lines += row(["" if at else what, kind, *(say(costs[width]) for width in widths)])
    return lines


def network_table(found: Found) -> str:
    """Costs, times and scores by network."""
    heads = ["network", "parameters", "multiply-adds, 10⁹", "activations, MB"]
    heads += ["training step, ms", "inference, ms"] if found.seconds else []
    heads += ["max F", "MAE"] if found.scores else []
    lines = row(heads, rule=1)
    for name, cost in found.networks.items():
        cells = [name, f"{cost.parameters:,}", f"{cost.multiply_adds / GIGA:.2f}"]
        cells.append(f"{cost.activations / MEGA:,.0f}")
        if seconds := found.seconds.get(name):
            cells += [f"{seconds.step * 1e3:.0f}", f"{seconds.inference * 1e3:.1f}"]
        cells += [str(spread) for spread in found.scores.get(name, {}).values()]
        lines += row(cells)
    return lines


def row(cells: Sequence[str], rule: int = 0) -> str:
    """A line of a Markdown table; with a rule below, numbers to the right after `rule` columns."""
    line = f"| {' | '.join(cells)} |\n"
    if not rule:
        return line
    columns = ["---"] * rule + ["---:"] * (len(cells) - rule)
    return line + f"|{'|'.join(columns)}|\n"


def draw(found: Found, picture: Path) -> None:
    """Multiply-adds and activations of blocks over M; max F of networks over multiply-adds."""
    from matplotlib.figure import Figure

    panels = 3 if found.scores else 2
    figure = Figure(figsize=(5 * panels, 4.2), layout="constrained")
    axes = figure.subplots(1, panels)
    for kind, costs in found.blocks.items():
        widths = list(costs)
        axes[0].plot(widths, [c.multiply_adds / GIGA for c in costs.values()], "o-", label=kind)
        axes[1].plot(widths, [c.activations / MEGA for c in costs.values()], "o-", label=kind)
    for panel, label in zip(axes, ("multiply-adds, 10⁹", "activations, MB"), strict=False):
        panel.set(xlabel="channels inside a block, M", ylabel=label, xscale="log", yscale="log")
        panel.set_xticks(list(WIDTHS), [str(width) for width in WIDTHS], minor=False)
        panel.grid(alpha=0.3)
    axes[0].legend(frameon=False)
    if found.scores:
        draw_scores(axes[2], found)
    with atomic(picture) as temporary:
        figure.savefig(temporary, dpi=120)


def draw_scores(panel: "Axes", found: Found) -> None:
    """Each network as a point, with its spread over the seeds."""
    for name, scores in found.scores.items():
        values = scores["max_f"].values
        at, middle = found.networks[name].multiply_adds / GIGA, mean(values)
        reach = [[middle - min(values)], [max(values) - middle]]
        panel.errorbar([at], [middle], yerr=reach, fmt="o", capsize=3)
        panel.annotate(name, (at, middle), xytext=(5, 4), textcoords="offset points", fontsize=8)
    panel.set(xlabel="multiply-adds at 320², 10⁹", ylabel="max F after the training", xscale="log")
    panel.grid(alpha=0.3)

"""Results -> precision-recall and F-threshold curves, and how the pictures' scores are spread."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from u2net.errors import need
from u2net.evaluation.measures.vector import RANKING_MEASURE, curves
from u2net.evaluation.report.rows import COLUMNS
from u2net.evaluation.score import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Readable on white and on black.
_COLOURS = ("#3b82f6", "#f97316", "#10b981", "#a855f7", "#ef4444", "#14b8a6", "#ca8a04", "#ec4899")
_DASHES = ("-", "--", ":", "-.")


def check_drawable() -> None:
    """Raise `ExtraMissingError` when nothing can be drawn here."""
    need("evaluate", "matplotlib", purpose="drawing curves")


def curve_figure(results: Sequence[Result]) -> "Figure":
    """Precision over recall, and F over the threshold."""
    figure, (left, right) = panels()
    for result, (colour, dash) in zip(results, styles(), strict=False):
        curve = curves(result.tally.sums, result.scores.protocol)
        name = f"{result.source.name} · {result.data.name}"
        left.plot(curve.recall, curve.precision, dash, color=colour, label=name)
        right.plot(curve.threshold, curve.f, dash, color=colour, label=name)
    protocol = f"protocol {results[0].scores.protocol}"
    label(left, f"Precision and recall, {protocol}", "recall", "precision")
    label(right, f"F by threshold, {protocol}", "threshold", "F (β² = 0.3)")
    left.legend(frameon=False, fontsize=8, loc="lower left")
    return figure


def spread_figure(results: Sequence[Result]) -> "Figure":
    """How many pictures have which score: `RANKING_MEASURE` and MAE of each picture alone."""
    figure, axes = panels()
    for axis, measure in zip(axes, (RANKING_MEASURE, "mae"), strict=True):
        highest = 0
        for result, (colour, dash) in zip(results, styles(), strict=False):
            scores = [row[measure] for row in result.tally.rows.values()]
            counts, edges = np.histogram(scores, bins=40, range=(0, 1))
            axis.stairs(counts, edges, color=colour, linestyle=dash, fill=len(results) == 1)
            highest = max(highest, int(counts.max()))
        label(axis, f"Pictures by {COLUMNS[measure][:-2]}", COLUMNS[measure], "pictures")
        axis.set_ylim(0, 1.05 * highest)
    return figure


def panels() -> "tuple[Figure, tuple[Axes, Axes]]":
    """An empty figure of two panels side by side. Raises `ExtraMissingError`."""
    check_drawable()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    return figure, (left, right)


def label(axis: "Axes", text: str, across: str, up: str) -> None:
    """Name a panel and its axes, 0…1, with a faint grid."""
    axis.set(title=text, xlabel=across, ylabel=up, xlim=(0, 1), ylim=(0, 1))
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)


def styles() -> Iterator[tuple[str, str]]:
    """Colours, then the same with other dashes, without end."""
    while True:
        yield from ((colour, dash) for dash in _DASHES for colour in _COLOURS)


def drawing(figure: "Figure", suffix: str, *, transparent: bool = False) -> bytes:
    """The figure as a file; text in an SVG stays text, and the same figure gives the same bytes."""
    from matplotlib import rc_context

    out = BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "u2net"}):
        metadata = {"Date": None} if suffix == "svg" else {}
        figure.savefig(out, format=suffix, dpi=160, metadata=metadata, transparent=transparent)
    return out.getvalue()

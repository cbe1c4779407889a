"""Results -> rows of a table, beside what the paper printed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from u2net.evaluation.measures.vector import Protocol
from u2net.evaluation.report.published import published
from u2net.evaluation.score import Result

COLUMNS = {
    "max_f": "maxF ↑",
    "mean_f": "meanF ↑",
    "adaptive_f": "adpF ↑",
    "mae": "MAE ↓",
    "weighted_f": "wF ↑",
    "s_measure": "S ↑",
    "e_measure_max": "maxE ↑",
    "e_measure_mean": "meanE ↑",
    "e_measure_adaptive": "adpE ↑",
    "relaxed_boundary_f": "bF ↑",
    "boundary_iou": "bIoU ↑",
}
"""Measure -> heading; the arrow says where better is."""

CAPTIONS: dict[Protocol, str] = {
    "paper": "Protocol paper: maps divided by their maximum, 255 thresholds, precision and recall "
    "averaged over the set before F (β² = 0.3).",
    "pysodmetrics": "Protocol pysodmetrics: maps stretched to minimum and maximum, 256 thresholds, "
    "F (β² = 0.3) per picture, then averaged.",
}


PRINTED = (
    "Rows marked (paper) are what arXiv 2005.09007 prints for the whole set, under the protocol "
    "paper; its S-measure and relaxed boundary F were made with other code."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table."""

    model: str
    data: str
    images: str
    cells: dict[str, str]
    """Measure -> figure as printed; one that was not published, or not measured, is missing."""
    best: frozenset[str] = frozenset()
    """Measures at which this is the best of several models on this set."""
    printed: bool = False
    """Whether it was copied from a paper."""


def rows(results: Sequence[Result], *, with_published: bool = True) -> list[Row]:
    """A row per result, and after a set's rows, those that the paper printed for it."""
    found: list[Row] = []
    for data in dict.fromkeys(result.data.name for result in results):
        ours = [result for result in results if result.data.name == data]
        best = {name: leader(ours, name) for name in measured(ours)} if len(ours) > 1 else {}
        for result in ours:
            leads = frozenset(name for name, leading in best.items() if leading is result)
            found.append(row(result, leads))
        if with_published:
            found += printed_rows(data)
    return found


def caption(found: Sequence[Row], protocol: Protocol) -> str:
    """What one must know to quote the rows."""
    printed = any(row.printed for row in found)
    return f"{CAPTIONS[protocol]} {PRINTED}" if printed else CAPTIONS[protocol]


def row(result: Result, best: frozenset[str]) -> Row:
    """The row of one result."""
    scores = result.scores
    missing = len(scores.failures)
    partial = f" of {scores.images + missing} (partial)" if missing else ""
    return Row(
        model=result.source.name,
        data=result.data.name,
        images=f"{scores.images}{partial}",
        cells={name: brief(value, 4) for name, value in scores.metrics.items()},
        best=best,
    )


def printed_rows(data: str) -> list[Row]:
    """What the paper printed for a set."""
    return [
        Row(
            model=f"{paper.model} (paper)",
            data=paper.data,
            images=str(paper.images),
            cells={name: brief(value, 3) for name, value in paper.metrics.items()},
            printed=True,
        )
        for paper in published(data)
    ]


def measured(results: Sequence[Result]) -> list[str]:
    """The measures that there are, in the order of the columns."""
    return [name for name in COLUMNS if name in results[0].scores.metrics]


def leader(results: Iterable[Result], name: str) -> Result:
    """The result that is best at a measure."""
    sign = -1 if COLUMNS[name].endswith("↓") else 1
    return max(results, key=lambda result: sign * result.scores.metrics[name])


def brief(value: float, digits: int) -> str:
    """`.9479`: a figure as the field prints it."""
    return f"{value:.{digits}f}".removeprefix("0")

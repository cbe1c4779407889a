"""Results -> rows of a table, beside what the paper printed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from u2net.errors import EvaluationError
from u2net.evaluation.measures.vector import OF_MASKS, THRESHOLD, Protocol
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
    "iou": "IoU ↑",
    "dice": "Dice ↑",
    "ber": "BER ↓",
    "precision": "P ↑",
    "recall": "R ↑",
}
"""Measure -> heading; the arrow says where better is."""

SALIENCY = tuple(COLUMNS)[:11]
"""What a table shows where nothing was chosen: the measures of salient object detection."""

PRINTED_USUALLY = (
    "max_f",
    "mae",
    "weighted_f",
    "s_measure",
    "e_measure_mean",
    "relaxed_boundary_f",
)
"""What it shows where it has no room for those: the measures that papers print."""

ALPHA = {
    "sad": "SAD ↓",
    "mse": "MSE ↓",
    "gradient": "Grad ↓",
    "connectivity": "Conn ↓",
    "band_sad": "band SAD ↓",
    "band_mse": "band MSE ↓",
    "band_gradient": "band Grad ↓",
    "band_connectivity": "band Conn ↓",
    "band_colour": "band colour ↓",
    "mixed_colour": "mixed colour ↓",
}
"""The same of the protocol `alpha`."""

HEADINGS = COLUMNS | ALPHA

CAPTIONS: dict[Protocol, str] = {
    "paper": "Protocol paper: maps divided by their maximum, 255 thresholds, precision and recall "
    "averaged over the set before F (β² = 0.3).",
    "pysodmetrics": "Protocol pysodmetrics: maps stretched to minimum and maximum, 256 thresholds, "
    "F (β² = 0.3) per picture, then averaged.",
    "alpha": "Means over the pictures; SAD, Grad and Conn in thousands; the band is what is half "
    "transparent or an edge, and 1 % of the diagonal around it.",
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
    column: str
    """The scored set that it stands beside: a printed row is of the whole of it."""
    ranks: dict[str, int] = field(default_factory=dict)
    """Measure -> 1 where this is the best of several models on this set, 2 the second of three."""
    printed: bool = False
    """Whether it was copied from a paper."""


def chosen(text: str, known: Collection[str] = COLUMNS) -> tuple[str, ...]:
    """The measures that a list with commas names; `all` is every one that is known.

    Raises `EvaluationError` for a name that is none.
    """
    names = tuple(name.strip() for name in text.split(",")) if text != "all" else tuple(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise EvaluationError(f"no measure {unknown[0]!r}; choose among {', '.join(known)}")
    return names


def rows(results: Sequence[Result], *, with_published: bool = True) -> list[Row]:
    """A row per result, and after a set's rows, those that the paper printed for it."""
    found: list[Row] = []
    for data in dict.fromkeys(result.data.name for result in results):
        ours = [result for result in results if result.data.name == data]
        places = {name: placed(ours, name) for name in HEADINGS}
        found += [row(result, places) for result in ours]
        if with_published:
            found += printed_rows(data)
    return found


def caption(found: Sequence[Row], protocol: Protocol, threshold: float = THRESHOLD) -> str:
    """What one must know to quote the rows."""
    said = [CAPTIONS[protocol]]
    if threshold != THRESHOLD:
        names = ", ".join(COLUMNS[name][:-2] for name in OF_MASKS)
        said.append(f"{names} of masks above {threshold:g}.")
    partial = [f"{r.model} on {r.data}: {r.images}" for r in found if "partial" in r.images]
    said += [f"{', '.join(partial)}."] if partial else []
    said += [PRINTED] if any(row.printed for row in found) else []
    return " ".join(said)


def row(result: Result, places: dict[str, dict[str, int]]) -> Row:
    """The row of one result; `places` are ranks by figure as printed, for every measure."""
    scores = result.scores
    missing = len(scores.failures)
    partial = f" of {scores.images + missing} (partial)" if missing else ""
    cells = {name: brief(value, 4) for name, value in scores.metrics.items()}
    return Row(
        model=result.source.name,
        data=result.data.name,
        column=result.data.name,
        images=f"{scores.images}{partial}",
        cells=cells,
        ranks={name: places[name][text] for name, text in cells.items() if text in places[name]},
    )


def printed_rows(data: str) -> list[Row]:
    """What the paper printed for a set."""
    return [
        Row(
            model=f"{paper.model} (paper)",
            data=paper.data,
            column=data,
            images=str(paper.images),
            cells={name: brief(value, 3) for name, value in paper.metrics.items()},
            printed=True,
        )
        for paper in published(data)
    ]


def placed(results: Sequence[Result], name: str) -> dict[str, int]:
    """Figure as printed -> 1 for the best, 2 for the second; equal figures share their place.

    One model has no place, and of two none is second.
    """
    measured = [result.scores.metrics for result in results]
    values = {metrics[name] for metrics in measured if name in metrics}
    ordered = sorted(values, reverse=HEADINGS[name].endswith("↑"))
    distinct = list(dict.fromkeys(brief(value, 4) for value in ordered))
    places = min(len(results) - 1, 2)
    return {text: place for place, text in enumerate(distinct[:places], 1)}


def brief(value: float, digits: int) -> str:
    """`.9479`: a figure as the field prints it."""
    return f"{value:.{digits}f}".removeprefix("0")

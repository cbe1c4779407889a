"""Results -> curves in a file: drawn, or as the numbers that one's own plots are made of."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from u2net import files
from u2net.errors import EvaluationError
from u2net.evaluation.measures.vector import curves
from u2net.evaluation.report.plots import curve_figure, drawing
from u2net.evaluation.score import Result

DRAWN = (".png", ".svg")
SUFFIXES = (*DRAWN, ".csv", ".json")

COLUMNS = ("threshold", "precision", "recall", "f", "e")


def save_curves(results: Sequence[Result], path: Path) -> None:
    """Write the curves, as the suffix of `path` says: a picture, or one line per threshold.

    Raises `EvaluationError` for another suffix, `ExtraMissingError` for a picture without
    matplotlib.
    """
    suffix = path.suffix.lower()
    if suffix in DRAWN:
        data = drawing(curve_figure(results), suffix[1:])
    elif suffix == ".csv":
        data = as_csv(results).encode()
    elif suffix == ".json":
        data = json.dumps([as_json(result) for result in results], ensure_ascii=False).encode()
    else:
        raise EvaluationError(f"{path}: curves are written as {', '.join(SUFFIXES)}")
    files.write(path, data)


def as_json(result: Result) -> dict[str, Any]:
    """Precision, recall, F and E by threshold, 0…1, highest threshold first."""
    curve = curves(result.tally.sums, result.scores.protocol)
    about = {"model": result.source.name, "data": result.data.name}
    values = {name: getattr(curve, name).tolist() for name in COLUMNS}
    return about | {"protocol": result.scores.protocol} | values


def as_csv(results: Sequence[Result]) -> str:
    """One line per result and threshold."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["model", "data", "protocol", *COLUMNS])
    for curve in map(as_json, results):
        about = [curve[name] for name in ("model", "data", "protocol")]
        for values in zip(*(curve[name] for name in COLUMNS), strict=True):
            writer.writerow([*about, *map(repr, values)])
    return out.getvalue()

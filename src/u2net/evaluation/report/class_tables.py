"""Results by class -> tables as papers print them: Markdown, LaTeX; and CSV by picture."""

import csv
import io
from collections.abc import Sequence

from u2net.evaluation.classes import ClassResult
from u2net.evaluation.report.tables import booktabs, escaped, ruled

NAMES = ("model", "data", "images")
MEANS = {"iou": "mean IoU ↑", "dice": "mean Dice ↑"}
CAPTION = "Pixels of all pictures together; a class that occurs in neither truth nor map: –."


def heads(results: Sequence[ClassResult]) -> list[str]:
    """What stands above the columns."""
    return [*NAMES, *MEANS.values(), *(f"IoU {name}" for name in results[0].labels.classes)]


def cells(result: ClassResult) -> list[str]:
    """The line of one result: the means, and the IoU of each class."""
    of_classes = (
        f"{result.classes[name]['iou']:.4f}" if name in result.classes else "–"
        for name in result.labels.classes
    )
    means = (f"{result.metrics[name]:.4f}" for name in MEANS)
    return [result.model, result.data, str(result.images), *means, *of_classes]


def markdown(results: Sequence[ClassResult]) -> str:
    """A Markdown table with its caption below it."""
    head = heads(results)
    rule = ["---"] * len(NAMES) + ["---:"] * (len(head) - len(NAMES))
    return ruled([head, rule, *map(cells, results)]) + f"\n{CAPTION}\n"


def latex(results: Sequence[ClassResult]) -> str:
    """A LaTeX table (package booktabs) with its caption."""
    head, *lines = (
        " & ".join(map(escaped, line)) + r" \\" for line in (heads(results), *map(cells, results))
    )
    kinds = "l" * len(NAMES) + "r" * (len(heads(results)) - len(NAMES))
    return booktabs(kinds, [head, r"\midrule", *lines], CAPTION)


def per_picture(results: Sequence[ClassResult]) -> str:
    """CSV: one line per picture, scored or not, with the figures of it alone."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    measures = list(MEANS)
    measures += [f"{measure} {name}" for name in results[0].labels.classes for measure in MEANS]
    writer.writerow(["model", "data", "stem", "task", *measures, "failure"])
    for result in results:
        about = [result.model, result.data]
        for stem in (*result.pictures, *result.failures):
            figures = result.pictures.get(stem, {})
            found = [repr(figures[name]) if name in figures else "" for name in measures]
            failure = result.failures.get(stem, "")
            writer.writerow([*about, stem, result.labels.task, *found, failure])
    return out.getvalue()

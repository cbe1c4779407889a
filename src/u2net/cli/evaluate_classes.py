"""What `u2net evaluate` does with models that tell classes apart, and with class maps."""

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import click

from u2net.cli.messages import say
from u2net.data.labels import Labels
from u2net.errors import EvaluationError
from u2net.evaluation.classes import (
    ClassMaps,
    ClassModel,
    ClassResult,
    Finder,
    Truths,
    score_classes,
)
from u2net.evaluation.models import card_of, remover_of
from u2net.task import Task


def asked_for(
    classes: tuple[str, ...], task: Task, ignore: int, models: Sequence[str]
) -> Labels | None:
    """What is to be told apart: what the option says, or else the models; None for saliency.

    Raises `EvaluationError` for models that do not tell apart the same.
    """
    cards = [card_of(model) for model in models]
    known = {(card.task, card.classes) for card in cards if card and card.classes}
    if classes:
        known.add((task, classes))
    if not known:
        return None
    if len(known) > 1 or not all(card and card.classes for card in cards):
        raise EvaluationError(
            "these models and --classes do not tell apart the same classes; score them one by one"
        )
    ((task, named),) = known
    return Labels(task=task, classes=named, ignore=ignore)


def score(
    labels: Labels,
    *,
    maps: Sequence[Path],
    models: Sequence[str],
    truths: Sequence[Path],
    sets: Sequence[Path],
    engine: str,
    precisions: Sequence[str],
) -> list[ClassResult]:
    """Every source on every set. Raises `U2NetError` for what cannot be scored at all."""
    data = [
        *(Truths.of_folder(place, labels) for place in truths),
        *(Truths.of_set(place, labels) for place in sets),
    ]
    finders: list[Finder] = [ClassMaps.of(place, labels) for place in maps]
    for model, precision in product(models, precisions):
        remover = remover_of(model, engine=engine, precision=precision)
        name = remover.load().card.name + (f" {precision}" if len(precisions) > 1 else "")
        finders.append(ClassModel(name, remover))
    return [score_classes(finder, one, labels) for one in data for finder in finders]


def write(
    results: Sequence[ClassResult], *, csv: Path | None, markdown: Path | None, latex: Path | None
) -> None:
    """The files that were asked for."""
    from u2net import files
    from u2net.evaluation.report import class_tables

    for place, text_of in (
        (csv, class_tables.per_picture),
        (markdown, class_tables.markdown),
        (latex, class_tables.latex),
    ):
        if place:
            files.write(place, text_of(results).encode())


def tell(results: Sequence[ClassResult], *, as_json: bool) -> int:
    """Print the figures; 1 when a picture could not be scored."""
    complaints = [line for result in results for line in result.complaints()]
    for line in complaints:
        say(line)
    if as_json:
        documents = [result.to_json() for result in results]
        one = documents[0] if len(documents) == 1 else {"results": documents}
        click.echo(json.dumps(one, ensure_ascii=False, indent=2))
    else:
        for result in results:
            show(result)
    return 1 if complaints else 0


def show(result: ClassResult) -> None:
    """The table of one result."""
    from rich.console import Console
    from rich.table import Table

    about = f"{result.model} on {result.data}: {result.images} pictures, {result.labels.task}"
    table = Table("class", "IoU", "Dice", title=about, caption="pixels of all pictures together")
    for name, figures in result.classes.items():
        table.add_row(name, f"{figures['iou']:.4f}", f"{figures['dice']:.4f}")
    table.add_section()
    table.add_row("mean", f"{result.metrics['iou']:.4f}", f"{result.metrics['dice']:.4f}")
    Console().print(table)

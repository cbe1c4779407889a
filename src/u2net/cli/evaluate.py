"""`u2net evaluate`: maps, or a model, against ground truth."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from u2net.cli import options
from u2net.cli.messages import say
from u2net.cli.progress import progress
from u2net.cli.stderr import libraries_silenced

if TYPE_CHECKING:
    from u2net.edges import Edges
    from u2net.evaluation.measures.vector import Protocol
    from u2net.evaluation.score import Evaluation
    from u2net.evaluation.workers import Outcome
    from u2net.task import Task

PATH = click.Path(path_type=Path)

OF_MAPS = tuple(
    ("--alpha", other) for other in ("--protocol", "--threshold", "--curves", "--report")
)
"""What alpha has none of."""

OF_NETWORKS = ("--edges", "--engine", "--precision")
"""What says how a model makes its maps; maps that are made have none of it."""

NOT_OF_CLASSES = {
    *("--alpha", "--against", "--curves", "--report", "--measures", "--suffix"),
    *("--edges", "--threshold", "--protocol", "--jobs"),
}
"""What scores of classes have none of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files that were asked for."""

    csv: Path | None
    markdown: Path | None
    latex: Path | None
    curves: tuple[Path, ...]
    report: Path | None
    measures: tuple[str, ...]
    """Columns of the tables; empty where nothing was chosen."""

    def check(self) -> None:
        """Raise before any work what would keep them from being written."""
        from u2net.evaluation.report.curves import DRAWN
        from u2net.evaluation.report.plots import check_drawable
        from u2net.files import check_folder

        for file in (self.csv, self.markdown, self.latex, *self.curves, self.report):
            if file:
                check_folder(file.parent)
        if self.report or any(file.suffix.lower() in DRAWN for file in self.curves):
            check_drawable()

    def write(self, found: "Evaluation") -> None:
        """Write them."""
        from u2net import files
        from u2net.evaluation.report import tables
        from u2net.evaluation.report.curves import save_curves
        from u2net.evaluation.report.page import page
        from u2net.evaluation.report.rows import caption, rows

        results = found.results
        lines, scores = rows(results), results[0].scores
        note = caption(lines, scores.protocol, scores.threshold)
        if self.csv:
            files.write(self.csv, tables.per_picture(results).encode())
        if self.markdown:
            files.write(self.markdown, tables.markdown(lines, note, self.measures).encode())
        if self.latex:
            files.write(self.latex, tables.latex(lines, note, self.measures).encode())
        for file in self.curves:
            save_curves(results, file)
        if self.report:
            files.write(self.report, page(results, found.duels).encode())


def listed(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """The precisions, given with commas or one by one."""
    from u2net.engines import PRECISIONS

    found = tuple(dict.fromkeys(name for value in values for name in value.split(",")))
    for name in found:
        if name not in ("auto", *PRECISIONS):
            raise click.BadParameter(f"{name!r} is none of auto, {', '.join(PRECISIONS)}")
    return found


def columns(value: str | None, *, alpha: bool) -> tuple[str, ...]:
    """The measures that a table shows; empty for those of salient object detection."""
    from u2net.errors import EvaluationError
    from u2net.evaluation.report.rows import ALPHA, COLUMNS, chosen

    if value is None:
        return tuple(ALPHA) if alpha else ()
    try:
        return chosen(value, ALPHA if alpha else COLUMNS)
    except EvaluationError as error:
        raise click.BadParameter(str(error), param_hint="--measures") from error


@click.command(name="evaluate")
@click.option("--pred", multiple=True, type=PATH, help="Folder of maps; may be repeated.")
@click.option(
    "-m",
    "--model",
    multiple=True,
    help="Name, ONNX file, run folder or checkpoint; may be repeated.",
)
@click.option("--gt", multiple=True, type=PATH, help="Folder of ground truth; may be repeated.")
@click.option(
    "--data", multiple=True, type=PATH, help="Data set of photos and truth; may be repeated."
)
@click.option("--against", metavar="OTHER", help="Folder of maps, or model, to compare with.")
@click.option("--suffix", default="", help="What the names of maps have more, such as _pred.")
@click.option(
    "--protocol",
    type=click.Choice(["paper", "pysodmetrics"]),
    default="paper",
    show_default=True,
    help="How max F, mean F and MAE are formed.",
)
@click.option(
    "--alpha",
    is_flag=True,
    help="Score alpha, and colours of RGBA files: SAD, MSE, gradient, connectivity.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.5,
    show_default=True,
    help="Above this a map is mask, for IoU, Dice, BER, precision, recall and the boundaries.",
)
@options.classes
@options.task
@options.ignore
@options.jobs("Processes that score.")
@options.engine
@click.option(
    "--precision",
    "precisions",
    multiple=True,
    default=("auto",),
    metavar="auto|fp32|bf16|int8",
    callback=listed,
    help="Arithmetic of the engine; several, with commas or repeated, are a row each.",
)
@options.edges("off")
@options.as_json
@click.option("--csv", type=PATH, help="Write the figures of every picture.")
@click.option(
    "--measures",
    metavar="A,B,…|all",
    help="Columns of the tables, such as max_f,mae,iou.  [default: what papers print]",
)
@click.option("--markdown", type=PATH, help="Write a Markdown table.")
@click.option("--latex", type=PATH, help="Write a LaTeX table.")
@click.option(
    "--curves",
    multiple=True,
    type=PATH,
    help="Draw the curves, .png or .svg, or write their numbers, .csv or .json; may be repeated.",
)
@click.option("--report", type=PATH, help="Write one self-contained HTML page.")
@options.quiet
@libraries_silenced()
def command(
    *,
    pred: tuple[Path, ...],
    model: tuple[str, ...],
    gt: tuple[Path, ...],
    data: tuple[Path, ...],
    against: str | None,
    suffix: str,
    protocol: "Protocol",
    alpha: bool,
    threshold: float,
    classes: tuple[str, ...],
    task: "Task",
    ignore: int,
    jobs: int | None,
    engine: str,
    precisions: tuple[str, ...],
    edges: "Edges",
    as_json: bool,
    csv: Path | None,
    measures: str | None,
    markdown: Path | None,
    latex: Path | None,
    curves: tuple[Path, ...],
    report: Path | None,
    quiet: bool,
) -> int:
    """Score maps (--pred DIR --gt DIR) or a model (--model NAME --data DIR).

    Several models and data sets give one table. Exit status 1 when a picture could not be scored.
    Of a model that tells classes apart, and with --classes, the figures are IoU and Dice by class.
    """
    options.check_together(OF_MAPS)
    check_networks(pred, model, against)
    check_usage(maps=pred, models=model, truths=gt, sets=data, curves=curves)
    from u2net.cli import evaluate_classes

    if asked := evaluate_classes.asked_for(classes, task, ignore, model):
        if odd := options.changed() & NOT_OF_CLASSES:
            raise click.UsageError(
                "of classes there are --csv, --markdown, --latex and --json: leave out "
                + ", ".join(sorted(odd))
            )
        files = Files(csv=csv, markdown=markdown, latex=latex, curves=(), report=None, measures=())
        files.check()
        told = evaluate_classes.score(
            asked,
            maps=pred,
            models=model,
            truths=gt,
            sets=data,
            engine=engine,
            precisions=precisions,
        )
        evaluate_classes.write(told, csv=csv, markdown=markdown, latex=latex)
        return evaluate_classes.tell(told, as_json=as_json)
    shown = columns(measures, alpha=alpha)
    files = Files(
        csv=csv, markdown=markdown, latex=latex, curves=curves, report=report, measures=shown
    )
    files.check()
    from u2net.evaluation.models import DataSet, MapFolder
    from u2net.evaluation.score import score
    from u2net.machine.memory import keep_memory

    keep_memory()
    found = score(
        [*(MapFolder.of(place, suffix) for place in pred), *model],
        [*map(DataSet.of_truths, gt), *map(DataSet.find, data)],
        against,
        suffix=suffix,
        protocol="alpha" if alpha else protocol,
        threshold=threshold,
        jobs=jobs,
        engine=engine,
        precisions=precisions,
        edges=edges,
        watch=partial(watch, quiet=quiet),
    )
    for complaint in found.complaints:
        say(complaint)
    if found.results:
        show(found, shown, as_json=as_json, quiet=quiet)
        files.write(found)
    return 1 if found.complaints else 0


def check_networks(maps: Sequence[Path], models: Sequence[str], against: str | None) -> None:
    """Raise `click.UsageError` for how a model is to run, where none may be asked for maps."""
    if not models and against is None:
        options.check_together(("--pred", option) for option in OF_NETWORKS)


def check_usage(
    *,
    maps: tuple[Path, ...],
    models: tuple[str, ...],
    truths: tuple[Path, ...],
    sets: tuple[Path, ...],
    curves: tuple[Path, ...],
) -> None:
    """Raise `UsageError` for options that do not go together."""
    if not (maps or models):
        raise click.UsageError("give maps (--pred DIR) or a model (--model NAME)")
    if not (truths or sets):
        raise click.UsageError("give ground truth: --gt DIR, or --data DIR for a data set")
    if models and truths:
        raise click.UsageError("--model needs photos: give the data set with --data, not --gt")
    from u2net.evaluation.report.curves import SUFFIXES

    for file in curves:
        if file.suffix.lower() not in SUFFIXES:
            raise click.UsageError(f"--curves {file}: write {', '.join(SUFFIXES)}")


def watch(total: int, outcomes: "Iterable[Outcome]", *, quiet: bool) -> "Iterator[Outcome]":
    """The same outcomes, with a bar on stderr that counts them."""
    with progress(total, quiet=quiet) as (advance, _):
        for outcome in outcomes:
            advance()
            yield outcome


def show(found: "Evaluation", measures: tuple[str, ...], *, as_json: bool, quiet: bool) -> None:
    """Print what was found, and on stderr what one must know to quote it."""
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from u2net.evaluation.report import tables
    from u2net.evaluation.report.rows import CAPTIONS, caption, rows

    for result in [] if quiet else found.results:
        for remark in result.remarked():
            say(f"{result.about}: {remark}")
    console = Console()
    if not console.is_terminal:
        console.width = 200  # A file or a pipe has room for every measure.
    lines, scores = rows(found.results, with_published=False), found.results[0].scores
    note = caption(lines, scores.protocol, scores.threshold)
    console.print(tables.terminal(lines, note, console.width, measures))
    for duel in found.duels:
        console.print(tables.terminal_duel(duel, CAPTIONS[scores.protocol]))

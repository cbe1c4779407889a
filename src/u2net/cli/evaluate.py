"""`u2net evaluate`: maps, or a model, against ground truth."""

import json
from collections.abc import Iterable, Iterator
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
    from u2net.evaluation.measures.vector import Protocol
    from u2net.evaluation.score import Evaluation
    from u2net.evaluation.workers import Outcome

PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files that were asked for."""

    csv: Path | None
    markdown: Path | None
    latex: Path | None
    curves: Path | None
    report: Path | None

    def check(self) -> None:
        """Raise before any work what would keep them from being written."""
        from u2net.evaluation.report.plots import check_drawable
        from u2net.files import check_folder

        for file in (self.csv, self.markdown, self.latex, self.curves, self.report):
            if file:
                check_folder(file.parent)
        if self.curves or self.report:
            check_drawable()

    def write(self, found: "Evaluation") -> None:
        """Write them."""
        from u2net import files
        from u2net.evaluation.report import tables
        from u2net.evaluation.report.page import page
        from u2net.evaluation.report.plots import save_curves
        from u2net.evaluation.report.rows import rows

        results = found.results
        lines, protocol = rows(results), results[0].scores.protocol
        if self.csv:
            files.write(self.csv, tables.per_picture(results).encode())
        if self.markdown:
            files.write(self.markdown, tables.markdown(lines, protocol).encode())
        if self.latex:
            files.write(self.latex, tables.latex(lines, protocol).encode())
        if self.curves:
            save_curves(results, self.curves)
        if self.report:
            files.write(self.report, page(results, found.duels).encode())


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
@options.jobs("Processes that score.")
@options.engine
@options.precision
@options.as_json
@click.option("--csv", type=PATH, help="Write the figures of every picture.")
@click.option("--markdown", type=PATH, help="Write a Markdown table.")
@click.option("--latex", type=PATH, help="Write a LaTeX table.")
@click.option("--curves", type=PATH, help="Draw the curves, .png or .svg.")
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
    jobs: int | None,
    engine: str,
    precision: str,
    as_json: bool,
    csv: Path | None,
    markdown: Path | None,
    latex: Path | None,
    curves: Path | None,
    report: Path | None,
    quiet: bool,
) -> int:
    """Score maps (--pred DIR --gt DIR) or a model (--model NAME --data DIR).

    Several models and data sets give one table. Exit status 1 when a picture could not be scored.
    """
    check_usage(maps=pred, models=model, truths=gt, sets=data, curves=curves)
    files = Files(csv=csv, markdown=markdown, latex=latex, curves=curves, report=report)
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
        protocol=protocol,
        jobs=jobs,
        engine=engine,
        precision=precision,
        watch=partial(watch, quiet=quiet),
    )
    for complaint in found.complaints:
        say(complaint)
    if found.results:
        show(found, as_json=as_json, quiet=quiet)
        files.write(found)
    return 1 if found.complaints else 0


def check_usage(
    *,
    maps: tuple[Path, ...],
    models: tuple[str, ...],
    truths: tuple[Path, ...],
    sets: tuple[Path, ...],
    curves: Path | None,
) -> None:
    """Raise `UsageError` for options that do not go together."""
    if not (maps or models):
        raise click.UsageError("give maps (--pred DIR) or a model (--model NAME)")
    if not (truths or sets):
        raise click.UsageError("give ground truth: --gt DIR, or --data DIR for a data set")
    if models and truths:
        raise click.UsageError("--model needs photos: give the data set with --data, not --gt")
    if curves and curves.suffix.lower() not in (".png", ".svg"):
        raise click.UsageError(f"--curves {curves}: write .png or .svg")


def watch(total: int, outcomes: "Iterable[Outcome]", *, quiet: bool) -> "Iterator[Outcome]":
    """The same outcomes, with a bar on stderr that counts them."""
    with progress(total, quiet=quiet) as (advance, _):
        for outcome in outcomes:
            advance()
            yield outcome


def show(found: "Evaluation", *, as_json: bool, quiet: bool) -> None:
    """Print what was found, and on stderr what one must know to quote it."""
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from u2net.evaluation.report import tables
    from u2net.evaluation.report.rows import rows

    for result in [] if quiet else found.results:
        for remark in result.remarked():
            say(f"{result.about}: {remark}")
    console = Console()
    if not console.is_terminal:
        console.width = 200  # A file or a pipe has room for every measure.
    lines, protocol = rows(found.results, with_published=False), found.results[0].scores.protocol
    console.print(tables.terminal(lines, protocol, console.width))
    for duel in found.duels:
        console.print(tables.terminal_duel(duel))

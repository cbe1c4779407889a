"""`u2net evaluate`: maps, or a model, against ground truth."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from u2net.cli.messages import say
from u2net.cli.progress import progress
from u2net.cli.stderr import libraries_silenced
from u2net.machine.cores import cores

if TYPE_CHECKING:
    from u2net.evaluation.duel import Duel
    from u2net.evaluation.measures.vector import Protocol
    from u2net.evaluation.models import DataSet, Source
    from u2net.evaluation.result import Result, Scorer
    from u2net.evaluation.score import Outcome

PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command line asks for."""

    pred: tuple[Path, ...]
    model: tuple[str, ...]
    gt: tuple[Path, ...]
    data: tuple[Path, ...]
    against: str | None
    suffix: str
    protocol: "Protocol"
    jobs: int | None
    engine: str
    precision: str
    json: bool
    csv: Path | None
    markdown: Path | None
    latex: Path | None
    curves: Path | None
    report: Path | None
    quiet: bool

    def __post_init__(self) -> None:
        if not (self.pred or self.model):
            raise click.UsageError("give maps (--pred DIR) or a model (--model NAME)")
        if not (self.gt or self.data):
            raise click.UsageError("give ground truth: --gt DIR, or --data DIR for a data set")
        if self.model and self.gt:
            raise click.UsageError("--model needs photos: give the data set with --data, not --gt")
        if self.curves and self.curves.suffix.lower() not in (".png", ".svg"):
            raise click.UsageError(f"--curves {self.curves}: write .png or .svg")


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
@click.option("--jobs", type=click.IntRange(min=1), help="Processes that score.  [default: cores]")
@click.option("--engine", type=click.Choice(["auto", "openvino", "onnxruntime"]), default="auto")
@click.option("--precision", type=click.Choice(["auto", "fp32", "bf16", "int8"]), default="auto")
@click.option("--json", is_flag=True, help="Print one JSON document.")
@click.option("--csv", type=PATH, help="Write the figures of every picture.")
@click.option("--markdown", type=PATH, help="Write a Markdown table.")
@click.option("--latex", type=PATH, help="Write a LaTeX table.")
@click.option("--curves", type=PATH, help="Draw the curves, .png or .svg.")
@click.option("--report", type=PATH, help="Write one self-contained HTML page.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@libraries_silenced()
def command(**options: Any) -> int:
    """Score maps (--pred DIR --gt DIR) or a model (--model NAME --data DIR).

    Several models and data sets give one table. Exit status 1 when a picture could not be scored.
    """
    request = Request(**options)
    check_outputs(request)
    results, duels, complaints = score(request)
    for complaint in complaints:
        say(complaint)
    if not results:
        return 1
    show(request, results, duels)
    write(request, results, duels)
    return 1 if complaints else 0


def check_outputs(request: Request) -> None:
    """Raise before any work what would keep the files that were asked for from being written."""
    from u2net.evaluation.report.plots import check_drawable
    from u2net.files import check_folder

    for file in (request.csv, request.markdown, request.latex, request.curves, request.report):
        if file:
            check_folder(file.parent)
    if request.curves or request.report:
        check_drawable()


def score(request: Request) -> "tuple[list[Result], list[Duel], list[str]]":
    """The results of every model on every set, the comparisons, and what went wrong."""
    from u2net.evaluation.duel import Duel
    from u2net.evaluation.models import DataSet
    from u2net.evaluation.result import Scorer
    from u2net.evaluation.workers import processes

    results: list[Result] = []
    duels: list[Duel] = []
    complaints: list[str] = []
    jobs = request.jobs or cores()
    with ExitStack() as stack:
        sets = told_apart(
            {place: DataSet.of_truths(place) for place in request.gt}
            | {place: DataSet.find(place) for place in request.data}
        )
        scored, rival = contenders(request, stack)
        scorer = Scorer(
            protocol=request.protocol,
            pool=stack.enter_context(processes(jobs)),
            jobs=jobs,
            keep_vectors=rival is not None,
            watch=partial(watch, quiet=request.quiet),
        )
        for data in sets:
            found = [attempt(scorer, one, data, complaints) for one in scored]
            results += filter(None, found)
            other = attempt(scorer, rival, data, complaints) if rival else None
            for one in found:
                with noted(f"{data.name}: --against", complaints):
                    duels += [Duel.between(one, other)] if one and other else []
    return results, duels, complaints


def told_apart(sets: "dict[Path, DataSet]") -> "list[DataSet]":
    """The sets, called by their whole path where two have one name."""
    often = Counter(data.name for data in sets.values())
    return [
        data if often[data.name] == 1 else replace(data, name=str(place))
        for place, data in sets.items()
    ]


def contenders(request: Request, stack: ExitStack) -> "tuple[list[Source], Source | None]":
    """What is scored, and what it is compared with."""
    from u2net.cli.contenders import holds_maps, names_of, network
    from u2net.evaluation.models import MapFolder

    folders = [str(folder) for folder in request.pred]
    others = [request.against] if request.against else []
    names = names_of([*folders, *request.model, *others])
    settings = {"engine": request.engine, "precision": request.precision}

    def maps(place: str) -> "Source":
        return MapFolder(names[place], Path(place), request.suffix)

    def model(place: str) -> "Source":
        return network(place, names[place], **settings, stack=stack)

    rivals = [maps(place) if holds_maps(place) else model(place) for place in others]
    return [*map(maps, folders), *map(model, request.model)], next(iter(rivals), None)


def attempt(
    scorer: "Scorer", one: "Source", data: "DataSet", complaints: list[str]
) -> "Result | None":
    """The result of one model on one set, or none; what went wrong is added to `complaints`."""
    about = f"{one.name} on {data.name}"
    with noted(about, complaints):
        result = scorer(one, data)
        failures = result.scores.failures
        complaints += [f"{about}: {stem}: {reason}" for stem, reason in failures.items()]
        if failures:
            total = result.scores.images + len(failures)
            complaints.append(f"{about}: partial, {len(failures)} of {total} pictures not scored")
        return result
    return None


@contextmanager
def noted(about: str, complaints: list[str]) -> Iterator[None]:
    """Turns what cannot be scored into a complaint, so that the others still are."""
    from u2net.errors import DatasetError, EvaluationError

    try:
        yield
    except (DatasetError, EvaluationError) as error:
        complaints.append(f"{about}: {error}")


def watch(total: int, outcomes: "Iterable[Outcome]", *, quiet: bool) -> "Iterator[Outcome]":
    """The same outcomes, with a bar on stderr that counts them."""
    with progress(total, quiet=quiet) as (advance, _):
        for outcome in outcomes:
            advance()
            yield outcome


def show(request: Request, results: "list[Result]", duels: "list[Duel]") -> None:
    """Print what was found, and on stderr what one must know to quote it."""
    if request.json:
        click.echo(json.dumps(document(results, duels), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from u2net.evaluation.report import tables
    from u2net.evaluation.report.rows import rows

    for result in [] if request.quiet else results:
        for remark in result.remarked():
            say(f"{result.source.name} on {result.data.name}: {remark}")
    console = Console()
    if not console.is_terminal:
        console.width = 200  # A file or a pipe has room for every measure.
    found = rows(results, with_published=False)
    console.print(tables.terminal(found, request.protocol, console.width))
    for one in duels:
        console.print(tables.terminal_duel(one))


def document(results: "list[Result]", duels: "list[Duel]") -> dict[str, Any]:
    """One JSON document: of one result itself, of several a list."""
    documents = [result.to_json() for result in results]
    for one in duels:
        at = next(n for n, result in enumerate(results) if result is one.ours)
        documents[at]["against"] = one.to_json()
    if len(documents) == 1:
        return documents[0]
    return {"protocol": results[0].scores.protocol, "results": documents}


def write(request: Request, results: "list[Result]", duels: "list[Duel]") -> None:
    """Write the files that were asked for."""
    from u2net import files
    from u2net.evaluation.report import tables
    from u2net.evaluation.report.page import page
    from u2net.evaluation.report.plots import save_curves
    from u2net.evaluation.report.rows import rows

    found = rows(results)
    if request.csv:
        files.write(request.csv, tables.per_picture(results).encode())
    if request.markdown:
        files.write(request.markdown, tables.markdown(found, request.protocol).encode())
    if request.latex:
        files.write(request.latex, tables.latex(found, request.protocol).encode())
    if request.curves:
        save_curves(results, request.curves)
    if request.report:
        files.write(request.report, page(results, duels).encode())

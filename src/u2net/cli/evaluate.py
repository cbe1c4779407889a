"""`u2net evaluate`: maps, or a model, against ground truth."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from u2net.evaluation.duel import Duel
    from u2net.evaluation.picture import Protocol
    from u2net.evaluation.result import Result, Scorer, Watch
    from u2net.evaluation.scoring import Outcome
    from u2net.evaluation.sources import DataSet, Source

PATH = click.Path(path_type=Path)
CHECKPOINTS = (".ckpt", ".pt", ".pth", ".safetensors")


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
    jobs: int
    engine: str
    precision: str
    json: bool
    csv: Path | None
    markdown: Path | None
    latex: Path | None
    curves: Path | None
    report: Path | None

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
    "--model", multiple=True, help="Name, ONNX file, run folder or checkpoint; may be repeated."
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
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Processes that score."
)
@click.option("--engine", default="auto", show_default=True, help="What runs the model.")
@click.option("--precision", default="auto", show_default=True, help="fp32, bf16, int8 or auto.")
@click.option("--json", is_flag=True, help="Print one JSON document.")
@click.option("--csv", type=PATH, help="Write the figures of every picture.")
@click.option("--markdown", type=PATH, help="Write a Markdown table.")
@click.option("--latex", type=PATH, help="Write a LaTeX table.")
@click.option("--curves", type=PATH, help="Draw the curves, .png or .svg.")
@click.option("--report", type=PATH, help="Write one self-contained HTML page.")
def command(**options: Any) -> int:
    """Score maps (--pred DIR --gt DIR) or a model (--model NAME --data DIR).

    Several models and data sets give one table. Exit status 1 when a picture could not be scored.
    """
    request = Request(**options)
    results, duels, complaints = score(request)
    for complaint in complaints:
        click.echo(f"u2net: {complaint}", err=True)
    if not results:
        return 1
    show(request, results, duels)
    write(request, results, duels)
    return 1 if complaints else 0


def score(request: Request) -> "tuple[list[Result], list[Duel], list[str]]":
    """The results of every model on every set, the comparisons, and what went wrong."""
    from u2net.evaluation.duel import Duel
    from u2net.evaluation.result import Scorer
    from u2net.evaluation.workers import processes

    results: list[Result] = []
    duels: list[Duel] = []
    complaints: list[str] = []
    with ExitStack() as stack:
        sets = [*map(truths, request.gt), *map(data_set, request.data)]
        scored = [source(place, request, stack) for place in request.pred]
        scored += [source(name, request, stack) for name in request.model]
        rival = source(request.against, request, stack) if request.against else None
        scorer = Scorer(
            protocol=request.protocol,
            pool=stack.enter_context(processes(request.jobs)),
            jobs=request.jobs,
            keep_vectors=rival is not None,
            watch=stack.enter_context(progress()),
        )
        for data in sets:
            found = [attempt(scorer, one, data, complaints) for one in scored]
            results += filter(None, found)
            other = attempt(scorer, rival, data, complaints) if rival else None
            duels += [Duel.between(one, other) for one in found if one and other]
    return results, duels, complaints


def truths(folder: Path) -> "DataSet":
    """The ground truth of a folder, without photos."""
    from u2net.evaluation.sources import DataSet

    return DataSet.of_truths(folder)


def data_set(place: Path) -> "DataSet":
    """A data set with its photos."""
    from u2net.evaluation.sources import DataSet

    return DataSet.find(place)


def source(place: Path | str, request: Request, stack: ExitStack) -> "Source":
    """The folder of maps, or the model, of that name; what is temporary ends with the stack."""
    from u2net.evaluation.sources import MapFolder, Network
    from u2net.pipeline import Remover

    path = Path(place)
    is_maps = path.is_dir() and not (path / "model.onnx").exists()
    if isinstance(place, Path) or is_maps:
        return MapFolder(path, request.suffix)
    file = exported(path, stack) if path.suffix.lower() in CHECKPOINTS else place
    remover = Remover(file, engine=request.engine, precision=request.precision)
    remover.load()
    return Network(path.stem, remover.mask)


def exported(checkpoint: Path, stack: ExitStack) -> str:
    """A temporary ONNX file of a checkpoint. Raises `ExtraMissingError` without `[train]`."""
    from u2net.errors import ExtraMissingError

    try:
        from u2net.export import card_for, export_onnx
        from u2net.network import load_checkpoint
    except ModuleNotFoundError as error:
        raise ExtraMissingError("scoring a checkpoint", "train") from error
    file = Path(stack.enter_context(TemporaryDirectory())) / f"{checkpoint.stem}.onnx"
    export_onnx(load_checkpoint(checkpoint), card_for(checkpoint), file)
    return str(file)


def attempt(
    scorer: "Scorer", one: "Source", data: "DataSet", complaints: list[str]
) -> "Result | None":
    """The result of one model on one set, or none; what went wrong is added to `complaints`."""
    from u2net.errors import DatasetError, EvaluationError

    try:
        result = scorer(one, data)
    except (DatasetError, EvaluationError) as error:
        complaints.append(f"{one.name} on {data.name}: {error}")
        return None
    failures = result.scores.failures
    about = f"{one.name} on {data.name}"
    complaints += [f"{about}: {stem}: {reason}" for stem, reason in failures.items()]
    if failures:
        total = result.scores.images + len(failures)
        complaints.append(f"{about}: partial, {len(failures)} of {total} pictures not scored")
    return result


@contextmanager
def progress() -> "Iterator[Watch]":
    """A bar on stderr while it is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:

        def watch(name: str, total: int, outcomes: "Iterable[Outcome]") -> "Iterator[Outcome]":
            yield from bar.track(outcomes, total=total, description=name)

        yield watch


def show(request: Request, results: "list[Result]", duels: "list[Duel]") -> None:
    """Print what was found, and on stderr what one must know to quote it."""
    if request.json:
        click.echo(json.dumps(document(results, duels), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from u2net.evaluation import tables
    from u2net.evaluation.rows import rows

    for result in results:
        for remark in result.remarked():
            click.echo(f"{result.source.name} on {result.data.name}: {remark}", err=True)
    console = Console()
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
    from u2net.evaluation import tables
    from u2net.evaluation.plots import save_curves
    from u2net.evaluation.report import page
    from u2net.evaluation.rows import rows

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

"""`u2net remove` of films: which inputs are films, and where their results go."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
from click.core import ParameterSource

from u2net.background import Background, Scene
from u2net.batch.inputs import STREAM
from u2net.batch.outcome import Outcome
from u2net.batch.plan import Naming, Plan
from u2net.batch.run import carried_out
from u2net.cli.output import STDOUT, check_output_folder
from u2net.cli.progress import progress
from u2net.cli.remove import Given
from u2net.edges import Edges
from u2net.errors import OutputError, need
from u2net.files import check_folder, is_file, is_folder
from u2net.films.formats import FILMS, check_holds_alpha, format_of
from u2net.films.kinds import is_film
from u2net.films.options import FilmOptions
from u2net.parallel import one_by_one
from u2net.pictures.formats import WRITTEN as PICTURES
from u2net.remover import Remover


def are_meant(inputs: Sequence[Path], output: str | None, kind: str | None) -> bool:
    """Whether the inputs are films, or are to become some.

    Raises `click.UsageError` for films among other things, and for options that they have not.
    """
    films = [path for path in inputs if path != STREAM and is_film(path)]
    wanted = kind in FILMS or (output is not None and _suffix(output) in FILMS)
    if not films and not wanted:
        return False
    if films and len(films) < len(inputs):
        others = ", ".join(str(path) for path in inputs if path not in films)
        raise click.UsageError(f"{films[0]} is a film, {others} not: give films by themselves")
    if STREAM in inputs or any(map(is_folder, inputs)):
        raise click.UsageError("a film is read from a file: name it")
    given = click.get_current_context().params
    if given["crop"] or given["keep_metadata"]:
        raise click.UsageError("--crop and --keep-metadata are of single pictures, not of films")
    return True


def destination(
    inputs: Sequence[Path], output: str | None, kind: str | None, *, label: str
) -> Naming:
    """Where the films go: to one file, or into a folder; the frames of one film into a folder.

    Raises `click.UsageError`, and `OutputError` for a place that cannot be written.
    """
    first = inputs[0]
    if output is None:
        raise click.UsageError(f"a film needs -o: u2net remove {first} -o {first.stem}.webm")
    if output in STDOUT:
        raise click.UsageError("a film goes to a file: name it with -o")
    place = Path(output)
    if place.suffix and not is_folder(place):
        suffix = _kind(place)
        if len(inputs) > 1:
            raise click.UsageError(f"-o {place} names one film; for several name a folder")
        if kind not in (None, suffix, _suffix(output)):
            raise click.UsageError(f"-o {place} and --format {kind} do not go together")
        check_folder(place.parent)
        return Naming(kind=suffix, label=label, file=place)
    if kind in PICTURES:
        return Naming(kind=kind, label=label, file=_for_frames(inputs, place))
    check_output_folder(inputs, place, len(inputs) > 1)
    return Naming(kind=kind or "webm", label=label, folder=place)


def asked(given: Given, behind: Background | None) -> FilmOptions:
    """What the command line asks of films alone; `behind` is what stands still behind them.

    An animation stands behind pictures, and plays behind films.
    """
    background = given["background"]
    is_animation = isinstance(behind, Scene) and behind.picture.frames > 1
    return FilmOptions(
        steady=given["steady"],
        every=given["every"],
        background=Path(background) if is_animation or is_footage(background) else None,
    )


def edges_of(inputs: Sequence[str], edges: Edges) -> Edges:
    """`edges` as given; of a film, where they were not, off: so it flickers least."""
    source = click.get_current_context().get_parameter_source("edges")
    if source is ParameterSource.DEFAULT and any(is_film(Path(name)) for name in inputs):
        return "off"
    return edges


def is_footage(background: str) -> bool:
    """Whether what comes behind is a film."""
    return is_file(Path(background)) and is_film(Path(background))


def check_transparency(kind: str, *, opaque: bool) -> None:
    """Raise `click.UsageError` when no result can be held by the film format `kind`."""
    if not opaque:
        try:
            check_holds_alpha(kind)
        except OutputError as error:
            raise click.UsageError(str(error)) from error


def outcomes(
    plan: Plan, remover: Remover, *, jobs: int, options: FilmOptions, quiet: bool
) -> Generator[Outcome, None, None]:
    """What becomes of each film, one after the other."""
    need("video", "av", purpose="a film")
    from u2net.batch.films import film_done

    work = partial(
        film_done,
        line=remover,
        kind=plan.kind,
        jobs=jobs,
        options=options,
        watch=partial(_watched, quiet=quiet),
        limits=remover.options.limits,
        replace=plan.existing == "replace",
    )
    return carried_out(plan, one_by_one(work, plan.tasks))


@contextmanager
def _watched(frames: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    with progress(frames, quiet=quiet) as (advance, _):
        yield advance


def _kind(place: Path) -> str:
    """The format of a film called like `place`, which may be an animated picture."""
    try:
        return format_of(place)
    except OutputError as error:
        raise click.UsageError(
            f"-o {error}; its single pictures go to a folder: -o frames --format png"
        ) from error


def _for_frames(inputs: Sequence[Path], folder: Path) -> Path:
    """`folder`, where the frames of one film may lie by themselves."""
    if len(inputs) > 1:
        raise click.UsageError("the frames of one film go into one folder: give one film")
    check_folder(folder)
    replaced = click.get_current_context().params["overwrite"]
    if replaced and is_folder(folder) and any(folder.iterdir()):
        raise OutputError(f"{folder}: a folder with files is not overwritten; empty it first")
    return folder


def _suffix(output: str) -> str:
    return Path(output).suffix.lower().lstrip(".")

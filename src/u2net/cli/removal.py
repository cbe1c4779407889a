"""What `u2net remove` does, once its options are read."""

import sys
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click

from u2net.background import Background, as_background
from u2net.batch.animation import made, made_each
from u2net.batch.classes import run_each
from u2net.batch.inputs import STREAM
from u2net.batch.outcome import Outcome
from u2net.batch.plan import Existing, Plan, make_plan
from u2net.batch.run import run
from u2net.classes import chosen_one
from u2net.cli import films, interruption
from u2net.cli.messages import say
from u2net.cli.output import STDOUT, destination, meant_as_output, names_a_picture, write
from u2net.cli.progress import progress
from u2net.cli.remove import Given
from u2net.cli.telling import summary, told
from u2net.cli.usage import (
    check_edges,
    check_existing,
    check_film,
    check_format,
    check_margin,
    check_metadata,
    check_of_films,
    check_paths,
    check_stills,
)
from u2net.crop import NO_MARGIN
from u2net.errors import UnreadableImageError
from u2net.machine.cores import cores
from u2net.options import Options
from u2net.pictures.animation import FRAME_FORMATS
from u2net.pictures.formats import WRITTEN
from u2net.pictures.source import Source
from u2net.places.address import is_address
from u2net.remover import Remover
from u2net.weights.catalog import card_named

EACH = "each"
"""What stands for every class of a model."""


def removed(given: Given) -> int:
    """The run that was asked for; its exit status."""
    check_paths(given)
    check_edges(given)
    check_margin(given)
    mask, background, compat = given["mask"], given["background"], given["compat"]
    plays = films.is_footage(background)
    behind = None if plays else as_background(background)
    remover = remover_for(compat, options_of(given, behind))
    existing: Existing = (
        "skip" if given["skip_existing"] else "replace" if given["overwrite"] else "refuse"
    )
    opaque = mask or plays or behind is not None
    if given["as_json"] and not given["cluster"]:
        raise click.UsageError("--json is of --cluster; --manifest tells of every picture")
    label, far = "mask" if mask else "cutout", given["cluster"] or addresses_are_meant(given)
    classes = classes_of(given)
    if any(classes) and (compat or far):
        return one_by_one(given, classes)
    if far:
        return of_addresses(given, remover, existing, label=label, opaque=opaque)
    return of_files(given, remover, existing, label=label, opaque=opaque, classes=classes)


def options_of(given: Given, behind: Background | None) -> Options:
    """What a remover is told, with `behind` in front of which the object comes."""
    return Options(
        model=given["model"],
        engine=given["engine"],
        precision=given["precision"],
        mask=given["mask"],
        class_name="" if given["class_name"] == EACH else given["class_name"],
        background=behind,
        edges=films.edges_of(given["inputs"], given["edges"]),
        keep_colours=given["keep_colours"],
        crop=given["crop"],
        crop_margin=given["crop_margin"] or NO_MARGIN,
        keep_metadata=given["keep_metadata"],
        limits=given["limits"],
    )


def of_files(
    given: Given,
    remover: Remover,
    existing: Existing,
    *,
    label: str,
    opaque: bool,
    classes: Sequence[str],
) -> int:
    """The run over files and folders, films among them; its exit status."""
    paths, output, kind = [Path(name) for name in given["inputs"]], given["output"], given["kind"]
    quiet, verbose = given["quiet"], given["verbose"]
    manifest = None if given["manifest"] is None else Path(given["manifest"])
    formats = FRAME_FORMATS if given["frames"] == "all" else WRITTEN
    as_films = films.are_meant(paths, output, kind)
    if as_films and any(classes):
        return one_by_one(given, classes)
    place = films.destination if as_films else partial(destination, formats=formats)
    naming = place(paths, f"{output}/" if any(classes) else output, kind, label=label)
    check_format(naming.kind, formats, opaque=opaque)
    check_of_films(given, as_films=as_films)
    check_metadata(naming.kind, kept=given["keep_metadata"])
    check_existing(existing, naming, manifest)
    read_only = [Path(given["background"]), Path(given["model"])]
    plan = make_plan(
        paths, naming, existing, read_only=read_only, manifest=manifest, classes=classes
    )
    if plan.tasks:
        load(remover, verbose=verbose, each=any(classes))
    if as_films:
        check_film(given["compat"])
        behind, jobs = remover.options.background, given["jobs"] or cores()
        options = films.asked(given, behind)
        outcomes = films.outcomes(plan, remover, jobs=jobs, options=options, quiet=quiet)
    else:
        outcomes = pictures(plan, remover, given, each=any(classes))
    # One picture, of a pipe perhaps that nobody writes to, is not worth waiting for at Ctrl-C.
    with interruption.in_order(as_films or len(plan.tasks) > 1):
        return tell(outcomes, plan, quiet=quiet, verbose=verbose, bar=not as_films)


def pictures(
    plan: Plan, remover: Remover, given: Given, *, each: bool
) -> Generator[Outcome, None, None]:
    """What becomes of each picture of a plan, or of each class of it."""
    all_frames, jobs = given["frames"] == "all", given["jobs"] or cores()
    limits = remover.options.limits
    if each:
        make_all = partial(made_each, line=remover, all_frames=all_frames, limits=limits)
        return run_each(plan, make_all, jobs=jobs)
    return run(
        plan,
        lambda path: made(opened(path), remover, all_frames=all_frames, limits=limits),
        jobs=jobs,
        write=partial(write, replace=plan.existing == "replace"),
    )


def classes_of(given: Given) -> tuple[str, ...]:
    """The classes that are written one by one; unless that was asked one without a name.

    Raises `click.UsageError` where they cannot be.
    """
    model, output, every = given["model"], given["output"], given["class_name"] == EACH
    masks = given["mask"] and not given["class_name"] and not given["compat"]
    card = card_named(model) if every or masks else None
    if card is None or not (every or card.apart):
        return ("",)
    asked = f"--class {EACH}" if every else f"--mask of {model}, a file for each class,"
    if not card.classes:
        raise click.UsageError(f"{asked}: {model} tells no classes apart")
    if not output or output in STDOUT or (not every and names_a_picture(Path(output))):
        raise click.UsageError(f"{asked} needs -o FOLDER; --class NAME is one of them")
    if str(STREAM) in given["inputs"]:
        raise click.UsageError(f"{asked} is for files, whose names its outputs have: not -")
    return card.classes


def one_by_one(given: Given, classes: Sequence[str]) -> int:
    """A run for each class, into folders of their names; the worst status."""
    from u2net.cli.remove import command

    if given["manifest"]:
        raise click.UsageError(f"--class {EACH} has no --manifest here: ask for one class")
    folder = (given["output"] or "").rstrip("/")
    context = click.get_current_context()
    runs = (given | {"class_name": name, "output": f"{folder}/{name}/"} for name in classes)
    return max(int(context.invoke(command, **one)) for one in runs)


def addresses_are_meant(given: Given) -> bool:
    """Whether the options `given` name addresses, or a list of them.

    Raises `click.UsageError` for options that addresses have not.
    """
    names = [*given["inputs"], given["output"] or ""]
    if not (given["names"] or any(map(is_address, names))):
        return False
    if str(STREAM) in given["inputs"] or given["output"] in STDOUT:
        raise click.UsageError("addresses are read and written as files: leave out -")
    return True


def of_addresses(
    given: Given, remover: Remover, existing: Existing, *, label: str, opaque: bool
) -> int:
    """The run over what is at addresses; its exit status."""
    from u2net.cli import places

    all_frames = given["frames"] == "all"
    formats = FRAME_FORMATS if all_frames else WRITTEN
    if given["cluster"]:
        from u2net.cli import cluster as clusters

        job = clusters.job(given, remover.options, existing)
        check_stills(job.kind, given)
        check_format(job.kind, formats, opaque=opaque)
        check_metadata(job.kind, kept=given["keep_metadata"])
        with interruption.in_order():
            return clusters.tell(job, given["cluster"], given)
    todo = places.todo(given, existing, label=label)
    check_stills(todo.kind, given)
    check_format(todo.kind, formats, opaque=opaque)
    check_metadata(todo.kind, kept=given["keep_metadata"])
    load(remover, verbose=given["verbose"])
    outcomes = places.outcomes(todo, remover, all_frames=all_frames, jobs=given["jobs"] or cores())
    with interruption.in_order():
        return places.tell(outcomes, todo, quiet=given["quiet"], verbose=given["verbose"])


def remover_for(compat: str | None, asked: Options) -> Remover:
    """What makes our pixels, or those of the tool `compat`."""
    if compat is None:
        return Remover.of(asked)
    from u2net.compat.remover import remover_as

    return remover_as(compat, asked)


def stdin() -> BinaryIO:
    """Where a picture comes from. Raises `ImageError` when it is closed."""
    if sys.stdin is None:
        raise UnreadableImageError("stdin: closed; give a file")
    return sys.stdin.buffer


def load(remover: Remover, *, verbose: bool, each: bool = False) -> None:
    """Load the model; a signal meanwhile ends the process at once, for nothing is written yet."""
    with interruption.in_order(False):
        engine, card = remover.load()
    if not remover.options.mask and not each:
        chosen_one(card, remover.options.class_name)
    if verbose:
        say(f"runs on {engine.name}, {engine.device}, {engine.precision}")


def opened(path: Path) -> Source:
    """What is read for an input: the file, or stdin."""
    return stdin() if path == STREAM else path


def tell(
    outcomes: Generator[Outcome, None, None],
    plan: Plan,
    *,
    quiet: bool,
    verbose: bool,
    bar: bool = True,
) -> int:
    """Say what becomes of each input, and of all in the end; the exit status.

    There is no `bar` over inputs where each has its own.
    """
    several = plan.inputs > 1
    if plan.renamed and not quiet:
        say(renamed(plan))
    if not quiet and (hint := meant_as_output(click.get_current_context().params)):
        say(hint)
    for path, why in plan.left_out if verbose else ():
        say(f"{path}: left out, {why}")
    counts: Counter[str] = Counter()
    with progress(plan.outcomes if bar else 0, quiet=quiet) as (advance, line), closing(outcomes):
        for outcome in outcomes:
            counts[outcome.status] += 1
            advance()
            written = verbose or not (quiet or several or outcome.target == STREAM)
            for text in told(outcome, written=written, remarks=not quiet):
                line(text)
    if several and not quiet:
        say(summary(counts, Counter(one.why for one in plan.left_out)))
    return 1 if counts["failed"] else 0


def renamed(plan: Plan) -> str:
    """Which outputs are called otherwise than usual."""
    named = ", ".join(f"{task.source} is written to {task.target}" for task in plan.renamed)
    return f"{len(plan.renamed)} inputs share a name and keep their suffix in it: {named}"

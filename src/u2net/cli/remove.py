"""`u2net remove`: cut the salient object out of files, folders or a stream."""

import signal
import sys
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import click

from u2net.background import as_background
from u2net.batch.animation import made, made_each
from u2net.batch.classes import run_each
from u2net.batch.inputs import STREAM
from u2net.batch.outcome import Outcome
from u2net.batch.plan import Existing, Naming, Plan, make_plan
from u2net.batch.run import run
from u2net.classes import chosen_one
from u2net.cli import films, interruption, options
from u2net.cli.messages import say
from u2net.cli.output import STDOUT, destination, meant_as_output, names_a_picture, write
from u2net.cli.progress import progress
from u2net.cli.stderr import libraries_silenced
from u2net.cli.telling import summary, told
from u2net.crop import NO_MARGIN, Margin
from u2net.edges import Edges
from u2net.errors import UnreadableImageError
from u2net.films.formats import FORMATS as FILM_FORMATS
from u2net.films.steady import EVERY
from u2net.machine.cores import cores
from u2net.options import Options
from u2net.pictures.animation import FRAME_FORMATS, WITHOUT_METADATA
from u2net.pictures.encode import FORMATS
from u2net.pictures.limits import Limits
from u2net.pictures.source import Source
from u2net.places.address import Address, is_address
from u2net.remover import Remover
from u2net.weights.catalog import card_named

EACH = "each"
"""What stands for every class of a model."""

OURS = ("--background", "--crop", "--frames", "--keep-colours", "--keep-metadata")
"""Options of pixels that another tool does not have."""
EXCLUSIVE = (
    ("--skip-existing", "--overwrite"),
    ("--quiet", "--verbose"),
    ("--mask", "--background"),
    ("--mask", "--keep-colours"),
    ("--crop", "--frames"),
    *(("--compat", name) for name in OURS),
)
"""Options that do not go together."""


def margin(_: click.Context, __: click.Parameter, value: str | None) -> Margin | None:
    """The margin that was given."""
    try:
        return None if value is None else Margin.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(name="remove")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…")
@click.option("-o", "output", metavar="OUTPUT", help="File or folder to write; - is stdout.")
@click.option(
    "--mask",
    is_flag=True,
    help="Write the 8-bit mask; of classes the class map, or, if the card says so, a mask of each.",
)
@click.option(
    "--class",
    "class_name",
    default="",
    metavar="NAME",
    help="Which class is the object, where the model tells several apart; each is all of them, "
    "each in a folder of its name.",
)
@options.model
@click.option(
    "--background",
    default="transparent",
    show_default=True,
    help="What comes behind: transparent, blur, a colour (#rrggbb, white), or a picture file; "
    "behind a film another film, too.",
)
@options.edges("fast")
@click.option(
    "--keep-colours",
    is_flag=True,
    help="Leave the photo's colours at the edges, the old background's among them.",
)
@click.option("--crop", is_flag=True, help="Write only the part around the object.")
@click.option(
    "--crop-margin",
    callback=margin,
    metavar="0..500|N%",
    help="Around it, in pixels or of the object; two or four go round as in CSS.  [default: 0]",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice([*FORMATS, "gif", *films.FILMS]),
    help="Format of the output; gif is for --frames all, webm, mov, mp4 and apng for films.",
)
@click.option(
    "--frames",
    type=click.Choice(["first", "all"]),
    default="first",
    show_default=True,
    help="Of animations and documents: the first frame or page, or all of them in one file.",
)
@click.option(
    "--keep-metadata", is_flag=True, help="Keep EXIF (with the place), XMP and IPTC of the photo."
)
@click.option(
    "--steady/--no-steady",
    default=True,
    help="Films: whether neighbouring frames are made to agree where the picture does.",
)
@click.option(
    "--every",
    type=click.IntRange(1, EVERY),
    default=1,
    show_default=True,
    help="Films: of how many frames the network judges one; the others follow the motion.",
)
@click.option(
    "--compat",
    type=click.Choice(["rembg", "official"]),
    help="Make the pixels of that tool, from the same weights: of rembg, or of u2net_test.py.",
)
@options.engine
@options.precision
@options.limits
@options.jobs("Pictures worked on at a time.")
@click.option("--skip-existing", is_flag=True, help="Leave out what is there already.")
@click.option("--overwrite", is_flag=True, help="Replace what is there already.")
@click.option(
    "--manifest",
    metavar="FILE.jsonl",
    help="Write what became of every input, one JSON object a line; with --cluster, a folder of "
    "Parquet.",
)
@click.option(
    "--list",
    "names",
    metavar="FILE[:COLUMN]",
    help="Which pictures of the folder or address INPUT: one name a line, or a column of .csv or "
    ".parquet.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS|local",
    help="Work on a Ray cluster: one that is there (auto, HOST:PORT), or one of this machine.",
)
@options.as_json
@options.quiet
@click.option("-v", "--verbose", is_flag=True, help="Name the engine and every file.")
@interruption.watched(signal.SIGTERM)
@libraries_silenced()
def command(
    inputs: tuple[str, ...],
    output: str | None,
    mask: bool,
    class_name: str,
    model: str,
    background: str,
    edges: Edges,
    keep_colours: bool,
    crop: bool,
    crop_margin: Margin | None,
    kind: str | None,
    frames: str,
    keep_metadata: bool,
    steady: bool,
    every: int,
    compat: str | None,
    engine: str,
    precision: str,
    limits: Limits,
    jobs: int | None,
    skip_existing: bool,
    overwrite: bool,
    manifest: str | None,
    names: str | None,
    cluster: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Cut the salient object out of INPUT: files, folders, or - for stdin.

    One file becomes NAME-cutout.png (NAME-mask.png) beside it, unless -o says otherwise. Folders
    are read with all that is below them, and their layout is kept in the folder OUTPUT. A film
    needs -o: .webm, .mov, .mp4, .apng, .png or .webp (animated), or a folder.
    """
    options.check_together(EXCLUSIVE)
    check_paths()
    check_edges(compat, edges)
    check_margin(crop, crop_margin)
    plays = films.is_footage(background)
    behind = None if plays else as_background(background)
    asked = Options(
        model=model,
        engine=engine,
        precision=precision,
        mask=mask,
        class_name="" if class_name == EACH else class_name,
        background=behind,
        edges=films.edges_of(inputs, edges),
        keep_colours=keep_colours,
        crop=crop,
        crop_margin=crop_margin or NO_MARGIN,
        keep_metadata=keep_metadata,
        limits=limits,
    )
    remover = remover_for(compat, asked)
    existing: Existing = "skip" if skip_existing else "replace" if overwrite else "refuse"
    given = click.get_current_context().params
    opaque = mask or plays or behind is not None
    if as_json and not cluster:
        raise click.UsageError("--json is of --cluster; --manifest tells of every picture")
    label, far = "mask" if mask else "cutout", cluster or addresses_are_meant(given)
    classes = classes_of(given)
    if any(classes) and (compat or far):
        return one_by_one(classes)
    if far:
        return of_addresses(given, remover, existing, label=label, opaque=opaque)
    return of_files(given, remover, existing, label=label, opaque=opaque, classes=classes)


def of_files(
    given: dict[str, Any],
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
    formats = FRAME_FORMATS if given["frames"] == "all" else FORMATS
    as_films = films.are_meant(paths, output, kind)
    if as_films and any(classes):
        return one_by_one(classes)
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
    plan: Plan, remover: Remover, given: dict[str, Any], *, each: bool
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


def classes_of(given: dict[str, Any]) -> tuple[str, ...]:
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


def one_by_one(classes: Sequence[str]) -> int:
    """A run for each class, into folders of their names; the worst status."""
    context = click.get_current_context()
    asked = context.params
    if asked["manifest"]:
        raise click.UsageError(f"--class {EACH} has no --manifest here: ask for one class")
    folder = asked["output"].rstrip("/")
    runs = (asked | {"class_name": name, "output": f"{folder}/{name}/"} for name in classes)
    return max(int(context.invoke(command, **one)) for one in runs)


def addresses_are_meant(given: dict[str, Any]) -> bool:
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
    given: dict[str, Any], remover: Remover, existing: Existing, *, label: str, opaque: bool
) -> int:
    """The run over what is at addresses; its exit status."""
    from u2net.cli import places

    all_frames = given["frames"] == "all"
    formats = FRAME_FORMATS if all_frames else FORMATS
    if given["cluster"]:
        from u2net.cli import cluster as clusters

        job = clusters.job(given, remover.options, existing)
        check_stills(job.kind, given)
        check_format(job.kind, formats, opaque=opaque)
        check_metadata(job.kind, kept=given["keep_metadata"])
        with interruption.in_order():
            return clusters.tell(job, given)
    todo = places.todo(given, existing, label=label)
    check_stills(todo.kind, given)
    check_format(todo.kind, formats, opaque=opaque)
    check_metadata(todo.kind, kept=given["keep_metadata"])
    load(remover, verbose=given["verbose"])
    outcomes = places.outcomes(todo, remover, all_frames=all_frames, jobs=given["jobs"] or cores())
    with interruption.in_order():
        return places.tell(outcomes, todo, quiet=given["quiet"], verbose=given["verbose"])


def check_paths() -> None:
    """Raise `click.UsageError` for an address where only a file of this machine will do."""
    given = click.get_current_context().params
    for name in ("model", "background", *(() if given["cluster"] else ("manifest",))):
        if given[name] and is_address(given[name]):
            raise click.UsageError(
                f"--{name} {Address.of(given[name])}: give a file of this machine, no address"
            )


def check_edges(compat: str | None, edges: str) -> None:
    """Raise `UsageError` when other edges than another tool's own are asked for, default or not."""
    asked = click.get_current_context().get_parameter_source("edges")
    if compat and edges != "off" and asked is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("--compat and --edges do not go together: leave out one")


def remover_for(compat: str | None, asked: Options) -> Remover:
    """What makes our pixels, or those of the tool `compat`."""
    if compat is None:
        return Remover.of(asked)
    from u2net.compat.remover import remover_as

    return remover_as(compat, asked)


def check_margin(crop: bool, crop_margin: Margin | None) -> None:
    """Raise `click.UsageError` for a margin around nothing."""
    if crop_margin and not crop:
        raise click.UsageError("--crop-margin is of what is cropped: give --crop too")


def check_existing(existing: Existing, naming: Naming, manifest: Path | None) -> None:
    """Raise `click.UsageError` for what is said of outputs that are there, when none can be."""
    if naming.file == STREAM and manifest is None and existing != "refuse":
        raise click.UsageError(
            "stdout is never there already: leave out --skip-existing, --overwrite"
        )


def check_film(compat: str | None) -> None:
    """Raise `click.UsageError` for what is not done with films."""
    if compat:
        raise click.UsageError("--compat is for pictures, not for films")


def check_of_films(given: dict[str, Any], *, as_films: bool) -> None:
    """Raise `click.UsageError` for what is of films alone, where there are none."""
    if as_films:
        return
    if films.is_footage(background := given["background"]):
        raise click.UsageError(f"--background {background} is a film, which goes behind films only")
    asked = {"--every": given["every"] != 1, "--no-steady": not given["steady"]}
    for option in (name for name, is_asked in asked.items() if is_asked):
        raise click.UsageError(f"{option} is of films; these are pictures: leave it out")


def check_stills(kind: str, given: dict[str, Any]) -> None:
    """Raise `click.UsageError` for what only films have; there are none at addresses."""
    check_of_films(given, as_films=False)
    if kind in films.FILMS:
        raise click.UsageError(f"{kind} is of films, which are made from files of this machine")


def check_format(kind: str, formats: Sequence[str], *, opaque: bool) -> None:
    """Raise `click.UsageError` when no result can be held by the format `kind`."""
    if kind in FILM_FORMATS:
        films.check_transparency(kind, opaque=opaque)
    elif kind not in formats:
        raise click.UsageError(f"{kind} does not go with --frames: use {', '.join(formats)}")
    if kind == "jpg" and not opaque:
        raise click.UsageError("jpg has no transparency: give --background or another --format")


def check_metadata(kind: str, *, kept: bool) -> None:
    """Raise `click.UsageError` when the format `kind` has no place for what is to be kept."""
    if kept and kind == WITHOUT_METADATA:
        raise click.UsageError(f"{kind} has no place for --keep-metadata: use png, webp or tiff")


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

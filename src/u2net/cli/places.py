"""`u2net remove` of addresses: which inputs are some, and where their results go."""

from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import click

from u2net.batch.animation import made
from u2net.batch.inputs import UNREADABLE, films_among
from u2net.batch.outcome import Outcome
from u2net.batch.plan import Existing
from u2net.batch.run import Encodable, done
from u2net.batch.streamed import Origin, Streamed, check_apart, check_free, stream
from u2net.cli.messages import say
from u2net.cli.progress import counting
from u2net.cli.remove import Given
from u2net.cli.telling import summary, told
from u2net.errors import PlaceError
from u2net.films.kinds import SUFFIXES as FILMS
from u2net.pictures.encode import format_of
from u2net.pictures.formats import SUFFIXES
from u2net.places.address import Address
from u2net.places.names import read_list
from u2net.places.place import Place, check_names, place_at
from u2net.remover import Remover


def todo(given: Given, existing: Existing, *, label: str) -> Streamed:
    """What to read and what to write. Raises `click.UsageError`, `PlaceError`, `OutputError`."""
    check_no_film(*given["inputs"], given["output"] or "")
    origins = origins_of(given["inputs"], given["names"])
    target, file, kind = _target(given, origins, label)
    made = Streamed(
        kind=kind,
        existing=existing,
        origins=origins,
        target=target,
        file=file,
        manifest=None if given["manifest"] is None else Path(given["manifest"]),
    )
    check_apart(made)
    if existing == "refuse":
        check_free(made)
    return made


def check_no_film(*texts: str) -> None:
    """Raise `click.UsageError` for a film, which is read and written as a file."""
    for text in texts:
        if text and not text.endswith("/") and (at := Address.of(text)).suffix.lower() in FILMS:
            raise click.UsageError(f"{at}: a film; those are read and written as files")


def outcomes(
    todo: Streamed, remover: Remover, *, all_frames: bool, jobs: int
) -> Generator[Outcome, None, None]:
    """What becomes of each picture, while the next are found. Raises `PlaceError`."""
    work = partial(
        done,
        make=partial(_fetched, todo=todo, remover=remover, all_frames=all_frames),
        kind=todo.kind,
        write=partial(_put, todo=todo),
    )
    return stream(todo, work, jobs=jobs)


def tell(
    outcomes: Generator[Outcome, None, None], todo: Streamed, *, quiet: bool, verbose: bool
) -> int:
    """Say what becomes of each picture, and of all in the end; the exit status.

    Raises `PlaceError` where there is none.
    """
    counts: Counter[str] = Counter()
    with counting(quiet=quiet) as (advance, line), closing(outcomes):
        for outcome in outcomes:
            counts[outcome.status] += 1
            advance()
            for text in told(outcome, written=verbose, remarks=not quiet):
                line(text)
    if not counts:
        raise no_pictures(todo.origins[0].place.address, todo.left_out)
    if todo.file is None and not quiet:
        say(summary(counts, todo.left_out))
    return 1 if counts["failed"] else 0


def no_pictures(address: Address, left_out: Counter[str]) -> PlaceError:
    """That there is nothing to do, and what is there instead."""
    told = f"{address}: no pictures there, {left_out.total()} other files"
    return PlaceError(told + films_among(left_out))


def _fetched(address: Address, *, todo: Streamed, remover: Remover, all_frames: bool) -> Encodable:
    for origin in todo.origins:
        if (name := origin.place.name_of(address)) is not None:
            check_names(name)
            source = origin.place.read(name, remover.options.limits)
            return made(source, remover, all_frames=all_frames, limits=remover.options.limits)
    raise AssertionError(address)


def _put(address: Address, data: bytes, *, todo: Streamed) -> None:
    name = todo.target.name_of(address)
    assert name is not None
    todo.target.write(name, data, replace=todo.existing == "replace")


def origins_of(inputs: Sequence[str], names: str | None) -> list[Origin]:
    """What is read of the places `inputs`: all, or what the list `names` says."""
    if names is None:
        return [_origin(Address.of(text)) for text in inputs]
    if len(inputs) > 1:
        raise click.UsageError("--list names what is below one INPUT: give one")
    base = Address.of(inputs[0])
    return [Origin(place=place_at(base), names=partial(read_list(names), base))]


def _origin(address: Address) -> Origin:
    if _names_a_picture(address):
        return Origin(place=place_at(address.parent), names=lambda: [address.name])
    place = place_at(address)
    return Origin(place=place, names=place.names)


def _target(given: Given, origins: Sequence[Origin], label: str) -> tuple[Place, str | None, str]:
    """The folder for the results, what the only one is called there, and its format."""
    output, kind = given["output"], given["kind"]
    only = _only(given)
    if output is None:
        if only is None:
            raise click.UsageError(f"{origins[0].place.address}: say with -o where results go")
        kind = kind or "png"
        name = only.name.removesuffix(only.suffix)
        return place_at(only.parent), f"{name}-{label}.{kind}", kind
    to = Address.of(output)
    if only is None or output.endswith("/") or not _names_a_picture(to):
        if _names_a_picture(to) and not output.endswith("/"):
            raise click.UsageError(f"-o {to} names one file; for several inputs name a folder")
        return place_at(to), None, kind or "png"
    by_suffix = format_of(Path(to.name))
    if kind not in (None, by_suffix):
        raise click.UsageError(f"-o {to} and --format {kind} do not go together")
    return place_at(to.parent), to.name, by_suffix


def _only(given: Given) -> Address | None:
    """The only input, if it is one picture."""
    if len(given["inputs"]) > 1 or given["names"]:
        return None
    one = Address.of(given["inputs"][0])
    return one if _names_a_picture(one) else None


def _names_a_picture(address: Address) -> bool:
    return address.suffix.lower() in SUFFIXES | UNREADABLE

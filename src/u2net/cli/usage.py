"""What does not go together in the options of `u2net remove`, and is told before any work."""

from collections.abc import Sequence
from pathlib import Path

import click

from u2net.batch.inputs import STREAM
from u2net.batch.plan import Existing, Naming
from u2net.cli import films
from u2net.cli.remove import Given
from u2net.films.formats import FILMS
from u2net.films.formats import FORMATS as FILM_FORMATS
from u2net.pictures.animation import WITHOUT_METADATA
from u2net.places.address import Address, is_address


def check_paths(given: Given) -> None:
    """Raise `click.UsageError` for an address where only a file of this machine will do."""
    manifest = None if given["cluster"] else given["manifest"]
    paths = {"model": given["model"], "background": given["background"], "manifest": manifest}
    for name, path in paths.items():
        if path and is_address(path):
            raise click.UsageError(
                f"--{name} {Address.of(path)}: give a file of this machine, no address"
            )


def check_edges(given: Given) -> None:
    """Raise `UsageError` when other edges than another tool's own are asked for, default or not."""
    asked = click.get_current_context().get_parameter_source("edges")
    if (
        given["compat"]
        and given["edges"] != "off"
        and asked is click.core.ParameterSource.COMMANDLINE
    ):
        raise click.UsageError("--compat and --edges do not go together: leave out one")


def check_margin(given: Given) -> None:
    """Raise `click.UsageError` for a margin around nothing."""
    if given["crop_margin"] and not given["crop"]:
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


def check_of_films(given: Given, *, as_films: bool) -> None:
    """Raise `click.UsageError` for what is of films alone, where there are none."""
    if as_films:
        return
    if films.is_footage(background := given["background"]):
        raise click.UsageError(f"--background {background} is a film, which goes behind films only")
    asked = {"--every": given["every"] != 1, "--no-steady": not given["steady"]}
    for option in (name for name, is_asked in asked.items() if is_asked):
        raise click.UsageError(f"{option} is of films; these are pictures: leave it out")


def check_stills(kind: str, given: Given) -> None:
    """Raise `click.UsageError` for what only films have; there are none at addresses."""
    check_of_films(given, as_films=False)
    if kind in FILMS:
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

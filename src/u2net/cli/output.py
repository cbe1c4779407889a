"""`-o` and `--format` -> how outputs are called."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from u2net.batch.inputs import same
from u2net.batch.plan import Naming
from u2net.cli.pipes import STDIN
from u2net.errors import OutputError
from u2net.files import check_folder
from u2net.pictures.encode import format_of


def destination(
    inputs: Sequence[Path], output: str | None, kind: str | None, *, label: str
) -> Naming:
    """Where the results for `inputs` go: beside them, into a folder, or to one file.

    Raises `click.UsageError` for options that do not go together, `OutputError` for a place that
    cannot be written.
    """
    folders = [path for path in inputs if path.is_dir()]
    if output is None:
        if folders:
            raise click.UsageError(f"{folders[0]} is a folder: say with -o where its results go")
        return Naming(kind=kind or "png", label=label)
    place = Path(output)
    many = len(inputs) > 1 or bool(folders)
    if many or place.is_dir() or output.endswith(os.sep):
        if STDIN in inputs:
            raise click.UsageError(f"stdin has no name: -o {output} must name a file")
        if many and place.suffix and not place.is_dir() and _known(place):
            raise click.UsageError(f"-o {output} names one file; for several inputs name a folder")
        if any(same(folder, place) for folder in folders):
            raise OutputError(f"{output}: is the input folder; choose another")
        check_folder(place)
        return Naming(kind=kind or "png", label=label, folder=place)
    check_folder(place.parent)
    return Naming(kind=_kind(place, kind), label=label, file=place)


def _kind(place: Path, kind: str | None) -> str:
    """The format for one file: what its suffix says, or --format where it says nothing."""
    if not _known(place):
        if kind is None:
            raise click.UsageError(
                f"-o {place} does not say the format: use a suffix such as .png, or --format; "
                "a folder ends with /"
            )
        return kind
    if kind not in (None, format_of(place)):
        raise click.UsageError(f"-o {place} and --format {kind} do not go together")
    return format_of(place)


def _known(place: Path) -> bool:
    try:
        format_of(place)
    except OutputError:
        return False
    return True

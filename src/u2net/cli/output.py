"""`-o` and `--format` -> how outputs are called; what is written there, or to stdout."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from u2net import files
from u2net.batch.inputs import STREAM, same
from u2net.batch.plan import Naming
from u2net.errors import OutputError
from u2net.files import check_folder, is_folder
from u2net.pictures.encode import format_of
from u2net.pictures.formats import SUFFIXES, WRITTEN

STDOUT = ("-", "/dev/stdout")
"""What stdout is called; as a file it could not be replaced whole."""


HOLD_ALPHA = (".png", ".webp")
"""Suffixes that cut-outs have, and photos seldom."""


def destination(
    inputs: Sequence[Path],
    output: str | None,
    kind: str | None,
    *,
    label: str,
    formats: Sequence[str] = WRITTEN,
) -> Naming:
    """Where the results for `inputs` go: beside them, into a folder, to one file, or to stdout.

    `formats` are those that can be written. Raises `click.UsageError` for options that do not go
    together, `OutputError` for a place that cannot be written.
    """
    folders = [path for path in inputs if is_folder(path)]
    many = len(inputs) > 1 or bool(folders)
    if output is None:
        check_last_is_input(inputs)
    if STREAM in inputs and len(inputs) > 1:
        raise click.UsageError("- (stdin) must be the only input")
    if output in STDOUT or (output is None and STREAM in inputs):
        check_stdout(many)
        return Naming(kind=kind or "png", label=label, file=STREAM)
    if output is None:
        if folders:
            raise click.UsageError(f"{folders[0]} is a folder: say with -o where its results go")
        return Naming(kind=kind or "png", label=label)
    place = Path(output)
    if many or is_folder(place) or output.endswith(os.sep):
        check_output_folder(inputs, place, many)
        return Naming(kind=kind or "png", label=label, folder=place)
    check_folder(place.parent)
    return Naming(kind=_kind(place, kind, formats), label=label, file=place)


def check_last_is_input(inputs: Sequence[Path]) -> None:
    """Raise `click.UsageError` when the second of two looks meant as the output."""
    if len(inputs) == 2 and not os.path.lexists(inputs[1]) and inputs[1] != STREAM:
        first, last = inputs
        raise click.UsageError(
            f"{last}: no such file; if it is the output, say so with -o: "
            f"u2net remove {first} -o {last}"
        )


def meant_as_output(given: Mapping[str, Any]) -> str | None:
    """What to say where the last of two inputs, which is there, may be meant as the output."""
    if given["output"] is not None or len(given["inputs"]) != 2:
        return None
    first, last = given["inputs"]
    if Path(last).suffix.lower() not in HOLD_ALPHA or Path(first).suffix.lower() in HOLD_ALPHA:
        return None
    return (
        f"{last}: is read as a second input; if it is the output, say so with -o: "
        f"u2net remove {first} -o {last} --overwrite"
    )


def check_output_folder(inputs: Sequence[Path], place: Path, many: bool) -> None:
    """Raise unless the results for `inputs` can lie in the folder `place`."""
    if STREAM in inputs:
        raise click.UsageError(f"stdin has no name: -o {place} must name a file")
    if many and not is_folder(place) and names_a_picture(place):
        raise click.UsageError(f"-o {place} names one file; for several inputs name a folder")
    if any(is_folder(path) and same(path, place) for path in inputs):
        raise OutputError(f"{place}: is the input folder; choose another")
    check_folder(place)


def check_stdout(many: bool) -> None:
    """Raise `click.UsageError` when no picture can be sent to stdout."""
    if many:
        raise click.UsageError("only one picture goes to stdout: name a folder with -o")
    if sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("stdout is a terminal: send it to a file, or name one with -o")


def _kind(place: Path, kind: str | None, formats: Sequence[str]) -> str:
    """The format for one file: what its suffix says, or --format where it says nothing."""
    by_suffix = place.suffix.lower().lstrip(".")
    if by_suffix not in formats:
        try:
            by_suffix = format_of(place)
        except OutputError as error:
            if kind is None:
                told = f"-o {error}, or give --format; a folder ends with /"
                raise click.UsageError(told) from error
            return kind
    if kind not in (None, by_suffix):
        raise click.UsageError(f"-o {place} and --format {kind} do not go together")
    return by_suffix


def names_a_picture(place: Path) -> bool:
    """Whether `place` is called as one picture is, not as a folder."""
    try:
        format_of(place)
    except OutputError:
        return place.suffix.lower() in SUFFIXES
    return True


def write(path: Path, data: bytes, *, replace: bool) -> None:
    """`data` to stdout, or to a file as `files.write`. Raises `OutputError` if it cannot be."""
    if path == STREAM:
        write_stdout(data)
    else:
        files.write(path, data, replace=replace)


def write_stdout(data: bytes) -> None:
    """`data` to stdout. Raises `OutputError` when nobody takes it."""
    if sys.stdout is None:
        raise OutputError("stdout: closed; give -o FILE")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        # What is left in the buffer would be tried, and complained about, once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"stdout: cannot be written ({error.strerror}); give -o FILE") from error

"""A JSONL file that says of every input what became of it, line by line as it happens."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from u2net.batch.outcome import Outcome
from u2net.batch.plan import Existing
from u2net.errors import OutputError

_MODES: dict[Existing, str] = {"skip": "ab", "replace": "wb", "refuse": "xb"}


@contextmanager
def manifest(path: Path, existing: Existing) -> Iterator[Callable[[Outcome], None]]:
    """A function that adds one outcome to the file at `path`.

    A file that is there is gone on with when outputs are skipped, begun anew when they are
    replaced, and else refused. Raises `OutputError` when it cannot be written.
    """
    file = _opened(path, existing)
    try:
        yield lambda outcome: _write(file.fileno(), path, outcome)
    finally:
        file.close()


def _opened(path: Path, existing: Existing) -> FileIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: a killed run has told all that it did.
        file = FileIO(path, _MODES[existing])
        if _ends_within_a_line(path):
            file.write(b"\n")
    except OSError as error:
        raise _cannot(path, error) from error
    return file


def _write(descriptor: int, path: Path, outcome: Outcome) -> None:
    try:
        os.write(descriptor, outcome.to_json().encode("ascii") + b"\n")
    except OSError as error:
        raise _cannot(path, error) from error


def _ends_within_a_line(path: Path) -> bool:
    """Whether a killed run left half a line."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"


def _cannot(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path}: cannot be written ({error.strerror}); choose another manifest")

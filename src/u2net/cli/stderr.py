"""Only our own words on stderr: libraries print there what we say in one line."""

import faulthandler
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

STDERR = 2


@contextmanager
def libraries_silenced() -> Iterator[None]:
    """What Pillow, libtiff and their like print goes nowhere; `sys.stderr` goes where it went.

    When a library takes the whole process down, where that was is still said. Does nothing where
    `sys.stderr` is not the stderr of the process.
    """
    # Pillow speaks of odd metadata there; what matters is raised.
    logging.getLogger("PIL").setLevel(logging.CRITICAL + 1)
    try:
        ours = sys.stderr.fileno() == STDERR
    except (AttributeError, OSError, ValueError):
        ours = False
    if not ours:
        yield
        return
    said = sys.stderr
    said.flush()
    kept = os.dup(STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    os.close(nowhere)
    try:
        sys.stderr = os.fdopen(kept, "w", 1, said.encoding, said.errors, closefd=False)
        with _crashes_told(said):
            yield
    finally:
        sys.stderr.flush()
        sys.stderr = said
        os.dup2(kept, STDERR)
        os.close(kept)


@contextmanager
def _crashes_told(after: TextIO) -> Iterator[None]:
    """A crash of native code prints on `sys.stderr` where it was, `after` the block there."""
    before = faulthandler.is_enabled()
    faulthandler.enable(sys.stderr)
    try:
        yield
    finally:
        faulthandler.disable()
        if before:
            faulthandler.enable(after)

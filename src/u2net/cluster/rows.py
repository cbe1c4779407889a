"""What became of one picture -> one row of the manifest."""

import os
import platform
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from u2net.batch.outcome import Outcome
from u2net.places.address import Address

if TYPE_CHECKING:
    import pyarrow as pa

Row: TypeAlias = dict[str, Any]

_BYTE = re.compile(r"\\u(dc[89a-f][0-9a-f])")

FINAL = ("done", "skipped", "quarantined")
"""What is not tried again by the same command; `failed` is, for a place may answer later."""

UNREACHED = "unreached"
"""Of a row on its way to the driver, in no manifest: whether a place did not answer at all."""


def schema() -> "pa.Schema":
    """The columns of the manifest."""
    import pyarrow as pa

    return pa.schema(
        {
            "name": pa.string(),  # below the input; bytes that are no UTF-8 as \udcXX
            "address": pa.string(),
            "output": pa.string(),
            "status": pa.string(),
            "error": pa.string(),
            "width": pa.int32(),  # of the result
            "height": pa.int32(),
            "frames": pa.int32(),
            "seconds": pa.float32(),
            "remarks": pa.string(),
            "attempts": pa.int32(),  # how many workers took it up
            "model": pa.string(),
            "version": pa.string(),  # of this package
            "node": pa.string(),
            "run": pa.string(),
        }
    )


def told(name: str) -> str:
    """`name` as text that any reader of the manifest takes."""
    return name.encode("utf-8", "backslashreplace").decode()


def untold(text: str) -> str:
    """The name that was `told`."""
    return _BYTE.sub(lambda found: chr(int(found[1], 16)), text)


def row_of(outcome: Outcome, name: str, *, status: str, attempts: int, **about: str) -> Row:
    """The row of `outcome`; `about` has the columns model, version and run."""
    height, width = outcome.size_hw or (None, None)
    assert isinstance(outcome.source, Address)
    return {
        "name": told(name),
        "address": told(str(outcome.source)),
        "output": told(str(outcome.target)),
        "status": status,
        "error": None if outcome.error is None else told(outcome.error),
        "width": width,
        "height": height,
        "frames": outcome.frames,
        "seconds": outcome.seconds,
        "remarks": "; ".join(outcome.remarks),
        "attempts": attempts,
        "node": f"{platform.node()}:{os.getpid()}",
        **about,
    }

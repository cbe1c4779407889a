"""What became of one input."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from u2net.places.address import Address

At = TypeVar("At", Path, Address)
"""Where pictures are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One line of the manifest."""

    source: Path | Address
    target: Path | Address | None
    """None where nothing could be planned, as for a folder that cannot be listed."""
    status: Literal["done", "skipped", "failed"]
    size_hw: tuple[int, int] | None = None
    """Of the result, in pixels."""
    frames: int | None = None
    """Frames or pages of the input."""
    seconds: float | None = None
    """From reading to written, other pictures at the same time."""
    error: str | None = None
    remarks: tuple[str, ...] = ()
    """What one should know of a result that was written."""

    def to_json(self) -> str:
        """One JSON object in ASCII; bytes of a name that are no UTF-8 are written as \\udcXX."""
        height, width = self.size_hw or (None, None)
        return json.dumps(
            {
                "input": str(self.source),
                "output": None if self.target is None else str(self.target),
                "status": self.status,
                "width": width,
                "height": height,
                "frames": self.frames,
                "seconds": None if self.seconds is None else round(self.seconds, 4),
                "error": self.error,
                "remarks": self.remarks,
            }
        )

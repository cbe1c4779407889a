"""Frames -> a folder of pictures, whole or not at all."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from u2net import files
from u2net.errors import OutputError
from u2net.files import is_file
from u2net.pictures.encode import encode

LIST = "frames.ffconcat"
"""Names each picture and how long it is shown, for FFmpeg's demuxer `concat`."""


def is_sequence(folder: Path) -> bool:
    """Whether the pictures of a film are in `folder`, all of them."""
    return is_file(folder / LIST)


class PictureSequence:
    """Writes each frame as a picture into a new folder, which appears when the block ends well.

    Raises `OutputExistsError` when the folder is there and not empty.
    """

    def __init__(self, folder: Path, kind: str = "png") -> None:
        self.folder, self.kind = folder, kind
        self.remarks: list[str] = []
        self._lines = ["ffconcat version 1.0"]
        self._open = ExitStack()

    def __enter__(self) -> "PictureSequence":
        self._part = self._open.enter_context(files.atomic_folder(self.folder))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._open.__exit__(kind, error, trace)
            return
        with self._open:
            if len(self._lines) == 1:
                raise OutputError(f"{self.folder}: there are no frames to write; give one or more")
            (self._part / LIST).write_text("\n".join(self._lines) + "\n")

    def add(self, pixels: NDArray[np.uint8], time: float, duration: float) -> None:
        """The next frame, (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA, shown for `duration` s."""
        name = f"{len(self._lines) // 2:06}.{self.kind}"
        (self._part / name).write_bytes(encode(pixels, self.kind))
        self._lines += [f"file {name}", f"duration {duration:.6f}"]

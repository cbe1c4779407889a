"""Frames -> a film file, whole or not at all."""

import math
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from u2net import files
from u2net.errors import OutputError, need
from u2net.films.animated import set_right
from u2net.films.boundary import writing
from u2net.films.colours import frame_of
from u2net.films.container import container_of
from u2net.films.formats import FORMATS, check_holds_alpha, format_of
from u2net.films.outlet import Outlet
from u2net.films.shots import BT709, Tags
from u2net.films.stream import begun, fitted
from u2net.films.tracks import Tracks
from u2net.pictures.photo import check_array

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_USUAL_RATE = Fraction(25)
_TIME_BASE = Fraction(1, 90_000)
_PARTS = 90_000
"""Of a frame in a second, into which a rate is told."""


class FilmWriter:
    """Writes `path` frame by frame, in a block; the file appears when the block ends well.

    The suffix says the format: webm (VP9), mov (ProRes 4444), mp4 (H.264, without transparency),
    apng or png (animated PNG, without loss), webp (animated WebP; compressed frames are held).
    `rate` is frames a second, on average; `time_base` is what times are multiples of, in seconds;
    `sound_of` is a film whose sound and subtitles go into this one, as they are where the format
    holds them; `remarks` tells where not. An old file is kept, with `OutputExistsError`, unless
    `replace`.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        rate: Fraction | float = _USUAL_RATE,
        time_base: Fraction = _TIME_BASE,
        sound_of: str | Path | None = None,
        tags: Tags = BT709,
        replace: bool = True,
    ) -> None:
        need("video", "av", purpose="writing a film")
        self.path = Path(path)
        self.format = FORMATS[format_of(self.path)]
        self.remarks: list[str] = []
        """What could not stay as it was."""
        self._rate, self._time_base, self._tags = _rate(rate, self.path), time_base, tags
        self._sound_of = None if sound_of is None else Path(sound_of)
        self._open, self._replace = ExitStack(), replace
        self._stream: VideoStream | None = None
        self._shape: tuple[int, ...] = ()
        self._latest = 0.0
        self._start, self._end, self._shown = 0.0, 0.0, 0.0
        """Seconds: where the first frame is shown, until when the latest is, and how long."""
        self._tracks: Tracks | None = None

    def __enter__(self) -> "FilmWriter":
        import av

        with ExitStack() as stack:
            temporary = stack.enter_context(files.atomic(self.path, replace=self._replace))
            with writing(str(self.path)):
                self._container = stack.enter_context(
                    av.open(
                        f"file:{temporary}",
                        "w",
                        format=self.format.container,
                        container_options=self.format.container_options,
                    )
                )
            self._temporary = temporary
            self._open = stack.pop_all()
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
            if self._stream is None:
                raise OutputError(f"{self.path}: there are no frames to write; give one or more")
            with writing(str(self.path)):
                self._outlet.finish(self._stream.encode(None), self._end - self._start)
                if self._tracks:
                    self._tracks.write()
                self._container.close()
            if self.format.sound is None:
                set_right(
                    self._temporary,
                    self._shown,
                    self._end - self._start,
                    has_alpha=self._shape[2:] == (4,),
                )

    def add(self, pixels: NDArray[np.uint8], time: float, duration: float | None = None) -> None:
        """The next frame: (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA with straight alpha.

        Shown at `time`, in seconds, for `duration`, or for 1 / `rate`. All frames have one shape.
        Raises `OutputError` for another one, for a time that goes back, and where the format has
        no transparency, and `UnfitImageError` for what is no picture.
        """
        check_array(pixels)
        pixels = pixels[..., 0] if pixels.shape[2:] == (1,) else pixels
        if not self._latest <= time < math.inf:
            raise OutputError(
                f"{self.path}: a frame at {time} s after one at {self._latest} s; times only go on"
            )
        self._latest = time
        with writing(str(self.path)):
            stream = self._stream or self._begin(pixels, time)
            if pixels.shape != self._shape:
                raise OutputError(
                    f"{self.path}: a frame of shape {pixels.shape} among those of {self._shape}; "
                    "make them alike"
                )
            fitting = fitted(pixels, self.format)
            frame = frame_of(fitting, stream.pix_fmt or "", self._tags)
            self._shown = duration or float(1 / self._rate)
            frame.time_base = self._time_base
            frame.pts = round(time / self._time_base)
            frame.duration = round(self._shown / self._time_base)
            self._end = time + self._shown
            self._outlet.mux(stream.encode(frame))
            if self._tracks:
                self._tracks.write(time)

    def _begin(self, pixels: NDArray[np.uint8], time: float) -> "VideoStream":
        if pixels.shape[2:] == (4,):
            check_holds_alpha(format_of(self.path))
        self._shape, self._start = pixels.shape, time
        self._outlet = Outlet(self._container)
        self._stream = begun(
            self._container, self.format, pixels, self._rate, self._time_base, self._tags
        )
        self._tracks = self._begin_tracks()
        return self._stream

    def _begin_tracks(self) -> Tracks | None:
        if self._sound_of is None:
            return None
        name = str(self._sound_of)
        source = self._open.enter_context(container_of(self._sound_of, name))
        tracks = Tracks(source, self._container, name, self.format.sound)
        self.remarks += tracks.remarks
        return tracks


def _rate(rate: Fraction | float, path: Path) -> Fraction:
    """As FFmpeg takes it. Raises `OutputError` for what is none."""
    if not 0 < rate < math.inf:
        raise OutputError(f"{path}: {rate} frames a second are no rate; give a number above 0")
    return Fraction(rate).limit_denominator(_PARTS)

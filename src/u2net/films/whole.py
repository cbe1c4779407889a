"""Whether a film is all there, before an hour of work is begun on half of one."""

import math
from pathlib import Path

from u2net.errors import FilmError
from u2net.films import matroska, riff
from u2net.films.boundary import reading
from u2net.films.container import USUAL_RATE, container_of, video_of

_SECONDS_LEFT_OUT, _FRAMES_LEFT_OUT = 0.1, 3
"""By how much together a film may end earlier than its header says."""

STREAMS = ("mpegts", "mpeg")
"""Kinds that say no length, and of which two, one after the other, are one."""

_JUMP = 0.1
"""Seconds by which a clock goes back only where another recording begins."""


def frames_in(path: Path, name: str) -> int:
    """How many frames the file holds, about, read through and not decoded.

    Raises `FilmError` when it is damaged, its end is missing, or it is several in one.
    """
    count, end, clock, damaged_at = 0, 0.0, -math.inf, None
    with container_of(path, name) as container:
        stream = video_of(container, name)
        is_stream = container.format.name in STREAMS
        _check_size(path, name)
        packets = container.demux()
        with reading(name):
            for packet in packets:
                if packet.is_corrupt and damaged_at is None:
                    damaged_at = end
                if is_stream and packet.stream is stream and packet.dts is not None:
                    now = float(packet.dts * (packet.time_base or 1))
                    if now < clock - _JUMP:
                        raise _joined(name, clock)
                    clock = now
                if packet.pts is not None and packet.time_base:
                    count += packet.stream is stream
                    end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        said = ((container.duration or 0) + (container.start_time or 0)) / 1_000_000
        missing = _FRAMES_LEFT_OUT / (stream.average_rate or USUAL_RATE) + _SECONDS_LEFT_OUT
    if damaged_at is not None:
        raise FilmError(f"{name}: damaged or cut off at {damaged_at:.1f} s; get it again")
    if end < said - missing:
        raise FilmError(f"{name}: cut off, ends at {end:.1f} s of {said:.1f} s; get it again")
    return count


def _check_size(path: Path, name: str) -> None:
    """Raise `FilmError` when a file of a kind that tells its length is shorter than that."""
    held, said = path.stat().st_size, matroska.end_of(path) or riff.end_of(path)
    if said is not None and held < said:
        raise FilmError(f"{name}: cut off, holds {held:,} of {said:,} bytes; get it again")


def _joined(name: str, time: float) -> FilmError:
    return FilmError(
        f"{name}: is several recordings in one, its clock jumps back at {time:.1f} s; give it one "
        "clock first, with ffmpeg -i IN -c copy OUT.mkv"
    )

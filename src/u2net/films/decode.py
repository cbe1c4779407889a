"""A film file -> shots, streamed through FFmpeg."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from u2net.errors import FilmError, ImageTooLargeError
from u2net.films.boundary import reading
from u2net.films.colours import check_shown, photo_of, tags_of
from u2net.films.deinterlace import progressive
from u2net.films.kinds import DEMUXERS
from u2net.films.shape import Shape, shape_of
from u2net.films.shots import Film, Shot

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

FRAME_PIXELS = 8192 * 4320
"""The most of one frame, an 8K film's: several are held at once."""

_USUAL = Fraction(25)
_SECONDS_LEFT_OUT, _FRAMES_LEFT_OUT = 0.1, 3
"""By how much together a film may end earlier than its header says."""


@contextmanager
def container_of(path: Path, name: str) -> "Iterator[InputContainer]":
    """The file as FFmpeg sees it: one of the `DEMUXERS`, which leads to no other file."""
    import av

    with reading(name):
        container = av.open(
            f"file:{path.absolute()}",
            container_options={"format_whitelist": DEMUXERS, "protocol_whitelist": "file"},
        )
    with container:
        yield container


@contextmanager
def opened(path: Path) -> Iterator[Film]:
    """The film in a file. Raises `FilmError` for what is none, damaged, HDR or without decoder.

    And `ImageTooLargeError` for frames of more than `FRAME_PIXELS`.
    """
    name = str(path)
    count = _check_whole(path, name)
    with container_of(path, name) as container:
        stream = _stream(container, name)
        decoder = _decoder(stream, name)
        frames = progressive(_frames(container, stream, decoder, name))
        first = next(frames, None)
        if first is None:
            raise FilmError(f"{name}: holds no frame; check that it is whole")
        check_shown(first, name)
        shape = shape_of(first, stream.sample_aspect_ratio)
        rate = stream.average_rate or stream.guessed_rate or _USUAL
        yield Film(
            name=name,
            size_hw=shape.size_hw,
            rate=rate,
            time_base=stream.time_base or 1 / rate,
            expected=count,
            tags=tags_of(first),
            has_sound=bool(container.streams.audio or container.streams.subtitles),
            shots=_shots(
                chain([first], frames), shape, stream, start_of(container), float(1 / rate)
            ),
        )


def start_of(container: "InputContainer") -> float:
    """Seconds at which the clock of a file begins; recordings of broadcasts begin late."""
    return max(0, container.start_time or 0) / 1_000_000


def _stream(container: "InputContainer", name: str) -> "VideoStream":
    from av.stream import Disposition

    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        held = "sound but no pictures" if container.streams.audio else "no pictures"
        raise FilmError(f"{name}: holds {held}; give a film")
    return streams[0]


def _decoder(stream: "VideoStream", name: str) -> "VideoCodecContext":
    from av import CodecContext

    context = stream.codec_context
    if context is None:
        raise FilmError(f"{name}: its pictures are coded in a way that has no decoder here")
    _check_size(context.width, context.height, name)
    if _has_alpha(stream) and context.name in ("vp8", "vp9"):
        # FFmpeg's own decoders leave the alpha out.
        context = CodecContext.create("libvpx-vp9" if context.name == "vp9" else "libvpx", "r")
    context.thread_type = "AUTO"
    # What is damaged would be made up from what lies around it, in silence.
    context.options = {"err_detect": "explode"}
    return context


def _has_alpha(stream: "VideoStream") -> bool:
    """Whether the file says so of a VP8 or VP9 film, whose alpha is a film beside it."""
    return any(
        name.lower() == "alpha_mode" and said == "1" for name, said in stream.metadata.items()
    )


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > FRAME_PIXELS:
        raise ImageTooLargeError(
            f"{name}: frames of {width}×{height} pixels are more than the limit of "
            f"{FRAME_PIXELS:,}; make the film smaller"
        )


def _check_whole(path: Path, name: str) -> int:
    """How many frames the file holds. Raises `FilmError` when it is damaged or its end is missing.

    Read through and not decoded: an hour of work is not begun on half a film.
    """
    count, end = 0, 0.0
    with container_of(path, name) as container:
        stream = _stream(container, name)
        packets = container.demux()
        with reading(name):
            for packet in packets:
                if packet.is_corrupt:
                    raise FilmError(f"{name}: damaged or cut off at {end:.1f} s; get it again")
                if packet.pts is not None and packet.time_base:
                    count += packet.stream is stream
                    end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        said = ((container.duration or 0) + (container.start_time or 0)) / 1_000_000
        missing = _FRAMES_LEFT_OUT / (stream.average_rate or _USUAL) + _SECONDS_LEFT_OUT
    if end < said - missing:
        raise FilmError(f"{name}: cut off, ends at {end:.1f} s of {said:.1f} s; get it again")
    return count


def _frames(
    container: "InputContainer", stream: "VideoStream", decoder: "VideoCodecContext", name: str
) -> "Iterator[VideoFrame]":
    """All frames of `stream`. Raises `FilmError` at what is damaged."""
    packets = container.demux(stream)
    while True:
        with reading(name):
            packet = next(packets, None)
            if packet is None:
                return
            # An empty packet is the end, at which the decoder gives what it still holds.
            decoded = decoder.decode(packet)
        for frame in decoded:
            if frame.is_corrupt:
                raise FilmError(f"{name}: damaged at {frame.time or 0:.1f} s; get it again")
            _check_size(frame.width, frame.height, name)
            yield frame


def _shots(
    frames: "Iterator[VideoFrame]", shape: Shape, stream: "VideoStream", start: float, usual: float
) -> Iterator[Shot]:
    """Each until the next; the last until the film ends, or as long as it says."""
    time = 0.0
    following = next(frames, None)
    while (frame := following) is not None:
        base = frame.time_base
        duration = float(frame.duration * base) if frame.duration and base else usual
        time = time if frame.pts is None or not base else float(frame.pts * base) - start
        following = next(frames, None)
        until = _end_of(stream) if following is None else following.time
        if until is not None and until - start > time:
            duration = until - start - time
        yield Shot(photo_of(frame, shape), time, duration)
        time += duration


def _end_of(stream: "VideoStream") -> float | None:
    """Seconds until which the pictures are shown; None where the file does not say."""
    if stream.duration is None or stream.time_base is None:
        return None
    return float(((stream.start_time or 0) + stream.duration) * stream.time_base)

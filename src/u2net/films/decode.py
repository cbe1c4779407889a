"""A film file -> shots, streamed through FFmpeg."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from u2net.errors import FilmError, ImageTooLargeError
from u2net.films.boundary import reading
from u2net.films.colours import check_shown, photo_of, tags_of
from u2net.films.container import USUAL_RATE, container_of, start_of, video_of
from u2net.films.deinterlace import progressive
from u2net.films.shape import Shape, shape_of
from u2net.films.shots import Film, Shot
from u2net.films.whole import STREAMS, frames_in
from u2net.pictures.limits import LIMITS, Limits

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

FRAME_PIXELS = 8192 * 4320
"""The most of one frame, an 8K film's: several are held at once."""


@contextmanager
def opened(path: Path, limits: Limits = LIMITS) -> Iterator[Film]:
    """The film in a file. Raises `FilmError` for what is none, damaged, HDR or without decoder.

    And `ImageTooLargeError` for frames of more than `FRAME_PIXELS`, or than `limits` allow.
    """
    name = str(path)
    count = frames_in(path, name)
    with container_of(path, name) as container:
        stream = video_of(container, name)
        decoder = _decoder(stream, name)
        remarks: list[str] = []
        frames = progressive(_frames(container, stream, decoder, name, remarks))
        first = next(frames, None)
        if first is None:
            raise FilmError(f"{name}: holds no frame; check that it is whole")
        shape = shape_of(first, stream.sample_aspect_ratio)
        _check_size(shape.width, shape.height, name)
        limits.check((shape.width, shape.height), name)
        rate = stream.average_rate or stream.guessed_rate or USUAL_RATE
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
            remarks=remarks,
        )


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


def _frames(
    container: "InputContainer",
    stream: "VideoStream",
    decoder: "VideoCodecContext",
    name: str,
    remarks: list[str],
) -> "Iterator[VideoFrame]":
    """All frames of `stream`. Raises `FilmError` at what is damaged."""
    packets = container.demux(stream)
    coded, shown, are_whole = 0, 0, True
    while True:
        with reading(name):
            packet = next(packets, None)
            if packet is None:
                break
            # An empty packet is the end, at which the decoder gives what it still holds.
            decoded = decoder.decode(packet)
        coded += packet.size > 0
        for frame in decoded:
            if frame.is_corrupt:
                raise FilmError(f"{name}: damaged at {frame.time or 0:.1f} s; get it again")
            _check_size(frame.width, frame.height, name)
            check_shown(frame, name)
            shown, are_whole = shown + 1, are_whole and not frame.interlaced_frame
            yield frame
    # Of other kinds not each packet is a frame; nor where it may be a field.
    if container.format.name in STREAMS and are_whole and shown < coded:
        remarks.append(f"{coded - shown} of {coded} frames left out: cut off at the start or end")


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

"""Films that tests make for themselves, with known truth."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

TIME_BASE = Fraction(1, 12_800)
RATE = 25


class Coding(NamedTuple):
    """How pictures are stored, in FFmpeg's words and the numbers of ITU-T H.273."""

    codec: str = "libx264"
    pixels: str = "yuv420p"
    matrix: int = 1
    is_full: bool = False
    primaries: int = 1
    transfer: int = 1
    aspect: Fraction | None = None
    interlaced: bool = False


LOSSLESS = Coding(pixels="yuv444p")


def square(number: int, size_hw: tuple[int, int] = (64, 96)) -> NDArray[np.uint8]:
    """RGB: a bright square on a dark ground, two pixels further right with each number."""
    rgb = np.full((*size_hw, 3), (40, 60, 90), np.uint8)
    left = 8 + 2 * number
    rgb[16:48, left : left + 32] = (230, 200, 60)
    return rgb


def squares(count: int = 10) -> list[NDArray[np.uint8]]:
    """A film of `square`."""
    return [square(number) for number in range(count)]


def write_film(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    *,
    coding: Coding = Coding(),  # noqa: B008
    times: Sequence[float] | None = None,
    sound: str | None = None,
    layout: str = "mono",
) -> Path:
    """`frames`, RGB, as a film, without loss but for that of the pixel format."""
    import av

    with av.open(str(path), "w") as container:
        options = {"qp": "0"} if coding.codec == "libx264" else {"lossless": "1"}
        if coding.interlaced:
            options |= {"flags": "+ildct+ilme"}
        stream: Any = container.add_stream(coding.codec, rate=RATE, options=options)
        _describe(stream.codec_context, coding)
        voice: Any = container.add_stream(sound, rate=48_000, layout=layout) if sound else None
        count = 0
        for count, rgb in enumerate(frames, 1):
            if count == 1:
                stream.height, stream.width = rgb.shape[:2]
            time = times[count - 1] if times else (count - 1) / RATE
            container.mux(stream.encode(_frame(rgb, coding, time)))
        if count:
            container.mux(stream.encode(None))
        if voice:
            for frame in tone(count / RATE, layout):
                container.mux(voice.encode(frame))
            container.mux(voice.encode(None))
    return path


def one_after_another(path: Path, parts: Sequence[Path]) -> Path:
    """MPEG-TS films as one, with one clock; each may be coded in its own way."""
    import av

    start = 0
    with av.open(str(path), "w") as container:
        stream: Any = None
        for part in parts:
            with av.open(str(part), format="mpegts") as source:
                stream = stream or container.add_stream_from_template(source.streams.video[0])
                end = start
                for packet in source.demux(video=0):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.stream, packet.pts, packet.dts = (
                        stream,
                        packet.pts + start,
                        packet.dts + start,
                    )
                    end = max(end, packet.pts + 90_000 // RATE)
                    container.mux(packet)
                start = end
    return path


def with_subtitles(path: Path, frames: Iterable[NDArray[np.uint8]], codec: str) -> Path:
    """A film with three lines of text in German, half a second apart."""
    import av

    film = write_film(path.with_name(f"silent{path.suffix}"), frames)
    with av.open(str(film)) as source, av.open(str(path), "w") as container:
        video: Any = container.add_stream_from_template(source.streams.video[0])
        lines: Any = container.add_mux_stream(codec)
        lines.metadata["language"], lines.time_base = "deu", Fraction(1, 1000)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = video
                container.mux(packet)
        for number in range(3):
            text = f"Zeile {number}".encode()
            if codec == "mov_text":
                text = len(text).to_bytes(2, "big") + text
            if codec == "ass":
                text = f"{number},0,Default,,0,0,0,,".encode() + text
            line: Any = av.Packet(text)
            line.stream, line.time_base, line.duration = lines, Fraction(1, 1000), 400
            line.pts = line.dts = 500 * number
            container.mux(line)
    return path


def tone(seconds: float, layout: str = "mono") -> Iterable[Any]:
    """Sound: 440 Hz, growing louder, the same from everywhere."""
    import av

    time = np.arange(round(48_000 * seconds)) / 48_000
    wave = (0.3 * time / seconds * np.sin(2 * np.pi * 440 * time)).astype(np.float32)[None]
    for start in range(0, wave.shape[1], 960):
        piece = wave[:, start : start + 960].repeat(av.AudioLayout(layout).nb_channels, axis=0)
        frame: Any = av.AudioFrame.from_ndarray(piece, "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        yield frame


def _describe(context: Any, coding: Coding) -> None:
    context.pix_fmt = coding.pixels
    # MPEG-2 knows rates of films and television alone.
    context.time_base = Fraction(1, RATE) if coding.codec == "mpeg2video" else TIME_BASE
    context.colorspace, context.color_range = coding.matrix, 2 if coding.is_full else 1
    context.color_primaries, context.color_trc = coding.primaries, coding.transfer
    if coding.aspect:
        context.sample_aspect_ratio = coding.aspect


def _frame(rgb: NDArray[np.uint8], coding: Coding, time: float) -> Any:
    import av

    frame = _yuv(rgb, coding)
    made: Any = av.VideoFrame.from_ndarray(frame, "yuv444p")
    made.colorspace, made.color_range = coding.matrix, 2 if coding.is_full else 1
    if coding.pixels != "yuv444p":
        made = made.reformat(format=coding.pixels)
    made.color_primaries, made.color_trc = coding.primaries, coding.transfer
    made.time_base, made.pts = TIME_BASE, round(time / TIME_BASE)
    return made


_KR_KB = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
"""Of the matrices of BT.709, BT.601 (twice) and BT.2020."""


def _yuv(rgb: NDArray[np.uint8], coding: Coding) -> NDArray[np.uint8]:
    """(3, H, W) by the formulas of BT.709 §3 and BT.601 §2.5; an unnamed matrix is BT.601's."""
    kr, kb = _KR_KB.get(coding.matrix, _KR_KB[6])
    red, green, blue = np.moveaxis(rgb / 255, 2, 0)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    differences = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    low, high, span = (0, 255, 255) if coding.is_full else (16, 219, 224)
    planes = [low + high * luma, *(128 + span * difference for difference in differences)]
    return np.ascontiguousarray(np.rint(planes).clip(0, 255).astype(np.uint8))


QUARTER_RIGHT = (0, 1, -1, 0)


def turned(path: Path, matrix: tuple[int, int, int, int] = QUARTER_RIGHT) -> Path:
    """The MP4 film with a note on how players turn it, as telephones write.

    In `matrix` are where one step right leads, x and y, and where one step down.
    """
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44  # ISO 14496-12 §8.3.2, version 0
    for place, value in zip((0, 1, 3, 4), matrix, strict=True):
        start = at + 4 * place
        data[start : start + 4] = (value << 16).to_bytes(4, "big", signed=True)
    path.write_bytes(data)
    return path

"""Sound and subtitles of one film on their way into another."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from u2net.films.boundary import reading
from u2net.films.container import start_of

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream

Way = Callable[["Packet[Any]"], "Iterator[Packet[Any]]"]
"""A packet to those that are written for it; the empty one is the end."""

Begin = Callable[["OutputContainer"], Any]
"""Adds a stream to a file, and returns it."""

_USUAL_RATE = 48_000

_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""Channels -> the layout of so many that every encoder takes."""


class Tracks:
    """All sound and subtitles of `source`, as they are where `target` holds them."""

    def __init__(
        self, source: "InputContainer", target: "OutputContainer", name: str, sound: str | None
    ) -> None:
        self.remarks: list[str] = []
        """What could not stay as it was."""
        self._source, self._target, self._name = source, target, name
        self._start = start_of(source)
        self._ways: dict[int, Way] = {}
        for stream in (*source.streams.audio, *source.streams.subtitles):
            if way := self._way(stream, sound):
                self._ways[stream.index] = way
        self._packets = self._demuxed() if self._ways else iter(())
        self._next = next(self._packets, None)

    def write(self, until: float | None = None) -> None:
        """Write what begins up to `until` seconds; all that is left when that is None."""
        while self._next is not None:
            packet = self._next
            is_end = packet.dts is None
            if until is not None and not is_end and _seconds(packet) - self._start > until:
                return
            for written in self._ways[packet.stream.index](packet):
                self._target.mux(written)
            self._next = next(self._packets, None)

    def _demuxed(self) -> "Iterator[Packet[Any]]":
        streams = [self._source.streams[index] for index in self._ways]
        packets = self._source.demux(streams)
        while True:
            with reading(self._name):
                packet = next(packets, None)
            if packet is None:
                return
            yield packet

    def _way(self, stream: "Stream", sound: str | None) -> Way | None:
        if self._takes(lambda target: target.add_stream_from_template(stream)):
            return self._copied(stream)
        if stream.type == "audio" and stream.codec_context is not None and sound is not None:
            begin = _anew(stream, sound)
            if self._takes(begin):
                anew, codec = sound.removeprefix("lib"), stream.codec_context.codec.canonical_name
                self.remarks.append(f"sound made {anew}, for {codec} does not fit")
                return self._recoded(stream, begin)
        self.remarks.append(left_out(stream))
        return None

    def _takes(self, begin: Begin) -> bool:
        """Whether a file like the target can hold such a stream; it is tried in memory.

        What a format says to hold is not enough: MOV would take Opus, until its header is written.
        """
        import av
        from av.error import FFmpegError

        try:
            with av.open(BytesIO(), "w", format=self._target.format.name) as trial:
                stream = begin(trial)
                trial.start_encoding()
                if stream.codec_context.name.startswith("pcm_"):
                    # MP4 looks at its channels no sooner than when there is something of it.
                    trial.mux(_silence(stream))
        except (FFmpegError, ValueError):
            return False
        return True

    def _copied(self, stream: "Stream") -> Way:
        target = self._target.add_stream_from_template(stream)
        _tell_language(stream, target)

        def way(packet: "Packet[Any]") -> "Iterator[Packet[Any]]":
            if packet.dts is None:
                return
            shift = round(self._start / (packet.time_base or 1))
            packet.pts, packet.dts = (
                (packet.dts if packet.pts is None else packet.pts) - shift,
                packet.dts - shift,
            )
            packet.stream = target
            yield packet

        return way

    def _recoded(self, stream: Any, begin: Begin) -> Way:
        target = begin(self._target)
        _tell_language(stream, target)

        def way(packet: "Packet[Any]") -> "Iterator[Packet[Any]]":
            with reading(self._name):
                frames = stream.codec_context.decode(packet)
            for frame in frames:
                if frame.pts is not None:
                    frame.pts -= round(self._start / frame.time_base)
                yield from target.encode(frame)
            if packet.dts is None:
                yield from target.encode(None)

        return way


def _anew(stream: Any, codec: str) -> Begin:
    """Sound like that of `stream`, made by the encoder `codec`, in a rate and layout it takes."""
    from av import Codec

    rates = Codec(codec, "w").audio_rates or ()
    rate = stream.rate if stream.rate in rates else _USUAL_RATE
    layout = _LAYOUTS.get(stream.channels, "stereo")
    return lambda target: target.add_stream(codec, rate=rate, layout=layout)


def _silence(stream: Any) -> "Packet[Any]":
    """One packet of uncompressed sound, of whole samples whatever their width."""
    from av import Packet

    packet: Packet[Any] = Packet(bytes(24 * stream.channels))
    packet.stream, packet.pts, packet.dts = stream, 0, 0
    return packet


def left_out(stream: "Stream") -> str:
    """A remark on what the result cannot hold."""
    kind = {"audio": "sound", "subtitle": "subtitles"}.get(stream.type, stream.type)
    codec = "unknown" if stream.codec_context is None else stream.codec_context.codec.canonical_name
    language = stream.metadata.get("language", "und")
    named = codec if language == "und" else f"{codec}, {language}"
    return f"{kind} left out ({named}): does not fit"


def _tell_language(stream: "Stream", target: "Stream") -> None:
    if language := stream.metadata.get("language"):
        target.metadata["language"] = language


def _seconds(packet: "Packet[Any]") -> float:
    return float((packet.dts or 0) * (packet.time_base or 0))

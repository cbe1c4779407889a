"""Interlaced frames, of which every second line is of another moment -> whole ones."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import VideoFrame
    from av.filter import Graph


def progressive(frames: "Iterator[VideoFrame]") -> "Iterator[VideoFrame]":
    """`frames`, each whole; a film of which the first is not interlaced is passed on as it is.

    The lines of the second field are made from their neighbours in place and time, by FFmpeg's
    bwdif (Weston 3-field with cubic interpolation); frames keep their number and their times.
    """
    first = next(frames, None)
    if first is None:
        return
    if not first.interlaced_frame:
        yield first
        yield from frames
        return
    graph = _graph(first)
    for frame in chain([first], frames):
        graph.push(frame)
        yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _graph(frame: "VideoFrame") -> "Graph":
    from av.filter import Graph

    graph = Graph()
    filters = (
        graph.add_buffer(
            width=frame.width,
            height=frame.height,
            format=frame.format,
            time_base=frame.time_base,
        ),
        graph.add("bwdif", mode="send_frame", deint="interlaced"),
        graph.add("buffersink"),
    )
    graph.link_nodes(*filters).configure()
    return graph


def _ready(graph: "Graph") -> "Iterator[VideoFrame]":
    from av.error import BlockingIOError as Later
    from av.error import EOFError as Done

    while True:
        try:
            yield graph.vpull()
        except (Later, Done):
            return

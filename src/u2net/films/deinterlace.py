"""Interlaced frames, of which every second line is of another moment -> whole ones."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import VideoFrame
    from av.filter import Graph


def progressive(frames: "Iterator[VideoFrame]") -> "Iterator[VideoFrame]":
    """`frames`, each whole; those before the first that is interlaced are passed on as they are.

    The lines of the second field are made from their neighbours in place and time, by FFmpeg's
    bwdif (Weston 3-field with cubic interpolation); frames keep their number and their times, and
    those that are whole among the others their pixels.
    """
    graph: Graph | None = None
    kind = None
    for frame in frames:
        if graph is not None and kind != _kind(frame):
            yield from _rest(graph)
            graph = None
        if graph is None and frame.interlaced_frame:
            graph, kind = _graph(frame), _kind(frame)
        if graph is None:
            yield frame
            continue
        graph.push(frame)
        yield from _ready(graph)
    if graph is not None:
        yield from _rest(graph)


def _kind(frame: "VideoFrame") -> tuple[int, int, str]:
    """What must not change within one graph."""
    return frame.width, frame.height, frame.format.name


def _rest(graph: "Graph") -> "Iterator[VideoFrame]":
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

"""Pixels as the video stream of a film format takes them."""

from fractions import Fraction
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.films.bleed import bled
from u2net.films.formats import FilmFormat
from u2net.films.shots import Tags

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream


def begun(
    container: "OutputContainer",
    way: FilmFormat,
    pixels: NDArray[np.uint8],
    rate: Fraction,
    time_base: Fraction,
    tags: Tags,
) -> "VideoStream":
    """The stream in `container` for frames like `pixels`, tagged with their colours."""
    from av.codec.context import Flags

    has_alpha = pixels.shape[2:] == (4,)
    height, width = fitted(pixels, way).shape[:2]
    options = way.options | (way.with_alpha if has_alpha else {})
    added = container.add_stream(way.codec, rate=rate, options=options)
    stream = cast("VideoStream", added)
    stream.width, stream.height = width, height
    stream.pix_fmt = (has_alpha and way.transparent) or way.opaque
    stream.time_base = stream.codec_context.time_base = time_base
    context = stream.codec_context
    context.thread_count = 0
    context.flags |= Flags.frame_duration
    if not stream.format.is_rgb:
        context.colorspace, context.color_range = 1, 1
    context.color_primaries, context.color_trc = tags
    if has_alpha:
        stream.metadata["alpha_mode"] = "1"
    return stream


def fitted(pixels: NDArray[np.uint8], way: FilmFormat) -> NDArray[np.uint8]:
    """`pixels` of a size, and with colours beyond the edges, that suit the codec."""
    height, width = pixels.shape[:2]
    if way.mixes and pixels.shape[2:] == (4,):
        pixels = bled(pixels)
    if not way.even or not (height % 2 or width % 2):
        return pixels
    # A line or a column is repeated: H.264 halves the resolution of colours.
    return np.asarray(
        cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8
    )

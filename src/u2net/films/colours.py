"""Decoded frames -> upright RGB: matrix, range, primaries. And back."""

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.errors import FilmError
from u2net.films.gamut import WIDE, narrowed
from u2net.films.shape import Shape
from u2net.films.shots import Tags
from u2net.pictures.photo import Photo, seen

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.plane import VideoPlane

_HIGH = 720
"""Lines from which an unnamed matrix is taken for BT.709, below for BT.601, as players do."""

_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9}
"""Matrix coefficients of ITU-T H.273 -> swscale's number for them."""

_UNNAMED = (0, 2, 3)

_HDR = {16: "PQ", 18: "HLG"}
"""Transfer characteristics of ITU-T H.273 for more light than a screen's white."""

_LEVELS = 8
"""Bits of a colour."""

_BT709, _FULL, _LIMITED = 1, 2, 1


def check_shown(frame: "VideoFrame", name: str) -> None:
    """Raise `FilmError` for colours that 8 bits of BT.709 cannot show without a choice of tone."""
    if kind := _HDR.get(frame.color_trc):
        raise FilmError(
            f"{name}: is HDR ({kind}), which would come out in wrong colours; make it SDR first, "
            "with ffmpeg's filters zscale and tonemap"
        )
    if not frame.format.is_rgb and frame.colorspace not in (*_MATRICES, *_UNNAMED):
        raise FilmError(
            f"{name}: its colours are coded in a way that is not read here (matrix "
            f"{frame.colorspace} of H.273); convert it to BT.709 first"
        )


def tags_of(frame: "VideoFrame") -> Tags:
    """What the pixels of `photo_of` mean: as the film says, BT.709 where it was wide or silent."""
    if frame.color_primaries in (*WIDE, *_UNNAMED):
        return Tags()
    transfer = frame.color_trc
    return Tags(frame.color_primaries, 1 if transfer in _UNNAMED else transfer)


def photo_of(frame: "VideoFrame", shape: Shape) -> Photo:
    """`frame`, upright, in square pixels."""
    has_alpha = any(component.is_alpha for component in frame.format.components)
    if any(component.bits < _LEVELS for component in frame.format.components):
        frame = frame.reformat(format="rgb24")  # whose white would not become one of 8 bits
    converted = frame.reformat(
        width=shape.width,
        height=shape.height,
        # A plane a colour: the same values as packed ones, in a third of the time.
        format="gbrap" if has_alpha else "gbrp",
        src_colorspace=_matrix(frame),
        src_color_range=_range(frame),
        dst_color_range=_FULL,
        interpolation=_interpolation(),
    )
    green, blue, red, *others = map(_lines_of, converted.planes)
    rgb = np.asarray(cv2.merge([red, green, blue]), np.uint8)
    if frame.color_primaries in WIDE:
        rgb = narrowed(rgb, frame.color_primaries)
    rgb, *others = (np.ascontiguousarray(shape.upright(pixels)) for pixels in (rgb, *others))
    alpha = seen(others[0]) if others else None
    return Photo(rgb=rgb, alpha=alpha, size_hw=shape.size_hw)


def _lines_of(plane: "VideoPlane") -> NDArray[np.uint8]:
    """(H, W), one byte a pixel; shared with the plane."""
    lines = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
    return np.asarray(lines[: plane.height, : plane.width], np.uint8)


def _matrix(frame: "VideoFrame") -> int:
    return _MATRICES.get(frame.colorspace, 1 if frame.height >= _HIGH else 5)


def _range(frame: "VideoFrame") -> int:
    is_full = frame.format.is_rgb or frame.format.name.startswith("yuvj")
    return _FULL if is_full or frame.color_range == _FULL else _LIMITED


def frame_of(pixels: NDArray[np.uint8], pixel_format: str, tags: Tags) -> "VideoFrame":
    """(H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA as a frame of `pixel_format`.

    In the matrix of BT.709 and limited range, which every player takes, and said so.
    """
    from av import VideoFrame

    if pixels.ndim == 2:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), np.uint8)
    source = "rgba" if pixels.shape[2] == 4 else "rgb24"
    pixels = np.ascontiguousarray(pixels)
    if pixel_format == source:
        return VideoFrame.from_ndarray(pixels, source)
    frame = VideoFrame.from_numpy_buffer(pixels, source).reformat(
        format=pixel_format,
        dst_colorspace=_BT709,
        src_color_range=_FULL,
        dst_color_range=_LIMITED,
        interpolation=_interpolation(),
    )
    frame.color_primaries, frame.color_trc = tags
    return frame


def _interpolation() -> int:
    from av.video.reformatter import Interpolation as Way

    # Without the other two flags greys and edges of colour are off by several levels.
    return Way.BICUBIC | Way.ACCURATE_RND | Way.FULL_CHR_H_INT

"""Photo and mask -> cut-out with straight alpha."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net import files
from u2net.arrays import RGB, RGBA, Alpha, Box, Lines, Mask
from u2net.crop import NO_MARGIN, MarginLike, as_margin, object_box
from u2net.edges.recoloured import Recoloured
from u2net.pictures import encode
from u2net.pictures.metadata import NO_METADATA, Density, Metadata
from u2net.pictures.photo import Photo


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A result: pixels that can be written."""

    pixels: Lines
    """(H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA with straight alpha."""
    icc_profile: bytes | None = None
    """The colour space of RGB and RGBA; None is sRGB."""
    found: bool = True
    """Whether there is an object in it; where there is none, nothing is shown."""
    density: Density | None = None
    """Dots per inch, across and down, of the photo it was made of."""
    metadata: Metadata = NO_METADATA
    """What is written into the file beside the pixels; nothing unless it was asked for."""
    frames: int = 1
    """How many frames or pages the photo's file holds."""
    palette: RGB | None = None
    """Colours, (colours, 3), where the pixels are numbers of classes."""

    @property
    def only_first(self) -> bool:
        """Whether the photo's file holds more frames or pages than this picture shows."""
        return self.frames > 1

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels, as Pillow has it."""
        height, width = self.pixels.shape[:2]
        return width, height

    def encode(self, kind: str = "png") -> bytes:
        """The picture as a file: png, webp and tiff lose nothing, jpg has no transparency.

        Raises `OutputError` when the format is unknown or cannot hold it.
        """
        return encode.encode(
            self.pixels,
            encode.named(kind),
            icc_profile=self.icc_profile,
            density=self.density,
            metadata=self.metadata,
            palette=self.palette,
        )

    def save(self, target: str | Path | BinaryIO, kind: str | None = None) -> None:
        """Write the picture, in the format `kind` or else that of the suffix, to a path or stream.

        A path is written whole or not at all, and an old file replaced; a stream gets PNG unless
        `kind` says otherwise. Raises `OutputError` for an unknown format or suffix, or a place that
        cannot be written.
        """
        if not isinstance(target, (str, Path)):
            target.write(self.encode(kind or "png"))
            return
        path = Path(target)
        files.write(path, self.encode(kind or encode.format_of(path)))

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        return self.encode("png")


@dataclass(frozen=True, slots=True)
class Layers:
    """Colours under an alpha: RGBA lines, made when they are asked for.

    A whole RGBA copy of a large photo would double its memory, only to be read once. What is made
    cannot be written to, for it is not what a file is made of.
    """

    rgb: RGB | Recoloured
    alpha: Alpha

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W, 4)."""
        return (*self.alpha.shape, 4)

    def __getitem__(self, lines: slice) -> RGBA:
        alpha = self.alpha[lines]
        rgba = cv2.cvtColor(cv2.copyTo(self.rgb[lines], alpha), cv2.COLOR_RGB2RGBA)
        cv2.insertChannel(alpha, rgba, 3)
        return read_only(np.asarray(rgba, np.uint8))

    def within(self, box: Box) -> "Layers":
        """The part in `box`; its pixels are shared."""
        rgb = self.rgb.within(box) if isinstance(self.rgb, Recoloured) else self.rgb[box.inside]
        return Layers(rgb, self.alpha[box.inside])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("RGBA lines are made when they are asked for: always a copy")
        return np.array(self[:], dtype)


@dataclass(frozen=True, kw_only=True)
class Cutout(Picture):
    """The salient object alone. Where alpha is 0 colour is 0: nothing of the background is left."""

    pixels: Layers

    @cached_property
    def rgba(self) -> RGBA:
        """(H, W, 4), straight alpha; made at the first use; read-only."""
        return self.pixels[:]

    @property
    def alpha(self) -> Alpha:
        """(H, W); read-only."""
        return self.pixels.alpha

    def box(self, margin: MarginLike = NO_MARGIN) -> Box | None:
        """Where the object is, with `margin` as far as the picture goes; None where none is.

        A margin is a number of pixels, or a text as `Margin.parse` takes. Raises `ValueError`.
        """
        return object_box(self.alpha, as_margin(margin))

    def cropped(self, margin: MarginLike = NO_MARGIN) -> "Cutout":
        """What lies in `box`, or all where there is no object; the pixels are shared."""
        box = self.box(margin)
        return self.within(box) if box else self

    def within(self, box: Box) -> "Cutout":
        """The part in `box`; the pixels are shared."""
        return replace(self, pixels=self.pixels.within(box))


def cut_out(photo: Photo, mask: Mask, colours: RGB | Recoloured | None = None) -> Cutout:
    """What `mask`, of the same size, shows of `photo`, or of its other `colours`.

    Alpha is the mask times the photo's own, rounded.
    """
    alpha = mask if photo.alpha is None else cv2.multiply(mask, photo.alpha, scale=1 / 255)
    shown = photo.rgb if colours is None else colours
    layers = Layers(shown, read_only(np.asarray(alpha, np.uint8)))
    return Cutout(
        pixels=layers,
        icc_profile=photo.icc_profile,
        found=bool(alpha.any()),
        density=photo.density,
        frames=photo.frames,
    )


def read_only(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A view of `pixels` that cannot be written to."""
    view: NDArray[np.uint8] = pixels.view()
    view.flags.writeable = False
    return view

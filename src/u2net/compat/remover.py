"""`u2net remove --compat`: a remover whose pictures are those of another tool, same weights."""

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np
from PIL import Image, ImageOps

from u2net.classes import chosen
from u2net.compat import as_official, as_rembg
from u2net.cutout import Picture, cut_out
from u2net.machine.ending import at_work
from u2net.options import Options
from u2net.pictures.decode import from_pillow, read_picture
from u2net.pictures.limits import Limits
from u2net.pictures.photo import Photo
from u2net.pictures.source import Source, file_of
from u2net.remover import Remover


class CompatRemover(Remover, ABC):
    """Its `picture` is that of another tool; all else is as of any remover."""

    @at_work()
    def picture(self, image: Source) -> Picture:
        """The mask or the cut-out, as the options ask for it."""
        return self.made(opened(image, self.options.limits))

    @abstractmethod
    def made(self, image: Image.Image) -> Picture:
        """What the tool makes of an upright image."""


class AsRembg(CompatRemover):
    """Makes what `rembg i` makes; of several classes, unless one is named, all below each other."""

    def made(self, image: Image.Image) -> Picture:
        engine, card = self.load()
        at = chosen(card, self.options.class_name)
        wanted = () if at is None else ((at,),)
        masks = as_rembg.masks_of(image, engine, card, wanted)
        shown = masks if self.options.mask else [as_rembg.cut_out(image, mask) for mask in masks]
        return Picture(
            pixels=np.asarray(as_rembg.below_each_other(shown)),
            icc_profile=image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None,
            found=any(mask.getbbox() for mask in masks),
            frames=getattr(image, "n_frames", 1),
        )


class AsOfficial(CompatRemover):
    """Makes the mask that `u2net_test.py` makes, and by it the cut-out, which that does not."""

    def made(self, image: Image.Image) -> Picture:
        mask = as_official.mask_of(image, *self.load())
        if not self.options.mask:
            return cut_out(from_pillow(image), mask)
        return Picture(pixels=mask, found=bool(mask.any()), frames=getattr(image, "n_frames", 1))


TOOLS: dict[str, type[CompatRemover]] = {"rembg": AsRembg, "official": AsOfficial}
"""What `--compat` may be."""


def remover_as(tool: str, options: Options) -> Remover:
    """A remover like `tool`; in float32, as those run, unless `options` name a precision."""
    precision = "fp32" if options.precision == "auto" else options.precision
    return TOOLS[tool].of(replace(options, precision=precision))


def opened(image: Source, limits: Limits) -> Image.Image:
    """`image` as Pillow has it, upright, no profile applied. Raises `ImageError`."""
    if isinstance(image, np.ndarray):
        return Image.fromarray(image)
    if isinstance(image, Image.Image):
        return ImageOps.exif_transpose(image)
    if isinstance(image, Photo):
        own = [] if image.alpha is None else [image.alpha]
        return Image.fromarray(np.dstack([image.rgb, *own]))
    data, name = file_of(image, limits)
    return read_picture(data, name=name, limits=limits)

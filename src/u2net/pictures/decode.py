"""Bytes of a picture file -> photo: 8-bit RGB, its alpha, its profile, the right way up."""

from PIL import Image

from u2net.arrays import RGB
from u2net.errors import UnreadableImageError
from u2net.pictures import colour
from u2net.pictures.boundary import boundary
from u2net.pictures.header import Header, header_of, upright
from u2net.pictures.limits import LIMITS, Limits
from u2net.pictures.modes import Pixels, pixels_of
from u2net.pictures.opened import open_picture
from u2net.pictures.photo import Photo


def decode(
    data: bytes,
    *,
    name: str = "the picture",
    limits: Limits = LIMITS,
    at_least: int | None = None,
) -> Photo:
    """The picture in `data`; of an animation the first frame.

    With `at_least` a JPEG may come smaller than it is, but not below that many pixels on either
    side: all that a mask needs, for a fraction of the memory. Raises `ImageTooLargeError` before
    any pixel is decoded, and `UnreadableImageError` for what is no picture or not all of one.
    """
    with boundary(name):
        opened = open_picture(data, name, limits)
        return photo_from(opened.header, opened.pixels(at_least), name)


def from_pillow(
    image: Image.Image, name: str = "the Pillow image", *, limits: Limits = LIMITS
) -> Photo:
    """The picture in a Pillow image of any mode, turned as its EXIF says. Raises as `decode`."""
    if 0 in image.size:
        raise UnreadableImageError(f"{name}: has no pixels; give a picture")
    with boundary(name):
        limits.check(image.size, name)
        image.load()
        header = header_of(image, name, frames=getattr(image, "n_frames", 1))
        return photo_from(header, image, name)


def read_picture(data: bytes, *, name: str = "the picture", limits: Limits = LIMITS) -> Image.Image:
    """The picture in `data` as a Pillow image of any mode, upright, no profile applied.

    For what is no photo, such as masks of 16 bits or floats. Checked and raises as `decode`.
    """
    with boundary(name):
        opened = open_picture(data, name, limits)
        pixels = opened.pixels()
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        if opened.image is not None:
            image.info = opened.image.info
        if opened.header.orientation == 1:
            return image
        from PIL import ImageOps

        return ImageOps.exif_transpose(image)


def photo_from(header: Header, stored: RGB | Image.Image, name: str) -> Photo:
    """The photo of `stored`, which may be smaller than `header` says, set upright.

    To be called inside the boundary.
    """
    if isinstance(stored, Image.Image):
        rgb, alpha, profile = pixels_of(stored, header.icc_profile, name)
    else:
        rgb, alpha, profile = Pixels(stored, None, header.icc_profile)
    if not colour.fits(profile, "RGB"):
        profile = None
    elif not colour.leads_back(profile):
        rgb, profile = colour.convert(rgb, profile, None), None
    return Photo(
        rgb=upright(rgb, header.orientation),
        alpha=None if alpha is None else upright(alpha, header.orientation),
        icc_profile=profile,
        size_hw=header.size_hw,
        frames=header.frames,
        density=header.density,
        metadata=header.metadata,
        name=name,
    )

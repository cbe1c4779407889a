"""What a file says of its picture before any pixel is decoded."""

from dataclasses import dataclass

from PIL import Image

from u2net.errors import ImageTooLargeError
from u2net.pictures import tiff
from u2net.pictures.limits import PROFILE_BYTES
from u2net.pictures.metadata import (
    NO_METADATA,
    Density,
    Metadata,
    density_of,
    density_of_tags,
    metadata_of,
)
from u2net.pictures.orientation import is_sideways, known, orientation_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """All but the pixels."""

    wh: tuple[int, int]
    """Of the pixels as they will be decoded."""
    orientation: int
    """What is left to do to set them upright: Pillow turns a TIFF itself."""
    icc_profile: bytes | None
    density: Density | None
    """Of the picture, upright."""
    metadata: Metadata
    frames: int

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the picture, upright."""
        return self.wh if is_sideways(self.orientation) else self.wh[::-1]


def header_of(
    image: Image.Image, name: str, *, frames: int = 1, icc_profile: bytes | None = None
) -> Header:
    """The header that Pillow has read, or of one frame of it.

    `icc_profile` is the profile where Pillow was not given it. Raises `ImageTooLargeError` for a
    profile above the limit.
    """
    orientation = orientation_of(image)
    return Header(
        wh=image.size,
        orientation=1 if image.format == "TIFF" else orientation,
        icc_profile=_checked(icc_profile or image.info.get("icc_profile"), name),
        density=_upright(density_of(image), orientation),
        metadata=metadata_of(image),
        frames=frames,
    )


def header_of_tags(tags: tiff.Tags, name: str) -> Header:
    """The header of a TIFF that Pillow cannot read. Raises as `header_of`."""
    orientation = known(tags.get(tiff.ORIENTATION))
    return Header(
        wh=(tiff.number(tags, tiff.WIDTH, 0), tiff.number(tags, tiff.HEIGHT, 0)),
        orientation=orientation,
        icc_profile=_checked(tags.get(tiff.PROFILE), name),
        density=_upright(density_of_tags(tags), orientation),
        metadata=NO_METADATA,
        frames=1,
    )


def _upright(density: Density | None, orientation: int) -> Density | None:
    return density[::-1] if density and is_sideways(orientation) else density


def _checked(profile: object, name: str) -> bytes | None:
    """The colour profile; what is none at all, such as a number, counts as none."""
    if not isinstance(profile, bytes):
        return None
    if len(profile) > PROFILE_BYTES:
        raise ImageTooLargeError(
            f"{name}: its colour profile is larger than {PROFILE_BYTES >> 20} MB; take a plain one"
        )
    return profile

"""File of a data set -> photo as serving sees it, or the plane of a map."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from u2net.data.plane import Notes, Plane, of_picture
from u2net.errors import DatasetError, ImageError
from u2net.files import is_file, is_there
from u2net.pictures.decode import read_picture
from u2net.pictures.photo import Photo
from u2net.pictures.source import photo_of, read

ASPECT_TOLERANCE = 0.03
"""How much the aspect of a soft map may differ from its picture's: it was shrunk and rounded."""


def read_photo(path: Path) -> Photo:
    """The photo, upright, by the decoder that serves. Raises `DatasetError`."""
    with translated(path):
        return photo_of(path)


def read_plane(path: Path) -> tuple[Plane, Notes]:
    """The plane in a picture file, (height, width), and notes; colour becomes luma.

    Raises `DatasetError` when the file is missing, damaged, or no regular file.
    """
    return of_picture(read_image(path))


def read_image(path: Path) -> Image.Image:
    """The Pillow image in a file, of any mode, loaded and upright. Raises `DatasetError`."""
    with translated(path):
        return read_picture(read(path), name=str(path))


def check_regular(path: Path) -> None:
    """Raise `DatasetError` for a pipe, a socket, a device: reading one might never end."""
    if is_there(path) and not is_file(path):
        raise DatasetError(f"{path}: no file but a folder, pipe or device; remove it from the set")


def check_sizes(path: Path, photo_hw: tuple[int, int], plane: Plane, *, smaller: bool) -> None:
    """Raise `DatasetError` when a mask, the plane of `path`, does not have its photo's size.

    The plane is (height, width), or several of a class each, (height, width, classes).

    With `smaller`, for soft maps, the same aspect is enough.
    """
    (height, width), (mask_height, mask_width) = photo_hw, plane.shape[:2]
    stretch = (mask_width * height) / (mask_height * width)
    slack = ASPECT_TOLERANCE + 1 / min(mask_height, mask_width)
    if plane.shape[:2] != photo_hw and not (smaller and abs(stretch - 1) <= slack):
        raise DatasetError(
            f"{path}: {mask_width}×{mask_height} pixels, its picture {width}×{height}; "
            "one of them belongs to another pair"
        )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what is raised for the file of a picture into `DatasetError`."""
    check_regular(path)
    try:
        yield
    except ImageError as error:
        raise DatasetError(str(error)) from error

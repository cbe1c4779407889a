"""Where libraries that read pictures end: their errors become ours, their warnings nobody's."""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import cv2
from PIL import Image

from u2net.errors import ImageTooLargeError, U2NetError, UnreadableImageError

_OPENCV_NO_MEMORY = -4
_LONGEST = 160
"""Characters of a library's message that are passed on."""

_OF_CODE = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, TypeError),
    *(UnicodeError, struct.error),
)
"""Errors of code that stumbled over damage: their words are about the code, not the picture."""

_inside: ContextVar[bool] = ContextVar("_inside", default=False)


@contextmanager
def boundary(name: str) -> Iterator[None]:
    """Whatever goes wrong inside is told of the picture `name`, in one line; nothing is warned of.

    Raises `ImageTooLargeError` when memory ends, `UnreadableImageError` for all else.
    """
    _keep_quiet()
    token = _inside.set(True)
    try:
        yield
    except U2NetError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise _no_memory(name) from error
    except Exception as error:
        # Damaged files make Pillow and what stands behind it raise nearly anything.
        if getattr(error, "code", None) == _OPENCV_NO_MEMORY and isinstance(error, cv2.error):
            raise _no_memory(name) from error
        raise UnreadableImageError(
            f"{name}: damaged or cut off{_reason(error)}; get a whole copy of the file"
        ) from error
    finally:
        _inside.reset(token)


def _reason(error: Exception) -> str:
    """What the library says, in brackets; nothing where that tells nobody anything."""
    # Pillow passes errors of its code on under another name.
    of_code = isinstance(error.__cause__ or error, _OF_CODE)
    words = "" if of_code else " ".join(str(error).split())[:_LONGEST]
    return f" ({words})" if words else ""


def _no_memory(name: str) -> ImageTooLargeError:
    return ImageTooLargeError(
        f"{name}: there is not enough memory for it; make the picture smaller, or free memory"
    )


class _Inside(type):
    def __subclasscheck__(cls, category: type) -> bool:
        return _inside.get()


class _OfPictures(Warning, metaclass=_Inside):
    """Any warning that is given inside the boundary, by the context that gives it.

    `warnings.catch_warnings` changes the filters of all threads at once, and puts them back in any
    order.
    """


def _keep_quiet() -> None:
    """Have the filter in front; it stays, and lets everything through that is not inside."""
    if not warnings.filters or warnings.filters[0][2] is not _OfPictures:
        warnings.simplefilter("ignore", _OfPictures)

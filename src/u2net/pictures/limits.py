"""How much one picture may ask for, known from its header before anything is decoded."""

from dataclasses import dataclass

from u2net.errors import ImageTooLargeError

BYTES_PER_PIXEL = 24
"""The most that decoding takes at once, copies included: 22 for a WebP with alpha that is turned,
7 for a plain PNG, 6 for a JPEG."""

PROFILE_BYTES = 16 << 20
"""The largest colour profile; a JPEG holds no larger one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one picture; each can be set. Beyond them `ImageTooLargeError` is raised."""

    pixels: int = 250_000_000
    """Width times height. More than any camera makes; 750 MB as RGB."""
    side: int = 65_535
    """Pixels. The most that JPEG can say; one endless line would be no picture."""
    file_bytes: int = 1 << 30
    """Of the file itself; no picture within the limit of pixels needs more."""
    memory_bytes: int = 6 << 30
    """That decoding may take beside the file, at 24 bytes a pixel, the worst case."""

    def check(self, wh: tuple[int, int], name: str) -> None:
        """Raise `ImageTooLargeError` for a picture of that many pixels that goes beyond them."""
        width, height = wh
        size = f"{name}: {width}×{height} pixels"
        if max(width, height) > self.side:
            raise ImageTooLargeError(
                f"{size}: a side is over the limit of {self.side:,}; make the picture smaller"
            )
        if width * height > self.pixels:
            raise ImageTooLargeError(
                f"{size} are more than the limit of {self.pixels:,}; make the picture smaller"
            )
        if width * height * BYTES_PER_PIXEL > self.memory_bytes:
            raise ImageTooLargeError(
                f"{size} may take more than the limit of {_text(self.memory_bytes)} of memory; "
                "make the picture smaller"
            )

    def check_file(self, size: int, name: str) -> None:
        """Raise `ImageTooLargeError` for a file of `size` bytes that goes beyond them."""
        if size > self.file_bytes:
            raise ImageTooLargeError(
                f"{name}: more than the limit of {_text(self.file_bytes)}; make it smaller"
            )


def _text(size: int) -> str:
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size:,} bytes"


LIMITS = Limits()

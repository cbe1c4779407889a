"""Heavy pictures one at a time on a node, small ones beside them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import Image

from u2net.cluster.node_lock import node_lock

HEAVY = 40_000_000
"""Pixels from which a picture is heavy: some hundred megabytes while it is worked on."""


class Turnstile:
    """Lets one heavy picture of this node through at a time."""

    def __init__(self) -> None:
        self._processes, self._threads = node_lock("heavy"), threading.Lock()

    @contextmanager
    def passed(self, file: BytesIO) -> Iterator[None]:
        """The block, at once or after the other heavy one."""
        if _pixels(file) < HEAVY:
            yield
            return
        with self._threads, self._processes:
            yield


def _pixels(file: BytesIO) -> int:
    """As the header says; 0 where it is read by others than Pillow, or none is there."""
    try:
        with Image.open(file) as image:
            return int(image.width * image.height)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return HEAVY
    except (OSError, ValueError, SyntaxError):
        return 0
    finally:
        file.seek(0)

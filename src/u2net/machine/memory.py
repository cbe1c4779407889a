"""Memory of long work on CPUs: what one step frees, the next takes again."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
"""Parameters of glibc's `mallopt`, as its malloc.h numbers them."""


def keep_memory() -> None:
    """Let the allocator keep freed memory, where it is glibc's; call it before threads start.

    By default every array above 32 MiB is mapped and unmapped anew, and smaller ones go back when
    they lie on top: a quarter of a training step, and of the scoring of a picture, goes into the
    kernel's zeroing of pages.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        # -1 as an unsigned size: never trim.
        for parameter, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1), (M_ARENA_MAX, 1)):
            mallopt(parameter, value)

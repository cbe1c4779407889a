"""What the processor offers to this process: cores, and arithmetic below float32."""

import os
from functools import cache
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_FLAGS = Path("/proc/cpuinfo")

AVX512_VNNI = 261
"""OpenCV's number for these instructions; its Python module has no name for it."""


def cores() -> int:
    """Cores that this process may use: those it is bound to, within a container's quota."""
    try:
        bound = len(os.sched_getaffinity(0))
    except AttributeError:  # no such call outside Linux
        bound = os.cpu_count() or 1
    try:
        quota, period = _QUOTA.read_text().split()
        return max(1, min(bound, round(int(quota) / int(period))))
    except (OSError, ValueError):  # no quota here, or "max"
        return bound


@cache
def multiplies_int8() -> bool:
    """Whether it sums products of int8 without overflow in one instruction (VNNI).

    Older instructions saturate at 16 bits, which would cost quality in silence.
    """
    try:
        return "vnni" in _FLAGS.read_text()
    except OSError:  # no such file outside Linux
        import cv2

        return bool(cv2.checkHardwareSupport(AVX512_VNNI))

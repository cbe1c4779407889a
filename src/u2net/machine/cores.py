"""What the processor offers to this process: cores, and arithmetic below float32."""

import os
from functools import cache
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_FLAGS = Path("/proc/cpuinfo")

AVX2, AVX512_VNNI = 11, 261
"""OpenCV's numbers for these instructions; its Python module has no names for them."""


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
def int8_weight_bits() -> int:
    """Bits of weights whose products with 8-bit values it sums quickly and without overflow.

    8 with VNNI. 7 with AVX2, whose sums of two products saturate at 16 bits, which would cost
    quality in silence: 2 x 255 x 63 is the most that fits. 0 where there is neither.
    """
    try:
        flags = _FLAGS.read_text()
        vnni, avx2 = "vnni" in flags, "avx2" in flags
    except OSError:  # no such file outside Linux
        import cv2

        vnni, avx2 = (bool(cv2.checkHardwareSupport(number)) for number in (AVX512_VNNI, AVX2))
    return 8 if vnni else 7 if avx2 else 0

"""What this processor can do at most: matrix products, and copying memory.

    python benchmarks/peak.py

With them the floor of a network is its operations over the first, the floor of a copy its bytes
over the second. U²-Net† at 320² is 39.5 GFLOP.
"""

import time
from collections.abc import Callable

import numpy as np
import torch

SIDE = 2048
ROUNDS = 20
LITE_GFLOP = 39.5


def best(function: Callable[[], object]) -> float:
    """Seconds of the quickest call."""
    spent = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function()
        spent.append(time.perf_counter() - start)
    return min(spent)


def main() -> None:
    """Measure and print a table."""
    print("| what | rate | U²-Net† at 320² |\n|---|---|---|")
    for name, kind in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        left, right = (torch.randn(SIDE, SIDE).to(kind) for _ in range(2))
        rate = 2 * SIDE**3 / best(lambda a=left, b=right: a @ b) / 1e9
        print(f"| {name} matrix product | {rate:.0f} GFLOP/s | {LITE_GFLOP / rate * 1e3:.0f} ms |")
    block = np.ones(1 << 28, np.uint8)
    other = np.empty_like(block)
    rate = 2 * block.size / best(lambda: np.copyto(other, block)) / 1e9
    print(f"| copying, one core, read and written | {rate:.1f} GB/s | |")


if __name__ == "__main__":
    main()

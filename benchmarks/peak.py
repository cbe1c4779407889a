"""What this processor can do at most: a wide convolution, and copying memory.

    python benchmarks/peak.py

With them the floor of a network is its operations over the first, the floor of a copy its bytes
over the second. U²-Net† at 320² is 39.5 GFLOP. Matrix products would mislead: in float32 the
libraries behind them leave half of an AMD processor's vectors unused, oneDNN's convolutions do not.
"""

import time
from collections.abc import Callable

import numpy as np
import torch

CHANNELS, SIDE = 256, 128
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
        features, weights = (
            torch.randn(shape).to(kind, memory_format=torch.channels_last)
            for shape in ((1, CHANNELS, SIDE, SIDE), (CHANNELS, CHANNELS, 3, 3))
        )
        operations = 2 * 9 * CHANNELS**2 * SIDE**2
        seconds = best(lambda x=features, w=weights: torch.conv2d(x, w, padding=1))
        rate = operations / seconds / 1e9
        print(f"| {name} convolution | {rate:.0f} GFLOP/s | {LITE_GFLOP / rate * 1e3:.0f} ms |")
    block = np.ones(1 << 28, np.uint8)
    other = np.empty_like(block)
    rate = 2 * block.size / best(lambda: np.copyto(other, block)) / 1e9
    print(f"| copying, one core, read and written | {rate:.1f} GB/s | |")


if __name__ == "__main__":
    main()

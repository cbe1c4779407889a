"""A path a line in, seconds a line out: the same work as rembg_worker, done by u2net."""

import sys
import time
from pathlib import Path

import u2net

model, precision = sys.argv[1:]
remover = u2net.Remover(model, precision=precision)
remover.load()
print("ready", flush=True)
for line in sys.stdin:
    path = Path(line.strip())
    start = time.perf_counter()
    remover(path).encode("png")
    print(time.perf_counter() - start, flush=True)

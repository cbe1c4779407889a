"""Runs inside rembg's own virtual environment: a path a line in, seconds a line out."""

import io
import sys
import time
from pathlib import Path

from PIL import Image
from rembg import new_session, remove

session = new_session("u2netp")
print("ready", flush=True)
for line in sys.stdin:
    path = Path(line.strip())
    start = time.perf_counter()
    result = remove(Image.open(path), session=session)
    result.save(io.BytesIO(), "PNG")
    print(time.perf_counter() - start, flush=True)

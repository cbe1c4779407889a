"""PNG files of cut-outs, beside Pillow at its default level: time and size.

    python benchmarks/png.py PHOTOS

PHOTOS is a folder; what lite cuts out of each is encoded by both in turn. Processor time adds up
the threads of ours; Pillow has one. On a busy machine it is what can be compared.
"""

import argparse
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from u2net import Cutout, Remover
from u2net.pictures.formats import SUFFIXES

LARGE = 1.15
"""Sizes above this many times Pillow's are named."""


def timed(function: Callable[[], bytes]) -> tuple[int, float, float]:
    """Bytes, seconds, and processor seconds of `function`."""
    start, processor = time.perf_counter(), time.process_time()
    size = len(function())
    return size, time.perf_counter() - start, time.process_time() - processor


def by_pillow(cutout: Cutout) -> bytes:
    """The same picture as Pillow writes it."""
    buffer = BytesIO()
    Image.fromarray(cutout.rgba).save(buffer, "PNG")
    return buffer.getvalue()


def main() -> None:
    """Encode all and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    folder = parser.parse_args().photos
    remover = Remover()
    found = []
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES):
        cutout = remover(path)
        cutout.encode()
        ours, theirs = timed(cutout.encode), timed(lambda made=cutout: by_pillow(made))
        found.append((cutout.alpha.size / 1e6, *ours, *theirs))
        if ours[0] > LARGE * theirs[0]:
            print(f"{path.name}: {ours[0] / theirs[0]:.2f} × the size")
    megapixels, size, wall, processor, size2, wall2, processor2 = np.array(found).T
    ratios = size / size2
    print(f"{len(found)} photos of {min(megapixels):.1f} to {max(megapixels):.1f} megapixels\n")
    print("| | ours | Pillow | ratio |")
    print("|---|---|---|---|")
    for name, mine, yours in (("wall", wall, wall2), ("processor", processor, processor2)):
        each, other = (1000 * sum(times) / sum(megapixels) for times in (mine, yours))
        print(f"| {name}, ms a megapixel | {each:.1f} | {other:.0f} | {other / each:.0f}× |")
    print(f"| size, of Pillow's | median {median(ratios):.2f}, most {max(ratios):.2f} | 1 | |")


if __name__ == "__main__":
    main()

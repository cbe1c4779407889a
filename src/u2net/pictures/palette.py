"""The colours in which class maps are shown: those of PASCAL VOC, which the field knows.

The bits of a number, three at a time, go to the highest bits of red, green and blue that are left:
0 is black, 1 dark red, 2 dark green (Everingham et al., VOC devkit, `VOClabelcolormap`).
"""

import numpy as np

from u2net.arrays import RGB


def _colours() -> RGB:
    colours = np.zeros((256, 3), np.uint8)
    numbers = np.arange(256)
    for place in range(8):
        for channel in range(3):
            colours[:, channel] |= ((numbers >> channel & 1) << (7 - place)).astype(np.uint8)
        numbers >>= 3
    return colours


PALETTE: RGB = _colours()
"""Number of a class -> its colour, (256, 3) uint8."""

"""Numbers of numpy in a pickle, such as the best score -> plain ones, by stand-ins for numpy's own.

What numpy makes them with takes a state from the file, which could spoil its types in memory.
"""

from pickle import UnpicklingError
from typing import Any

import numpy as np


class Kind:
    """What stands for `numpy.dtype`: the kind of a number, little-endian."""

    def __init__(self, name: object, *_: object) -> None:
        self.name = name

    def __setstate__(self, state: object) -> None:
        """The file's state is left aside, but for the order of the bytes."""
        if isinstance(state, tuple) and ">" in state[1:2]:
            raise UnpicklingError("a number with its bytes turned round")


def number(kind: object, data: object) -> Any:
    """What stands for numpy's `scalar`: the number that the bytes are."""
    name = kind.name if isinstance(kind, Kind) else None
    if name not in KINDS or not isinstance(data, bytes):
        raise UnpicklingError("no number")
    return np.frombuffer(data, KINDS[name], count=1)[0].item()


KINDS = {
    name: np.dtype(name).newbyteorder("<")
    for name in ("b1", *("i1", "i2", "i4", "i8"), *("u1", "u2", "u4", "u8"), *("f2", "f4", "f8"))
}
"""Kinds of numbers by the names that pickles have for them."""

STAND_INS: list[Any] = [
    (Kind, "numpy.dtype"),
    *((number, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
]
"""With the names in a pickle that they stand for."""

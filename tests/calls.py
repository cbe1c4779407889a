"""The command line, called in this process."""

from collections.abc import Callable
from typing import NamedTuple


class Run(NamedTuple):
    """What a call ended with."""

    status: int
    out: str
    err: str


Call = Callable[..., Run]

"""Things timed beside each other: they take turns, so that what else runs slows all alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One thing that was timed."""

    name: str
    seconds: float
    """Median over the rounds."""
    best: float

    def ratio(self, baseline: "Timing") -> float:
        """How many times faster than `baseline`."""
        return baseline.seconds / self.seconds


def in_turns(things: dict[str, Callable[[], Any]], rounds: int) -> list[Timing]:
    """Each of `things` once a round, after a round that is not counted."""
    spent: dict[str, list[float]] = {name: [] for name in things}
    for at in range(rounds + 1):
        for name, thing in things.items():
            start = time.perf_counter()
            thing()
            if at:
                spent[name].append(time.perf_counter() - start)
    return [timing(name, values) for name, values in spent.items()]


def timing(name: str, values: list[float]) -> Timing:
    """The timing of one thing, by its seconds in each round."""
    return Timing(name=name, seconds=median(values), best=min(values))

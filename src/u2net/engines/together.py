"""Pictures that several threads bring one by one, run together where that is quicker."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from u2net.arrays import Batch

MOST = 8
"""Pictures of one run. Fewer run as 4, 2 or 1: devices prepare themselves for each size anew."""

Run = Callable[[Batch], Batch]


@dataclass(eq=False, slots=True)
class _Waiting:
    """One picture of a thread, and what became of it."""

    picture: Batch
    """(1, 3, H, W)."""
    result: Batch | Exception | None = None


class Together:
    """Runs what waits, up to `MOST` at a time, whenever the run before has ended.

    So nobody waits for company: a thread alone is served at once, and while the device works the
    next batch gathers.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: deque[_Waiting] = deque()
        self._turn = threading.Lock()

    def __call__(self, batch: Batch) -> list[Batch]:
        """What `run` makes of each picture of (N, 3, H, W). Raises what it raises for one of them.

        Where a run of several fails, for want of memory perhaps, each is run by itself.
        """
        mine = [_Waiting(batch[at : at + 1]) for at in range(len(batch))]
        self._waiting.extend(mine)
        with self._turn:
            while any(one.result is None for one in mine):
                self._serve(list(self._next()))
        return [_sound(one.result) for one in mine]

    def _next(self) -> Iterator[_Waiting]:
        """The first that wait, a power of two of them."""
        there = min(len(self._waiting), MOST)
        for _ in range(1 << (there.bit_length() - 1)):
            yield self._waiting.popleft()

    def _serve(self, some: Sequence[_Waiting]) -> None:
        try:
            maps = self._run(np.concatenate([one.picture for one in some]))
        except Exception as error:
            if len(some) == 1:
                some[0].result = error
            else:
                for one in some:
                    self._serve([one])
            return
        except BaseException:  # an interrupt of this thread is not the others'
            self._waiting.extendleft(reversed(some))
            raise
        for at, one in enumerate(some):
            one.result = maps[at : at + 1]


def _sound(result: Batch | Exception | None) -> Batch:
    assert result is not None
    if isinstance(result, Exception):
        raise result
    return result

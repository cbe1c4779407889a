"""Work off the event loop: as many pictures at a time as pay, in order, and none for nobody."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import TypeVar

from starlette.types import Receive

from u2net.errors import U2NetError, UnforeseenError
from u2net.serve.metrics import Metrics
from u2net.serve.problem import LEFT, Problem
from u2net.steps import listening

Result = TypeVar("Result")

_SHARE = 0.1
"""Of the mean of seconds that the last piece of work has."""


def _nothing() -> None:
    """Nobody wants to know."""


class Workers:
    """Threads that work on pictures."""

    def __init__(self, count: int, metrics: Metrics) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="u2net")
        self._count = count
        self._metrics = metrics
        self._jobs: set[_Job] = set()
        self._seconds = 0.0

    @property
    def waiting(self) -> int:
        """Pictures that nobody has begun to work on."""
        return sum(not job.begun for job in self._jobs)

    @property
    def wait(self) -> float:
        """Seconds that one more would have to wait, as far as the last ones tell."""
        return self.waiting * self._seconds / self._count

    async def run(
        self, work: Callable[[], Result], receive: Receive, begun: Callable[[], None] = _nothing
    ) -> Result:
        """What `work` makes of a request whose body was taken from `receive`.

        `begun` is called in the event loop when it is begun.
        When the client leaves, or the caller is cancelled, work is not begun, or ends after its
        step. Raises `U2NetError`, or `Problem` when the client has left.
        """
        loop = asyncio.get_running_loop()
        job = _Job(self._metrics, partial(loop.call_soon_threadsafe, begun))
        self._jobs.add(job)
        given = self._pool.submit(partial(self._done, work, job))
        done = asyncio.wrap_future(given)
        left = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((done, left), return_when=asyncio.FIRST_COMPLETED)
            if not done.done():
                raise Problem(LEFT, "client-left", "the client left")
            return done.result()
        finally:
            job.forgotten.set()
            left.cancel()
            # At once; through the other future it would be some turns of the loop later.
            given.cancel()
            done.cancel()
            self._jobs.discard(job)

    def _done(self, work: Callable[[], Result], job: "_Job") -> Result:
        job.begin()
        start = time.perf_counter()
        with self._metrics.working.track_inprogress(), listening(job):
            try:
                return work()
            except (U2NetError, Problem):
                raise
            except Exception as error:
                raise UnforeseenError(error) from error
            finally:
                seconds = time.perf_counter() - start
                self._seconds += _SHARE * (seconds - self._seconds) if self._seconds else seconds

    def close(self) -> None:
        """End the threads once they have done what they were given."""
        self._pool.shutdown()


class _Job:
    """Measures the steps of one piece of work, and ends it when nobody waits for it."""

    def __init__(self, metrics: Metrics, tell: Callable[[], object]) -> None:
        self.begun = False
        self.forgotten = Event()
        self._metrics = metrics
        self._tell = tell

    def begin(self) -> None:
        self.begun = True
        self._tell()

    def begins(self, step: str) -> None:
        if self.forgotten.is_set():
            raise Problem(LEFT, "client-left", f"nobody waits for the {step}")

    def ended(self, step: str, seconds: float) -> None:
        self._metrics.step_seconds.labels(step).observe(seconds)


async def _left(receive: Receive) -> None:
    """Ends when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass

"""Many pictures at a time: decoding, network and encoding of neighbours overlap."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from u2net.errors import U2NetError, UnforeseenError

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], jobs: int
) -> Generator[tuple[Item, Result | U2NetError], None, None]:
    """Each item with what `function` makes of it, in order; errors as values.

    `jobs` threads work at a time, and no more than twice as many results wait to be taken. An
    exception of another package is given as an `UnforeseenError`, so that no item ends the others.
    When the caller stops early, what has begun is finished first.
    """

    waiting: deque[tuple[Item, Future[Result | U2NetError]]] = deque()
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="u2net")
    try:
        for item in items:
            waiting.append((item, pool.submit(_attempt, function, item)))
            if len(waiting) >= 2 * jobs:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def one_by_one(
    function: Callable[[Item], Result], items: Iterable[Item]
) -> Generator[tuple[Item, Result | U2NetError], None, None]:
    """As `in_order`, in this thread, where an interrupt ends what has begun."""
    for item in items:
        yield item, _attempt(function, item)


def _attempt(function: Callable[[Item], Result], item: Item) -> Result | U2NetError:
    try:
        return function(item)
    except U2NetError as error:
        return error
    except Exception as error:
        return UnforeseenError(error)

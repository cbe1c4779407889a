"""Work off the event loop: in order, and none for nobody."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from starlette.types import Message

from u2net.errors import UnforeseenError
from u2net.serve.metrics import Metrics
from u2net.serve.problem import Problem
from u2net.serve.workers import Workers
from u2net.steps import step


async def stays() -> Message:
    """A client that waits for its answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def leaves() -> Message:
    """A client that goes."""
    await asyncio.sleep(0.01)
    return {"type": "http.disconnect"}


class Blocked:
    """Work that goes on until it is let go, and then takes another step."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()
        self.done: list[str] = []

    def __call__(self) -> str:
        self.begun.set()
        self.go.wait()
        with step("encode"):
            self.done.append("encode")
        return "made"


async def started(
    workers: Workers, work: Blocked, client: Callable[..., object]
) -> asyncio.Task[str]:
    task = asyncio.create_task(workers.run(work, client))  # type: ignore[arg-type]
    await asyncio.to_thread(work.begun.wait)
    return task


def test_a_client_that_left_before_its_turn_is_not_worked_for() -> None:
    async def run() -> None:
        workers, first, second = Workers(1, Metrics()), Blocked(), Blocked()
        task = await started(workers, first, stays)
        with pytest.raises(Problem, match="left"):
            await workers.run(second, leaves)
        assert workers.waiting == 0
        first.go.set()
        assert await task == "made"
        workers.close()
        assert not second.begun.is_set()

    asyncio.run(run())


def test_a_client_that_leaves_meanwhile_ends_the_work_after_its_step() -> None:
    async def run() -> None:
        workers, work = Workers(1, Metrics()), Blocked()
        task = await started(workers, work, leaves)
        with pytest.raises(Problem, match="left"):
            await task
        work.go.set()
        workers.close()
        assert work.done == []

    asyncio.run(run())


def test_work_that_is_cancelled_is_forgotten() -> None:
    async def run() -> None:
        workers, first, second = Workers(1, Metrics()), Blocked(), Blocked()
        tasks = [await started(workers, first, stays)]
        tasks.append(asyncio.create_task(workers.run(second, stays)))
        await asyncio.sleep(0)
        assert workers.waiting == 1
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        first.go.set()
        workers.close()
        assert (first.done, second.begun.is_set(), workers.waiting) == ([], False, 0)

    asyncio.run(run())


def test_what_nobody_foresaw_is_told_as_such() -> None:
    async def run() -> None:
        workers = Workers(1, Metrics())
        with pytest.raises(UnforeseenError, match="ZeroDivisionError"):
            await workers.run(lambda: 1 // 0, stays)
        workers.close()

    asyncio.run(run())


def test_the_seconds_of_steps_are_measured() -> None:
    async def run() -> None:
        metrics = Metrics()
        workers, work = Workers(1, metrics), Blocked()
        work.go.set()
        await workers.run(work, stays)
        workers.close()
        assert b'u2net_step_seconds_count{step="encode"} 1.0' in metrics.text()

    asyncio.run(run())


def test_how_long_one_more_would_wait_is_known_from_the_last_ones() -> None:
    async def run() -> None:
        workers, first = Workers(1, Metrics()), Blocked()
        assert workers.wait == 0
        await workers.run(lambda: time.sleep(0.01), stays)
        task = await started(workers, first, stays)
        others = [asyncio.create_task(workers.run(lambda: None, stays)) for _ in range(3)]
        await asyncio.sleep(0)
        assert workers.wait >= 3 * 0.01
        first.go.set()
        await asyncio.gather(task, *others)
        workers.close()
        assert workers.wait == 0

    asyncio.run(run())


def test_who_asks_is_told_when_work_begins() -> None:
    async def run() -> None:
        workers, told = Workers(1, Metrics()), asyncio.Event()
        await workers.run(lambda: None, stays, told.set)
        await told.wait()
        workers.close()

    asyncio.run(run())

"""Many at a time, in order."""

import threading
import time
from collections.abc import Iterator

import pytest

from u2net.errors import ImageError, UnforeseenError
from u2net.parallel import in_order


def test_results_come_in_the_order_of_the_items() -> None:
    def slow_when_small(n: int) -> int:
        time.sleep(0.002 * (20 - n))
        return n * n

    assert list(in_order(slow_when_small, range(20), jobs=4)) == [(n, n * n) for n in range(20)]


def test_errors_of_the_package_are_values_and_the_rest_goes_on() -> None:
    def odd_fails(n: int) -> int:
        if n % 2:
            raise ImageError(f"{n} is odd")
        return n

    results = [result for _, result in in_order(odd_fails, range(4), jobs=2)]
    assert [str(result) for result in results] == ["0", "1 is odd", "2", "3 is odd"]
    assert isinstance(results[1], ImageError)


def test_a_foreign_exception_is_a_value_that_names_its_type() -> None:
    first, (_, error), last = in_order(lambda n: 1 // n, [1, 0, 1], jobs=2)
    assert (first, last) == ((1, 1), (1, 1))
    assert isinstance(error, UnforeseenError)
    assert "ZeroDivisionError: integer division" in str(error)
    assert isinstance(error.__cause__, ZeroDivisionError)


def test_want_of_memory_is_a_value_with_a_way_out() -> None:
    def starve(n: int) -> int:
        raise MemoryError

    ((_, error),) = in_order(starve, [1], jobs=1)
    assert "more memory than there is (MemoryError); make it smaller" in str(error)


def test_what_ends_a_process_is_passed_on() -> None:
    def end(n: int) -> int:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        list(in_order(end, [1], jobs=1))


@pytest.mark.parametrize("jobs", [1, 3])
def test_no_more_is_taken_than_is_worked_on_and_waited_for(jobs: int) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        while taken < 1000:
            taken += 1
            yield taken

    for n, _ in in_order(lambda n: n, items(), jobs):
        assert taken - n < 2 * jobs


def test_as_many_work_at_a_time_as_were_asked_for() -> None:
    barrier = threading.Barrier(3, timeout=10)
    assert len(list(in_order(lambda n: barrier.wait(), range(6), jobs=3))) == 6


def test_a_caller_that_stops_stops_the_work() -> None:
    begun: list[int] = []
    results = in_order(begun.append, range(1000), jobs=2)
    next(results)
    results.close()
    assert len(begun) <= 5

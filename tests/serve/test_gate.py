"""Who is let in: so many requests, and so many bytes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from u2net.serve.gate import Gate
from u2net.serve.problem import Problem


def test_one_request_more_than_may_be_is_told_to_come_again() -> None:
    gate = Gate(requests=2, size_bytes=100, body_bytes=50)
    with gate.admitted(1), gate.admitted(1):
        with pytest.raises(Problem) as refused, gate.admitted(1):
            pass
        assert (refused.value.status_code, refused.value.headers) == (503, {"Retry-After": "1"})
    with gate.admitted(1):
        assert (gate.requests, gate.bytes) == (1, 1)


def test_more_bytes_than_may_be_held_are_told_to_come_again() -> None:
    gate = Gate(requests=9, size_bytes=100, body_bytes=80)
    with gate.admitted(80), pytest.raises(Problem, match="503"), gate.admitted(21):
        pass
    assert (gate.requests, gate.bytes) == (0, 0)


def test_a_body_that_says_no_length_is_counted_as_it_comes() -> None:
    gate = Gate(requests=9, size_bytes=100, body_bytes=80)
    with gate.admitted(60), gate.admitted(0) as held:
        held.add(40)
        with pytest.raises(Problem, match="503"):
            held.add(1)


def test_a_body_above_the_limit_is_refused_though_nothing_else_is_held() -> None:
    with (
        pytest.raises(Problem, match="413"),
        Gate(requests=9, size_bytes=100, body_bytes=80).admitted(81),
    ):
        pass


def test_a_single_request_finds_room_for_its_answer_whatever_its_size() -> None:
    gate = Gate(requests=9, size_bytes=100, body_bytes=80)
    with gate.admitted(80) as held:
        held.take(10_000)
        with pytest.raises(Problem, match="503"), gate.admitted(1):
            pass
    with gate.admitted(80):
        pass


@given(
    st.lists(st.tuples(st.integers(0, 60), st.lists(st.integers(0, 60), max_size=3)), max_size=6)
)
def test_whatever_comes_and_fails_nothing_is_held_in_the_end(
    requests: list[tuple[int, list[int]]],
) -> None:
    gate = Gate(requests=3, size_bytes=100, body_bytes=50)

    def come(rest: list[tuple[int, list[int]]]) -> None:
        if not rest:
            return
        (declared, more), *others = rest
        with gate.admitted(declared) as held:
            assert gate.requests <= 3
            for count in more:
                held.add(count)
                assert gate.bytes <= 100 or gate.requests == 1
            come(others)

    with suppress(Problem):
        come(requests)
    assert (gate.requests, gate.bytes) == (0, 0)

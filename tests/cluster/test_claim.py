"""Whose a place is: of two runs one has it, and a dead one does not keep it."""

import json
import os
import threading
import time
from dataclasses import replace

import pytest

from u2net.cluster import claim as module
from u2net.cluster import sign
from u2net.cluster.claim import LOCK, claimed
from u2net.cluster.sign import STALE, Sign
from u2net.errors import PlaceError
from u2net.places.place import Place

linux = pytest.mark.skipif(not sign._space(), reason="processes are looked up in /proc")


def parents() -> Sign:
    """Of a process that lives, and is not this one."""
    pid = os.getppid()
    return replace(Sign.own("theirs"), pid=pid, start=sign._start(pid) or "")


def leave(place: Place, left: Sign) -> None:
    place.write(LOCK, left.written(), replace=True)


def is_taken(place: Place) -> bool:
    try:
        with claimed(place):
            return True
    except PlaceError:
        return False


@linux
def test_a_process_that_lives_keeps_its_place_however_long_it_was_still(place: Place) -> None:
    leave(place, replace(parents(), time=0.0))
    assert not is_taken(place)


@linux
def test_a_number_that_was_given_to_another_process_keeps_no_place(place: Place) -> None:
    leave(place, replace(parents(), start="1"))
    assert is_taken(place)


@pytest.mark.parametrize("elsewhere", [{"host": "other"}, {"space": "other"}, {"start": ""}])
def test_where_a_process_cannot_be_asked_for_its_last_sign_of_life_counts(
    place: Place, elsewhere: dict[str, str]
) -> None:
    left = replace(parents(), **elsewhere)
    leave(place, left)
    assert not is_taken(place)
    leave(place, replace(left, time=time.time() - STALE))
    assert is_taken(place)


@pytest.mark.parametrize("left", [b"", b"[]", b"{", b'{"host": "other", "pid": 1}'])
def test_a_lock_that_says_nothing_keeps_no_place(place: Place, left: bytes) -> None:
    place.write(LOCK, left, replace=False)
    assert is_taken(place)


def test_a_run_that_lost_its_place_ends_and_leaves_the_lock_of_the_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with claimed(place) as claim:
        claim.check()
        leave(place, parents())
        monkeypatch.setattr(module, "BEAT", 0)
        claim.beat(threading.Event())
        with pytest.raises(PlaceError, match="another run took over here"):
            claim.check()
    assert json.loads(place.read(LOCK).read())["token"] == "theirs"


def test_a_lock_that_was_taken_away_is_put_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEAT", 0.01)
    with claimed(place):
        place.delete(LOCK)
        for _ in range(3000):
            if place.has(LOCK):
                break
            time.sleep(0.01)
        assert place.has(LOCK)
    assert not place.has(LOCK)

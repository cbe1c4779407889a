"""The manifest: what is in it is there once, and is not done again."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from u2net.background import as_background
from u2net.cluster import listing
from u2net.cluster import record as module
from u2net.cluster.job import Job
from u2net.cluster.listing import Done, bundles
from u2net.cluster.record import Part, Record
from u2net.cluster.rows import UNREACHED, Row, told, untold
from u2net.cluster.run import _in_a_row
from u2net.errors import OutputExistsError
from u2net.options import Options
from u2net.places.place import Place


def row(name: str, status: str = "done") -> Row:
    return {"name": name, "status": status}


def names(place: Place) -> list[str]:
    from pyarrow import parquet

    tables = [parquet.read_table(place.read(name)) for name in place.names()]
    return [name for table in tables for name in table["name"].to_pylist()]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 1)
    monkeypatch.setattr(module, "SMALL", 4)


def test_small_parts_are_merged_and_every_row_is_there_once(place: Place) -> None:
    record = Record(place)
    wanted = [f"{n:03}" for n in range(23)]
    for name in wanted:
        assert record.add([row(name)]) == [name]
    assert sorted(names(place)) == wanted
    assert len(list(place.names())) < 8
    again = Record.opened(place)
    assert (again.counts, sorted(again.parts)) == (Counter(done=23), sorted(record.parts))


def test_pieces_of_a_merge_that_was_killed_are_deleted(place: Place) -> None:
    record = Record(place)
    for name in "abc":
        record.add([row(name)])
    piece = next(place.names())
    kept = place.read(piece).read()
    record.add([row("d")])
    place.write(piece, kept, replace=False)
    assert Record.opened(place).counts.total() == 4
    assert sorted(names(place)) == list("abcd")


def test_pictures_whose_place_failed_are_forgotten_and_others_not(place: Place) -> None:
    record = Record(place)
    record.add([row("a"), row("b", "failed"), row("c", "quarantined")])
    record.add([row("d", "failed")])
    again = Record.opened(place)
    assert again.counts == Counter(done=1, quarantined=1)
    assert names(place) == ["a", "c"]
    again.add([row("b")])
    assert sorted(names(place)) == ["a", "b", "c"]


def test_of_the_manifest_only_the_parts_around_a_name_are_held() -> None:
    parts = [Part(f"{n}", f"{n}0", f"{n}9", 5) for n in range(1, 9)]
    parts.append(Part("wide", "15", "85", 2))
    content = {part.name: {f"{part.name}{odd}" for odd in range(1, 9, 2)} for part in parts}
    content["wide"] = {"22", "84"}
    opened: list[str] = []

    def read(name: str) -> set[str]:
        opened.append(name)
        return content[name]

    done = Done(parts, read)
    found = []
    for n in range(10, 90):
        if str(n) in done:
            found.append(str(n))
        assert len(done._open) <= 2
    assert found == sorted(set.union(*content.values()))
    assert sorted(opened) == sorted(content)


def test_two_runs_do_not_share_a_place(place: Place) -> None:
    import json
    import subprocess
    import sys

    from u2net.cluster.claim import LOCK, claimed
    from u2net.errors import PlaceError

    program = (
        "import sys\nfrom u2net.places.place import place_at\n"
        "from u2net.places.address import Address\nfrom u2net.cluster.claim import claimed\n"
        "with claimed(place_at(Address.of(sys.argv[1]))): print('taken', flush=True); input()"
    )
    command = [sys.executable, "-c", program, str(place.address)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdin is not None
    with other:
        assert other.stdout.readline() == b"taken\n"
        with pytest.raises(PlaceError, match=f"process {other.pid}"), claimed(place):
            pass
        other.kill()
    with claimed(place):
        assert json.loads(place.read(LOCK).read())["pid"] != other.pid
    assert not place.has(LOCK)


def test_a_suspect_is_taken_up_by_itself_and_at_last_no_more() -> None:
    from u2net.cluster.ledger import Ledger

    ledger = Ledger()
    ledger.begin("a")
    ledger.begin("b")
    ledger.end("a", row("a"))
    assert ledger.past(["a", "b", "c"]) == ({"a": row("a")}, {"b": 1})
    ledger.begin("b")
    assert ledger.past(["a", "b", "c"]) == ({"a": row("a")}, {"b": 2})
    assert ledger.forget(["a", "b"]) == 2
    assert ledger.past(["a", "b", "c"]) == ({}, {})


def test_names_travel_as_they_are() -> None:
    from u2net.cluster.listing import Todo
    from u2net.cluster.worker import read, written

    pytest.importorskip("pyarrow")
    bundle = [Todo("ä/\udcff.jpg", "ä/\udcff.png", True), Todo("b.jpg", "b.png", False)]
    assert list(read(written(bundle))) == [bundle]


def test_a_heavy_picture_waits_for_the_other(tmp_path: Path, monkeypatch) -> None:
    import threading

    from made_pictures import encoded, photo
    from u2net.cluster import weight
    from u2net.places.place import Fetched

    monkeypatch.setattr(weight, "HEAVY", 400)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    gate = weight.Turnstile()
    light, heavy = Fetched(encoded(photo(10, 30))), Fetched(encoded(photo(20, 30)))
    other = threading.Thread(target=lambda: gate.passed(heavy).__enter__(), daemon=True)
    with gate.passed(heavy), gate.passed(light), gate.passed(Fetched(b"none")):
        other.start()
        other.join(0.3)
        assert other.is_alive()
        assert light.tell() == 0
    other.join(10)
    assert not other.is_alive()


def test_of_a_folder_only_parts_of_a_manifest_are_deleted(place: Place) -> None:
    Record(place).add([row("a")])
    for name in ("thesis.txt", "deep/rows-0000000001-0000000001.parquet"):
        place.write(name, b"dear", replace=False)
    with pytest.raises(OutputExistsError, match="is of another run"):
        module.check_free(place)
    module.empty(place)
    assert list(place.names()) == ["deep/rows-0000000001-0000000001.parquet", "thesis.txt"]
    module.check_free(place)


def job(place: Place, **options: Any) -> Job:
    """From `in` to `out`."""
    return Job(
        options=Options(**options),
        compat=None,
        all_frames=False,
        kind="png",
        existing="refuse",
        source=place.address / "in",
        target=place.address / "out",
    )


def looks(job: Job, parts: list[Part]) -> list[bool]:
    return [one.look for bundle in bundles(job, parts, job.state, Counter()) for one in bundle]


def test_outputs_are_asked_for_where_an_earlier_start_may_have_made_them(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "AHEAD", 1)
    for name in "abc":
        place.write(f"in/{name}.png", b"", replace=False)
    fresh = job(place)
    again = replace(fresh, begun=True)
    assert looks(fresh, []) == [False] * 3
    # Killed before it wrote a row.
    assert looks(again, []) == [True] * 3
    record = Record(fresh.state)
    record.add([row("a.png")])
    assert looks(again, record.parts) == [True, False]


def test_names_that_are_no_utf_8_are_known_as_done(place: Place) -> None:
    """Their bytes come behind all letters in a listing, and before them as they are told."""
    record, names = Record(place), ["a.jpg", "z\udcff.jpg", "zz.jpg", "\udcfe.jpg", "\udcff.jpg"]
    names.sort()
    record.add([row(told(name)) for name in names[1:]])
    record.add([row(told(names[0]))])
    for known in (record, Record.opened(place)):
        done = Done(known.parts, lambda part: listing._names(place, part))
        assert [name in done for name in names] == [True] * 5
    assert [untold(told(name)) for name in names] == names


def test_another_picture_behind_is_another_run(place: Place) -> None:
    import numpy as np

    def settings(level: int) -> str:
        pixels = np.zeros((64, 64, 3), np.uint8)
        pixels[30, 30] = level  # where numpy tells of no pixel
        return job(place, background=as_background(pixels)).settings

    assert settings(1) == settings(1) != settings(2)


def test_only_places_that_do_not_answer_end_a_run(place: Place) -> None:
    rows = [row("a", "failed") | {UNREACHED: True}] * 3
    assert _in_a_row(rows, 2) == 5
    assert _in_a_row([*rows, row("b", "failed") | {UNREACHED: False}], 2) == 0

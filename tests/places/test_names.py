import os
from pathlib import Path

import pytest

from made_store import needed
from u2net.errors import PlaceError
from u2net.places import names as lists
from u2net.places.address import Address
from u2net.places.names import in_order_on_disk, read_list

BASE = Address("s3://bucket/in")


@pytest.fixture(autouse=True)
def _fsspec() -> None:
    needed("fsspec")


def test_a_list_of_lines_is_sorted_and_names_each_once(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"b.jpg\r\ns3://bucket/in/a/\xff.jpg\n\nb.jpg\na.jpg\n")
    names = read_list(str(tmp_path / "list.txt"))(BASE)
    assert list(names) == ["a.jpg", "a/\udcff.jpg", "b.jpg"]


def test_a_column_of_a_table_is_read(tmp_path: Path) -> None:
    needed("pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    (tmp_path / "t.csv").write_text("n,where\n1,b.jpg\n2,s3://bucket/in/a.jpg\n", encoding="utf-8")
    parquet.write_table(pa.table({"where": ["b.jpg", None, "a.jpg"]}), tmp_path / "t.parquet")
    for file in ("t.csv", "t.parquet"):
        assert list(read_list(f"{tmp_path / file}:where")(BASE)) == ["a.jpg", "b.jpg"]
        with pytest.raises(PlaceError, match=r"has no column 'what'; there are .*where"):
            list(read_list(f"{tmp_path / file}:what")(BASE))
        with pytest.raises(PlaceError, match="name its column"):
            read_list(str(tmp_path / file))


def test_what_is_not_below_the_input_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("s3://other/a.jpg", encoding="utf-8")
    with pytest.raises(PlaceError, match=r"s3://other/a\.jpg, which is not below s3://bucket/in"):
        list(read_list(str(tmp_path / "list.txt"))(BASE))
    with pytest.raises(PlaceError, match=r"gone\.txt: not there"):
        list(read_list(str(tmp_path / "gone.txt"))(BASE))


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "list.txt")
    with pytest.raises(PlaceError, match=r"list\.txt: a named pipe, not a file"):
        list(read_list(str(tmp_path / "list.txt"))(BASE))


def test_more_names_than_are_sorted_at_once_wait_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "AT_ONCE", 3)
    many = [f"{n * 7 % 20:02}" for n in range(40)]
    assert list(in_order_on_disk(many)) == sorted(set(many))
    assert list(in_order_on_disk([])) == []

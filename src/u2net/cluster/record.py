"""The manifest of a run: Parquet parts in a folder, written by the driver alone.

A part is called by the numbers of the first and the last batch in it. When many small ones are
there they are merged: the whole is put before the pieces are deleted, and pieces that a killed
driver left are known by their numbers. So every row is there once, whenever it is read by a run.
"""

import io
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from u2net.cluster.rows import FINAL, Row, schema, untold
from u2net.errors import OutputExistsError
from u2net.places.place import Place

ROWS, SECONDS = 5_000, 2.0
"""Rows that are written at once, and how long one waits for others."""

SMALL, LARGE = 16, 50_000
"""So many parts are merged, until they have about so many rows."""

_PART = re.compile(r"rows-(\d{10})-(\d{10})\.parquet")


class Part(NamedTuple):
    """One file of the manifest, and which names are in it."""

    name: str
    first: str
    """In the order of a listing, which another text of the same names has not."""
    last: str
    rows: int


@dataclass(slots=True)
class Record:
    """What a run wrote so far."""

    place: Place
    parts: list[Part] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """Rows that are there, by their status."""
    _rows: list[Row] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)
    _number: int = 0

    @classmethod
    def opened(cls, place: Place) -> "Record":
        """What an earlier start of the run left in `place`; pictures that failed are not in it.

        Raises `PlaceError`.
        """
        record = cls(place)
        for name in _whole(place):
            table = record._read(name)
            final = [status in FINAL for status in table["status"].to_pylist()]
            record.counts.update(table.filter(final)["status"].to_pylist())
            if all(final):
                record._know(name, table, len(record.parts))
            else:
                record._put(name, table.filter(final), len(record.parts))
            record._number = _numbers(name)[1]
        return record

    def add(self, rows: list[Row]) -> list[str]:
        """Take `rows`; the names of those that are written now, and need not be kept elsewhere."""
        self._rows += rows
        self.counts.update(row["status"] for row in rows)
        if len(self._rows) >= ROWS or time.monotonic() - self._since >= SECONDS:
            return self.flush()
        return []

    def flush(self) -> list[str]:
        """Write all that was taken. Raises `PlaceError`."""
        import pyarrow as pa

        rows, self._rows = self._rows, []
        self._since = time.monotonic()
        if not rows:
            return []
        self._number += 1
        table = pa.Table.from_pylist(rows, schema()).sort_by("name")
        self._put(_called(self._number, self._number), table, len(self.parts))
        self._merge()
        return [row["name"] for row in rows]

    def _merge(self) -> None:
        import pyarrow as pa

        small = [part for part in self.parts if part.rows < LARGE // 2]
        if len(small) < SMALL:
            return
        # Neighbours in time, which are neighbours in the listing.
        pieces = self.parts[self.parts.index(small[0]) :][:SMALL]
        table = pa.concat_tables([self._read(part.name) for part in pieces]).sort_by("name")
        first, last = _numbers(pieces[0].name)[0], _numbers(pieces[-1].name)[1]
        at = self.parts.index(pieces[0])
        del self.parts[at : at + len(pieces)]
        self._put(_called(first, last), table, at)
        for piece in pieces:
            self.place.delete(piece.name)

    def _read(self, name: str) -> Any:
        from pyarrow import parquet

        return parquet.read_table(self.place.read(name))

    def _put(self, name: str, table: Any, at: int) -> None:
        from pyarrow import parquet

        if table.num_rows == 0:
            self.place.delete(name)
            return
        file = io.BytesIO()
        parquet.write_table(table, file, compression="zstd")
        self.place.write(name, file.getvalue(), replace=True)
        self._know(name, table, at)

    def _know(self, name: str, table: Any, at: int) -> None:
        names = [untold(text) for text in table["name"].to_pylist()]
        self.parts.insert(at, Part(name, min(names), max(names), len(names)))


def check_free(place: Place) -> None:
    """Raise `OutputExistsError` when parts of another run are in `place`."""
    for name in _parts(place):
        raise OutputExistsError(
            f"{place.address / name}: is of another run; choose another --manifest, or give "
            "--skip-existing or --overwrite"
        )


def empty(place: Place) -> None:
    """Delete the parts in `place`, and nothing else that is there: it may be anybody's folder."""
    for name in _parts(place):
        place.delete(name)


def _parts(place: Place) -> list[str]:
    return [name for name in place.names() if _PART.fullmatch(name)]


def _called(first: int, last: int) -> str:
    return f"rows-{first:010}-{last:010}.parquet"


def _numbers(name: str) -> tuple[int, int]:
    found = _PART.fullmatch(name)
    assert found
    return int(found[1]), int(found[2])


def _whole(place: Place) -> list[str]:
    """The parts in `place`; pieces of others that a killed driver left are deleted."""
    whole: list[str] = []
    for name in sorted(_parts(place), key=lambda name: (_numbers(name)[0], -_numbers(name)[1])):
        if whole and _numbers(name)[1] <= _numbers(whole[-1])[1]:
            place.delete(name)
        else:
            whole.append(name)
    return whole

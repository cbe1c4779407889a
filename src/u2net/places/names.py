"""A list of addresses: lines of a file, or a column of a table -> names below a place, in order."""

import csv
import heapq
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

from u2net.errors import PlaceError, need
from u2net.files import is_named_pipe
from u2net.places.address import LOCAL, Address, is_address
from u2net.places.drivers import file_system
from u2net.places.trouble import reached

AT_ONCE = 500_000
"""Names sorted in memory at a time, about 60 MB of them."""


def read_list(text: str) -> Callable[[Address], Iterator[str]]:
    """The names below an address in the list `FILE` or `FILE:COLUMN`, sorted, each once.

    A table is called .csv or .parquet; other files hold one name a line. A name is an address, or
    relative to that which is given. Raises `PlaceError` when the list cannot be read, has no such
    column, or names something else.
    """
    file, column = _parsed(text)

    def names(base: Address) -> Iterator[str]:
        with reached(file), _opened(file) as stream:
            rows = _rows(stream, file, column)
            yield from in_order_on_disk(_below(base, row, file) for row in rows if row)

    return names


def _parsed(text: str) -> tuple[Address, str | None]:
    head, colon, column = text.rpartition(":")
    if colon and head.lower().endswith((".csv", ".parquet")) and "/" not in column:
        return Address.of(head), column
    if text.lower().endswith((".csv", ".parquet")):
        raise PlaceError(f"{Address.of(text)}: is a table; name its column: --list FILE:COLUMN")
    return Address.of(text), None


def _opened(file: Address) -> BinaryIO:
    if file.scheme == LOCAL:
        if is_named_pipe(Path(file.rest)):
            raise PlaceError(f"{file}: a named pipe, not a file; name a list")
        return Path(file.rest).open("rb")
    system, path = file_system(file)
    opened: BinaryIO = system.open(path, "rb")
    return opened


def _rows(file: BinaryIO, address: Address, column: str | None) -> Iterator[str]:
    if column is None:
        return _of_lines(file)
    if address.suffix.lower() == ".parquet":
        return _of_parquet(file, address, column)
    return _of_csv(file, address, column)


def _of_lines(file: BinaryIO) -> Iterator[str]:
    with io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="\n") as lines:
        yield from (line.rstrip("\r\n") for line in lines)


def _of_csv(file: BinaryIO, address: Address, column: str) -> Iterator[str]:
    with io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="") as lines:
        table = csv.DictReader(lines)
        if column not in (table.fieldnames or ()):
            raise _no_column(address, column, table.fieldnames or ())
        yield from (row[column] or "" for row in table)


def _of_parquet(file: BinaryIO, address: Address, column: str) -> Iterator[str]:
    need("cluster", "pyarrow", purpose="a list in Parquet")
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        table = ParquetFile(file)
    except ArrowException as error:
        text = " ".join(str(error).split())[:200]
        raise PlaceError(f"{address}: is no table in Parquet ({text}); make it anew") from error
    if column not in table.schema_arrow.names:
        raise _no_column(address, column, table.schema_arrow.names)
    for batch in table.iter_batches(columns=[column]):
        yield from (str(value) for value in batch.column(0).to_pylist() if value)


def _no_column(address: Address, column: str, there: Iterable[str]) -> PlaceError:
    return PlaceError(
        f"{address}: has no column '{column}'; there are {', '.join(there) or 'none'}"
    )


def _below(base: Address, row: str, file: Address) -> str:
    """The name that `row` has below `base`."""
    if not (is_address(row) or row.startswith("/")):
        return row
    at, above = Address.of(row).text, (base / "").text
    if not at.startswith(above):
        raise PlaceError(f"{file}: names {Address.of(row)}, which is not below {base}")
    return at.removeprefix(above)


def in_order_on_disk(names: Iterable[str]) -> Iterator[str]:
    """`names` sorted by their characters, each once; more than a few wait in temporary files."""
    rest = iter(names)
    with ExitStack() as stack:
        runs: list[Iterable[str]] = []
        while part := sorted(islice(rest, AT_ONCE)):
            if len(part) < AT_ONCE and not runs:
                runs.append(part)
                break
            file = stack.enter_context(
                tempfile.TemporaryFile(
                    "w+", encoding="utf-8", errors="surrogateescape", newline="\n"
                )
            )
            file.writelines(f"{name}\n" for name in part)
            file.seek(0)
            runs.append(line[:-1] for line in file)
        yield from (name for name, _ in groupby(heapq.merge(*runs)))

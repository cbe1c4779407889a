"""What lies below a folder, in order and page by page, however much it is."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from u2net.errors import PlaceError
from u2net.places.address import Address
from u2net.places.trouble import reached

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Pages = Callable[["AbstractFileSystem", str, str, str], Iterator[list[str]]]
"""A file system, a bucket, what keys begin with, and the key after which -> keys, page by page."""

_PAGE = 1000


def listed(system: "AbstractFileSystem", root: str, address: Address, after: str) -> Iterator[str]:
    """As `Place.names`: of S3 and Google's store a page at a time, of others a folder at a time."""
    pages = _pages_of(system)
    names = _of_keys(pages, system, root, after) if pages else _walk(system, root, "")
    before = ""
    while True:
        with reached(address):
            name = next(names, None)
        if name is None:
            return
        if name <= before:
            raise PlaceError(f"{address}: is not listed in order; give the names with --list")
        before = name
        if name > after and not _is_hidden(name):
            yield name


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or "/." in name


def _pages_of(system: "AbstractFileSystem") -> Pages | None:
    """How a store is listed that has pages, in the order of the bytes of whole keys.

    Azure's has pages as well, and in accounts with real folders another order.
    """
    if hasattr(system, "call_s3"):
        return _pages_of_s3
    if "gs" in system.protocol and hasattr(system, "call"):
        return _pages_of_gs
    return None


def _of_keys(pages: Pages, system: "AbstractFileSystem", root: str, after: str) -> Iterator[str]:
    """The names below `root`: the order of bytes is that of characters."""
    bucket, _, prefix = root.partition("/")
    prefix = f"{prefix.rstrip('/')}/" if prefix else ""
    for keys in pages(system, bucket, prefix, prefix + after):
        # Markers of folders end with a slash.
        yield from (key[len(prefix) :] for key in keys if not key.endswith("/"))


def _pages_of_s3(
    system: "AbstractFileSystem", bucket: str, prefix: str, after: str
) -> Iterator[list[str]]:
    while True:
        page = system.call_s3(
            "list_objects_v2", Bucket=bucket, Prefix=prefix, StartAfter=after, MaxKeys=_PAGE
        )
        keys = [entry["Key"] for entry in page.get("Contents", ())]
        yield keys
        if not page.get("IsTruncated") or not keys:
            return
        after = keys[-1]


def _pages_of_gs(
    system: "AbstractFileSystem", bucket: str, prefix: str, after: str
) -> Iterator[list[str]]:
    token: str | None = None
    while True:
        page = system.call(
            *("GET", "b/{}/o", bucket),
            prefix=prefix or None,
            startOffset=after or None,
            maxResults=_PAGE,
            pageToken=token,
            fields="items/name,nextPageToken",
            json_out=True,
        )
        yield [entry["name"] for entry in page.get("items", ())]
        token = page.get("nextPageToken")
        if token is None:
            return


def _walk(system: "AbstractFileSystem", folder: str, inside: str) -> Iterator[str]:
    """Folders in their places among the files, so that whole names are in order."""
    try:
        entries = system.ls(folder, detail=True)
    except (FileNotFoundError, NotADirectoryError):
        return
    except PermissionError:
        if not inside:
            raise
        yield inside  # the rest is listed all the same
        return
    for name in sorted(_told(entries)):
        if not name.endswith("/"):
            yield inside + name
        elif not name.startswith("."):
            yield from _walk(system, f"{folder.rstrip('/')}/{name[:-1]}", inside + name)


def _told(entries: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Names of files, and of folders with a slash."""
    for entry in entries:
        name = entry["name"].rstrip("/").rsplit("/", 1)[-1]
        # A link to a folder may lead round, or to what comes in another way as well.
        if entry["type"] == "directory" and not entry.get("islink"):
            yield f"{name}/"
        elif entry["type"] == "file":
            yield name

"""What lies below a folder, in order and page by page, however much it is."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from u2net.errors import PlaceError
from u2net.places.address import Address
from u2net.places.trouble import reached

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_PAGE = 1000


def listed(system: "AbstractFileSystem", root: str, address: Address, after: str) -> Iterator[str]:
    """As `Place.names`: of S3 a page at a time, of others a folder at a time."""
    names = _pages(system, root, address, after) if _has_pages(system) else _walk(system, root, "")
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


def _has_pages(system: "AbstractFileSystem") -> bool:
    return hasattr(system, "call_s3")


def _pages(system: "AbstractFileSystem", root: str, address: Address, after: str) -> Iterator[str]:
    """S3 lists all keys below a prefix in the order of their bytes, which is that of characters."""
    bucket, _, prefix = root.partition("/")
    prefix = f"{prefix.rstrip('/')}/" if prefix else ""
    while True:
        page = system.call_s3(
            "list_objects_v2",
            Bucket=bucket,
            Prefix=prefix,
            StartAfter=prefix + after,
            MaxKeys=_PAGE,
        )
        keys = [entry["Key"] for entry in page.get("Contents", ())]
        # Markers of folders end with a slash.
        yield from (key[len(prefix) :] for key in keys if not key.endswith("/"))
        if not page.get("IsTruncated") or not keys:
            return
        after = keys[-1][len(prefix) :]


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

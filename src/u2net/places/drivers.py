"""Which package reads an address, and the file system that it makes."""

import re
from typing import TYPE_CHECKING

from u2net.errors import PlaceError, need
from u2net.places.address import Address
from u2net.places.trouble import reached

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "memory"})
"""Schemes whose files appear at once when they are put, and can be put only where none is."""

_QUOTED = re.compile(r'"([a-z0-9_-]+)"')
_PACKAGE = re.compile(r"(?:[Ii]nstall|requires) (?:the )?['\"`]?([a-z0-9_-]+)")


def file_system(address: Address) -> "tuple[AbstractFileSystem, str]":
    """The file system of `address`, and what it calls that place.

    It takes credentials by its own conventions (environment, files, roles), and keeps no listings.
    Raises `ExtraMissingError` without fsspec, `PlaceError` for a scheme nobody knows, a driver that
    is not installed, or one that cannot be had as it is set up.
    """
    need("cluster", "fsspec", purpose=f"{address.scheme}://")
    from fsspec.registry import get_filesystem_class, known_implementations

    scheme = address.scheme
    try:
        kind = get_filesystem_class(scheme)
    except ImportError as error:
        asked = known_implementations.get(scheme, {}).get("err", "")
        packages = packages_in(asked) or f"the fsspec driver of {scheme}"
        raise PlaceError(
            f"{scheme}:// needs a driver that is not installed: pip install {packages}"
        ) from error
    except ValueError as error:
        raise PlaceError(
            f"{address}: no driver reads {scheme}://; use s3, gs, az, file, or another that fsspec "
            "knows"
        ) from error
    with reached(address):
        # Not by fsspec's url_to_fs, to which :: in a name is a chain of file systems.
        settings = kind._get_kwargs_from_urls(address.text)
        system = kind(**settings, use_listings_cache=False)
        return system, str(kind._strip_protocol(address.text))


def packages_in(text: str) -> str:
    """What is to be installed, from what fsspec says where a driver is missing."""
    return " ".join(_QUOTED.findall(text) or _PACKAGE.findall(text)[:1])

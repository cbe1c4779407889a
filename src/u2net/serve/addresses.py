"""Which addresses may be fetched from: those that everybody can reach, and nobody else's own."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from u2net.errors import U2NetError


class FetchError(U2NetError):
    """Nothing could be fetched."""


class UnfitAddressError(FetchError):
    """Nothing is fetched from there."""


Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""A host and a port to all of its addresses. Raises `OSError`."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address."""
_ISATAP = (0x00005EFE, 0x02005EFE)
"""RFC 5214: so begins the half of an address that ends in an IPv4 address."""
_NOT_PUBLIC = (IPv6Network("fec0::/10"), IPv6Network("3fff::/20"))
"""Those of a site (RFC 3879) and of documents (RFC 9637), which Python takes for public."""
_COMPATIBLE = IPv6Network("::/96")
"""RFC 4291, deprecated: so here."""


async def resolve(host: str, port: int) -> list[str]:
    """By the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def is_public(address: str) -> bool:
    """Whether `address` is one of the open internet, with every address that is wrapped in it."""
    try:
        return all(map(_is_public, _unwrapped(ip_address(address))))
    except ValueError:  # one with a scope, which is never public
        return False


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if any(address in network for network in _NOT_PUBLIC if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _unwrapped(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """What is reached in the end; for Teredo both the server and the client."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address in _NAT64 or address in _COMPATIBLE:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    else:
        yield address
        if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
            yield IPv4Address(int(address) & 0xFFFFFFFF)

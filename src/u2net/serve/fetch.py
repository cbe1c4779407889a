"""A picture from an address that a stranger names, without being led anywhere else.

Every address that a name stands for is checked, and the connection goes to the one that was
checked, whatever the name stands for a moment later. Redirects go the same way.
"""

from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import urljoin, urlsplit

import anyio
import httpcore

from u2net.serve.addresses import FetchError, Resolve, UnfitAddressError, is_public, resolve

REDIRECTS = 5
SECONDS = 20.0
"""For all of it."""
_REDIRECTED = (301, 302, 303, 307, 308)

Hold: TypeAlias = Callable[[int], object]
"""Told how many bytes more are held. May raise where there is no room for them."""


def _unheld(_: int) -> None:
    """Nobody counts."""


class Fetcher:
    """Fetches up to `most_bytes`; by default in bounds, from public addresses."""

    def __init__(
        self,
        *,
        most_bytes: int,
        seconds: float = SECONDS,
        resolve: Resolve = resolve,
        allowed: Callable[[str], bool] = is_public,
    ) -> None:
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._network = _Checked(resolve, allowed)

    async def fetch(self, url: str, hold: Hold = _unheld) -> bytes:
        """What lies at `url`; `hold` is told of each piece. Raises `FetchError`, or as `hold`."""
        try:
            with anyio.fail_after(self._seconds):
                # No connection is kept: the next one is checked anew.
                async with httpcore.AsyncConnectionPool(
                    network_backend=self._network, max_keepalive_connections=0
                ) as pool:
                    return await self._followed(pool, url, hold)
        except TimeoutError as error:
            raise FetchError(f"not fetched within {self._seconds:g} s") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise FetchError(f"nothing could be fetched ({type(error).__name__})") from error

    async def _followed(self, pool: httpcore.AsyncConnectionPool, url: str, hold: Hold) -> bytes:
        for _ in range(REDIRECTS + 1):
            check_scheme(url)
            async with pool.stream("GET", url, headers={"Accept": "image/*"}) as answer:
                if answer.status in _REDIRECTED:
                    url = urljoin(url, _header(answer, b"location").decode("latin-1"))
                    continue
                if answer.status != 200:
                    raise FetchError(f"the answer was {answer.status}")
                return await self._read(answer, hold)
        raise FetchError(f"more than {REDIRECTS} redirects")

    async def _read(self, answer: httpcore.Response, hold: Hold) -> bytes:
        data = bytearray()
        async for piece in answer.aiter_stream():
            hold(len(piece))
            data += piece
            if len(data) > self._most_bytes:
                raise FetchError(f"more than {self._most_bytes >> 20} MB")
        return bytes(data)


def check_scheme(url: str) -> None:
    """Raise `UnfitAddressError` unless `url` is http or https, with a host and no password."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and url.isascii()
        fits = fits and not (parts.username or parts.password) and (parts.port != 0)
    except ValueError:
        fits = False
    if not fits or any(c.isspace() or not c.isprintable() for c in url):
        raise UnfitAddressError("an address begins with http:// or https://, and has no password")


def _header(answer: httpcore.Response, name: bytes) -> bytes:
    return next((value for key, value in answer.headers if key.lower() == name), b"")


class _Checked(httpcore.AnyIOBackend):
    """Connects to nothing but addresses that are allowed."""

    def __init__(self, resolve: Resolve, allowed: Callable[[str], bool]) -> None:
        self._resolve = resolve
        self._allowed = allowed

    async def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> Any:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise FetchError("its host has no address") from error
        # All of them: which one a connection would get is chance.
        if not addresses or not all(map(self._allowed, addresses)):
            raise UnfitAddressError("its host is not on the open internet")
        return await super().connect_tcp(addresses[0], port, *rest, **more)

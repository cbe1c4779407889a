"""Published file -> the same on this machine: whole, verified, fetched once.

What has come stays beside the target as NAME.onnx.part, so that a transfer which breaks off, or a
process that is killed, is gone on with from there (RFC 9110, range requests). Only a file of the
right SHA-256 gets its name. Processes that want one file at once wait for the first.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from u2net.errors import DownloadError, OutputError
from u2net.files import check_folder, into_place, is_file
from u2net.weights.catalog import on_disk
from u2net.weights.places import offline, own_file
from u2net.weights.published import Published

if TYPE_CHECKING:
    from httpx import Response

Watch: TypeAlias = Callable[[int], None]
"""Is told how many bytes there are, from time to time."""
Say: TypeAlias = Callable[[str], None]
"""Is told what one should know: that another process is at it, that the server broke off."""

_PIECE = 1 << 18
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers of a server that may say something else a moment later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to hope for a server."""

    silence_s: float = 30.0
    """Seconds without a byte after which a connection is given up."""
    tries: int = 5
    """Times that nothing comes, one after the other, after which the server is given up."""
    pause_s: float = 1.0
    """Seconds before the second try; twice as long before each one that follows."""


def download(
    published: Published,
    *,
    address: str | None = None,
    watch: Watch = lambda _: None,
    say: Say = lambda _: None,
    patience: Patience = Patience(),
) -> Path:
    """The file of `published`: the one that is on this machine, or fetched to the folder of models.

    From `address` if one is given; that the bytes are right is seen in any case. Proxies are those
    of the environment. Raises `DownloadError` when it cannot be had, `OutputError` when it cannot
    be kept or another file has its name.
    """
    target = own_file(published.name)
    if not published.sha256:
        raise DownloadError(f"{published.name}: {published.how_to_get}")
    if here := _here(published):
        return here
    if offline():
        raise DownloadError(
            f"{published.name}: U2NET_OFFLINE forbids downloads; put the file at {target}"
        )
    check_folder(target.parent)
    with _alone(target, published.name, say):
        if here := _here(published):  # another process was at it
            return here
        part = target.with_name(f"{target.name}.part")
        transfer = _Transfer(published, address or published.address, part, watch, say, patience)
        with _told(target):
            transfer.run()
            into_place(part, target)
    return target


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _here(published: Published) -> Path | None:
    """The whole file, ours or rembg's, if it is here. Raises `OutputError` for one in its place."""
    target = own_file(published.name)
    there = on_disk(published)
    for path in there:
        if _is_it(path, published):
            return path
    if target in there:
        raise OutputError(
            f"{target}: is not the published {published.name}, or is damaged, and is kept; delete "
            "it or give it another name"
        )
    return None


def _is_it(path: Path, published: Published) -> bool:
    try:
        return sha256_of(path) == published.sha256
    except OSError:
        return False


@contextmanager
def _alone(target: Path, name: str, say: Say) -> Iterator[None]:
    """Hold what other processes that want `target` wait for."""
    from filelock import FileLock, Timeout

    with _told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(target.with_name(f".{target.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"{name}: another process is fetching it; waiting")
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except OSError as error:
        message = f"{target}: cannot be kept ({error.strerror or error}); free the place"
        raise OutputError(f"{message}, or set U2NET_MODELS to another folder") from error


class _Passing(Exception):  # noqa: N818 (none of ours to raise)
    """It did not work this time."""


@dataclass(slots=True)
class _Transfer:
    """One file on its way."""

    published: Published
    address: str
    part: Path
    watch: Watch
    say: Say
    patience: Patience

    def run(self) -> None:
        """Have the whole, verified file in `part`."""
        resumed = self._size() > 0
        gone_on = f", of which {self._size() / 1e6:.1f} are here" if resumed else ""
        size = self.published.megabytes
        self.say(f"{self.published.name}: fetching {size}{gone_on} from {self.address}")
        self._receive_all()
        if sha256_of(self.part) == self.published.sha256:
            return
        self.part.unlink()
        if not resumed:
            raise DownloadError(
                f"{self.published.name}: what {self.address} gives is another file (SHA-256, size "
                "or both are wrong), and was not kept; try later, or another address by --from"
            )
        # What was there may have been the beginning of something else.
        self.say(f"{self.published.name}: what had come before was damaged; beginning anew")
        self.run()

    def _receive_all(self) -> None:
        failures = 0
        while (before := self._size()) < self.published.size_bytes:
            try:
                self._receive(before)
                return
            except _Passing as passing:
                failures = 1 if self._size() > before else failures + 1
                if failures >= self.patience.tries:
                    raise self._failed(f"{passing}, {failures} times; try again later") from passing
                self.say(f"{self.published.name}: {passing}; trying again")
                time.sleep(self.patience.pause_s * 2 ** (failures - 1))

    def _receive(self, start: int) -> None:
        """Add to what is there. Raises `_Passing` when more may come another time."""
        import httpx

        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        try:
            with (
                httpx.Client(follow_redirects=True, timeout=self.patience.silence_s) as client,
                client.stream("GET", self.address, headers=headers) as response,
            ):
                self._keep(response, self._begin(response, start))
        except (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError) as error:
            raise _Passing(str(error) or type(error).__name__) from error
        except (httpx.HTTPError, httpx.InvalidURL, ImportError, ValueError) as error:
            # The last two: of a proxy in the environment that it cannot use.
            raise self._failed(f"{error}; check address and proxy") from error

    def _begin(self, response: "Response", start: int) -> int:
        """Where in the file what is answered belongs."""
        status = response.status_code
        told = f"{status} {response.reason_phrase}"
        if status == 206 and start:
            if response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                return start
            status = 416
        if status == 416:  # the server has another file in mind than the one that was begun
            self.part.unlink(missing_ok=True)
            raise _Passing("the server does not go on with what is there")
        if status in _PASSING:
            raise _Passing(f"the server answers {told}")
        if status != 200:
            raise self._failed(f"the server answers {told}; try another address by --from")
        return 0

    def _keep(self, response: "Response", start: int) -> None:
        size = self.published.size_bytes
        with self.part.open("r+b" if start else "wb") as file:
            self._check_room(size - start)
            file.truncate(start)
            file.seek(start)
            for piece in response.iter_raw():
                file.write(piece[: size + 1 - file.tell()])
                self.watch(file.tell())
                if file.tell() > size:
                    return  # it is too long already, and may have no end
            if response.status_code == 206 and file.tell() < size:
                raise _Passing("the server sent less than it was asked for")

    def _check_room(self, wanted: int) -> None:
        free = shutil.disk_usage(self.part.parent).free
        if free < wanted:
            raise OutputError(
                f"{self.part.parent}: has room for {free / 1e6:.1f} MB, {wanted / 1e6:.1f} MB are "
                "wanted; free some, or set U2NET_MODELS to another folder"
            )

    def _size(self) -> int:
        return self.part.stat().st_size if is_file(self.part) else 0

    def _failed(self, reason: str) -> DownloadError:
        name = self.published.name
        return DownloadError(f"{name}: cannot be fetched from {self.address} ({reason})")

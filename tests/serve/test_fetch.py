"""Pictures from addresses that strangers name: from the open internet, and in bounds."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from serving import EXAMPLES
from u2net.serve.addresses import FetchError, UnfitAddressError, is_public
from u2net.serve.fetch import Fetcher

CAT = (EXAMPLES / "cat.jpg").read_bytes()
OPEN = "127.0.0.2"
"""What these tests take for an address of the open internet; 127.0.0.1 is none."""

NOT_PUBLIC = """
    127.0.0.1 127.255.0.9 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0
    224.0.0.1 240.0.0.1 255.255.255.255 192.0.2.1 198.18.0.1
    ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1
    ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1
    64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1
    2002:7f00:1:: 2002:a9fe:a9fe::1
    2001:0:7f00:1:0:0:5601:5601 2001:0:0808:0808:0:0:80ff:fffe
    fec0::1 feff::1 3fff::1 3fff:fff::1
    2606:4700::5efe:7f00:1 2606:4700::200:5efe:a9fe:a9fe fe80::5efe:808:808
    localhost 08.8.8.8 2130706433
"""
PUBLIC = """
    8.8.8.8 1.1.1.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1
    2606:4700::5efe:808:808
"""


class Site(BaseHTTPRequestHandler):
    """Answers by its path."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        kind, _, rest = self.path[1:].partition("/")
        if kind == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
        elif kind == "status":
            self.send_error(int(rest))
        else:
            data = CAT if kind == "cat.jpg" else bytes(int(rest))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a server that listens at every loopback address."""
    server = ThreadingHTTPServer(("0.0.0.0", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def names(**table: list[str]) -> Callable[..., object]:
    """A resolver: each name stands for its addresses in turn, the last for ever."""

    async def resolve(host: str, port: int) -> list[str]:
        known = table.get(host.partition(".")[0], [host])
        return known[:1] if len(known) == 1 else [known.pop(0)]

    return resolve


def fetch(url: str, *, resolve: object = None, most_bytes: int = 1 << 20) -> bytes:
    fetcher = Fetcher(
        most_bytes=most_bytes,
        resolve=resolve or names(),  # type: ignore[arg-type]
        allowed=lambda address: address == OPEN,
    )
    return asyncio.run(fetcher.fetch(url))


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_what_is_not_of_the_open_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_what_everybody_can_reach_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_as_what_is_wrapped_in_it(address: object) -> None:
    number = int(address)  # type: ignore[call-overload]
    wrapped = [f"::ffff:{address}", f"64:ff9b::{address}"]
    wrapped.append(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1")
    for one in wrapped:
        assert is_public(one) == is_public(str(address))


def test_a_picture_is_fetched_through_redirects(port: int) -> None:
    assert fetch(f"http://{OPEN}:{port}/to//to//cat.jpg") == CAT


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:{}/cat.jpg", "http://169.254.169.254/latest", "http://[::1]:{}/"]
)
def test_a_redirect_leads_nowhere_else(port: int, place: str) -> None:
    Site.asked.clear()
    with pytest.raises(UnfitAddressError, match="not on the open internet"):
        fetch(f"http://{OPEN}:{port}/to/{place.format(port)}")
    assert len(Site.asked) == 1


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.2/x", "gopher://x"])
def test_a_redirect_leads_to_no_other_scheme(port: int, place: str) -> None:
    with pytest.raises(UnfitAddressError, match="http"):
        fetch(f"http://{OPEN}:{port}/to/{place}")


def test_a_name_that_stands_for_another_address_a_moment_later_gains_nothing(port: int) -> None:
    Site.asked.clear()
    turning = names(site=[OPEN, "127.0.0.1"])
    assert fetch(f"http://site.test:{port}/cat.jpg", resolve=turning) == CAT
    # The second connection asks anew, and is refused.
    with pytest.raises(UnfitAddressError):
        fetch(f"http://site.test:{port}/cat.jpg", resolve=turning)
    twice = names(site=[OPEN, "127.0.0.1"])
    with pytest.raises(UnfitAddressError):
        fetch(f"http://site.test:{port}/to/http://site.test:{port}/cat.jpg", resolve=twice)
    assert [path for path in Site.asked if path == "/cat.jpg"] == ["/cat.jpg"]


def test_a_name_with_one_address_of_ours_is_refused(port: int) -> None:
    async def both(host: str, port: int) -> list[str]:
        return [OPEN, "127.0.0.1"]

    with pytest.raises(UnfitAddressError):
        fetch(f"http://site.test:{port}/cat.jpg", resolve=both)


@pytest.mark.parametrize(
    "url",
    ["", "cat.jpg", "file:///etc/passwd", "http://", "http://a b/", "http://u:p@127.0.0.2/",
     "http://127.0.0.2:99999/", "http://[::1/", "//127.0.0.2/", "http://127.0.0.2/\n", "http://ü/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UnfitAddressError):
        fetch(url)


def test_what_is_too_large_too_far_or_not_there_is_told(port: int) -> None:
    site = f"http://{OPEN}:{port}"
    for path, told in {
        "/zeros/2000000": "more than 1 MB",
        "/to/" * 9 + "/cat.jpg": "5 redirects",
        "/status/404": "the answer was 404",
    }.items():
        with pytest.raises(FetchError, match=told):
            fetch(site + path)
    with pytest.raises(FetchError, match="nothing could be fetched"):
        fetch(f"http://{OPEN}:1/")


def test_a_site_that_says_nothing_is_not_waited_for() -> None:
    with silent() as place:
        fetcher = Fetcher(most_bytes=1, seconds=0.1, resolve=names(), allowed=lambda _: True)  # type: ignore[arg-type]
        with pytest.raises(FetchError, match="within"):
            asyncio.run(fetcher.fetch(place))


@contextmanager
def silent() -> Iterator[str]:
    """The address of a server that takes connections, and nothing else."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.mark.parametrize("url", ["http://127.0.0.1/a.jpg", "http://localhost:7000/", "file:///x"])
def test_routes_that_fetch_are_led_nowhere(client_of: Callable[..., TestClient], url: str) -> None:
    client = client_of(fetch=True)
    answer = client.post("/v1.0/removebg", json={"image_url": url})
    assert answer.json()["errors"][0]["code"] == "invalid_image_url"
    fields = {"image_file_b64": "x", "bg_image_url": url}
    answer = client.post("/v1.0/removebg", json=fields)
    assert answer.json()["errors"][0]["code"] == "invalid_bg_image_url"
    assert client.get("/api/remove", params={"url": url}).status_code == 400


def test_a_picture_that_was_fetched_is_cut_out(
    client_of: Callable[..., TestClient], port: int
) -> None:
    client = client_of(fetch=True)
    fetcher = Fetcher(most_bytes=1 << 20, allowed=lambda address: address == OPEN)
    service = client.app.state.service  # type: ignore[attr-defined]
    object.__setattr__(service, "fetcher", fetcher)
    url = f"http://{OPEN}:{port}/cat.jpg"
    cut = client.get("/api/remove", params={"url": url})
    assert cut.content == client.post("/v1/remove", files={"image": CAT}).content
    answer = client.post("/v1.0/removebg", data={"image_url": url, "bg_image_url": url})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    gone = client.post("/v1.0/removebg", data={"image_url": f"http://{OPEN}:1/"})
    assert gone.json()["errors"][0]["code"] == "failed_image_download"


@pytest.mark.parametrize("path", ["/api/remove", "/v1.0/removebg"])
def test_what_is_fetched_is_held_and_finds_no_room_in_a_full_house(
    client_of: Callable[..., TestClient], port: int, path: str
) -> None:
    client = client_of(fetch=True, request_bytes=1 << 20)
    fetcher = Fetcher(most_bytes=4 << 20, allowed=lambda address: address == OPEN)
    service = client.app.state.service  # type: ignore[attr-defined]
    object.__setattr__(service, "fetcher", fetcher)
    url = f"http://{OPEN}:{port}/zeros/2000000"

    def ask() -> int:
        if path == "/api/remove":
            return client.get(path, params={"url": url}).status_code
        return client.post(path, json={"image_url": url}).status_code

    with service.gate.admitted(0):
        assert ask() in (429, 503)
    assert ask() in (400, 415), "alone it finds room"
    assert service.gate.bytes == 0

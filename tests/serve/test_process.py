"""`u2net serve` as a process: bounds of time and number, signals, and what it says."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
import pytest

from made_pictures import encoded, opened, photo
from serving import EXAMPLES, SERVE, Served, served, until

pytest.importorskip("fastapi", reason="the extra 'serve' is not installed")

CAT = (EXAMPLES / "cat.jpg").read_bytes()

# However busy the machine is.
WEB = httpx.Client(timeout=None)
get, post = WEB.get, WEB.post


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    """A service with narrow bounds."""
    with served(
        "--requests", "3", "--body-megabytes", "2", "--jobs", "1", "-m", "swift"
    ) as service:
        until(lambda: get(service.url + "/ready").status_code == 200)
        yield service


def began(service: Served, *, length: int | None = 1000, path: str = "/v1/remove") -> socket.socket:
    """A request whose body stays away, but for its first bytes."""
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    kind = "Content-Type: multipart/form-data; boundary=b"
    sender = socket.create_connection(("127.0.0.1", service.port))
    sender.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{size}\r\n{kind}\r\n\r\n".encode())
    return sender


def figure(service: Served, name: str) -> int:
    """One of the service's figures; 0 where it has none of that name yet."""
    lines = get(service.url + "/metrics").text.splitlines()
    return next((int(float(line.split()[1])) for line in lines if line.startswith(name + " ")), 0)


def held(service: Served) -> int:
    """How many requests the service holds."""
    return figure(service, "u2net_requests_held")


def answered(sender: socket.socket) -> bytes:
    """What comes back until the connection is closed, or a document is whole."""
    answer = b""
    with suppress(ConnectionResetError):
        while not answer.endswith(b"}") and (piece := sender.recv(65536)):
            answer += piece
    return answer


def works(service: Served) -> bool:
    answer = post(service.url + "/v1/remove", files={"image": CAT})
    return answer.status_code == 200 and answer.content.startswith(b"\x89PNG")


def test_a_request_too_many_is_told_at_once_to_come_again(service: Served) -> None:
    senders = [began(service) for _ in range(3)]
    until(lambda: held(service) == 3)
    refused = post(service.url + "/v1/remove", files={"image": CAT})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["type"] == "urn:u2net:problem:busy"
    for sender in senders:
        sender.close()
    until(lambda: held(service) == 0)
    assert works(service)


def test_nothing_is_computed_for_clients_that_have_left(service: Served) -> None:
    large = encoded(opened(EXAMPLES / "cat.jpg").resize((3200, 2400)), "JPEG")
    request = httpx.Request("POST", service.url + "/v1/remove", files={"image": CAT})
    body, head = request.read(), b"POST /v1/remove HTTP/1.1\r\n"
    head += b"".join(b"%b: %b\r\n" % pair for pair in request.headers.raw) + b"\r\n"
    decoded = 'u2net_step_seconds_count{step="decode"}'
    left = 'u2net_requests_total{route="/v1/remove",status="499"}'
    decoded_before, left_before = figure(service, decoded), figure(service, left)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, service.url + "/v1/remove", files={"image": large})
        until(lambda: figure(service, "u2net_working") == 1)
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", service.port)) as client:
                client.sendall(head + body)
        until(lambda: figure(service, left) == left_before + 2)
        assert first.result().status_code == 200
    until(lambda: held(service) == 0)
    assert figure(service, decoded) == decoded_before + 1


def test_a_sender_that_takes_its_time_keeps_nobody_waiting(service: Served) -> None:
    with began(service):
        assert works(service)
    until(lambda: held(service) == 0)


def test_a_body_above_the_limit_is_refused_before_it_comes(service: Served) -> None:
    with began(service, length=3 << 20) as sender:
        assert b" 413 " in answered(sender)


def test_who_is_refused_while_sending_reads_why_and_is_hung_up_on(service: Served) -> None:
    for sent in (0, 3 << 20):
        with began(service, length=3 << 20) as sender:
            sender.sendall(bytes(sent))
            answer = b"".join(iter(partial(sender.recv, 65536), b""))
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"connection: close" in answer.lower()
        assert b"urn:u2net:problem:body-too-large" in answer


def test_a_body_that_says_no_length_is_bounded_as_well(service: Served) -> None:
    start = b'--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
    with began(service, length=None) as sender:
        for piece in (start, *[bytes(1 << 16)] * 33):
            sender.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        assert b" 413 " in answered(sender)
    assert works(service)


@pytest.mark.slow
def test_bad_pictures_leave_nothing_behind(service: Served) -> None:
    bad = [b"hello", CAT[:5000], encoded(photo())[:-20], encoded(photo(3000, 30), "GIF")[:99]]

    def send() -> None:
        for data in bad:
            assert post(service.url + "/v1/remove", files={"image": data}).status_code == 415

    send()
    before = service.resident_bytes()
    for _ in range(25):
        send()
    assert service.resident_bytes() - before < 20 << 20
    assert works(service)


@pytest.mark.slow
def test_heads_that_never_end_keep_nobody_out() -> None:
    senders = []
    # Few files, as many systems give: more connections than may be open at a time.
    few = ["sh", "-c", 'ulimit -n 600; exec "$@"', "sh"]
    with served("-m", "swift", "--requests", "16", before=few) as service:
        try:
            for _ in range(700):
                sender = socket.create_connection(("127.0.0.1", service.port))
                sender.sendall(b"GET / HTTP/1.1\r\nHost: ")
                senders.append(sender)
            assert works(service)
            assert service.end(signal.SIGTERM) == (0, "")
        finally:
            for sender in senders:
                sender.close()


def test_bytes_that_are_no_request_do_no_harm(service: Served) -> None:
    for data in (b"\0" * 1000, b"GET / HTTP/9\r\n\r\n", b"A: " + b"b" * 200_000):
        with socket.create_connection(("127.0.0.1", service.port)) as sender:
            sender.sendall(data)
            assert b"200 OK" not in answered(sender)
    assert works(service)


def test_a_signal_to_end_lets_what_was_taken_be_done() -> None:
    large = encoded(photo(600, 800), "JPEG")
    with served("--jobs", "1", "-m", "swift") as service, ThreadPoolExecutor(4) as clients:
        answers = [
            clients.submit(post, service.url + "/v1/remove", files={"image": large})
            for _ in range(4)
        ]
        until(lambda: held(service) == 4)
        status, said = service.end(signal.SIGTERM)
        assert [answer.result().status_code for answer in answers] == [200] * 4
    assert (status, said) == (0, "")


def test_a_second_signal_ends_at_once_and_says_nothing() -> None:
    with served("-m", "swift") as service, began(service):
        until(lambda: held(service) == 1)
        service.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            service.process.wait(0.5)
        assert service.process.poll() is None, "it waits for what it took"
        assert service.end(signal.SIGTERM) == (0, "")


@pytest.mark.parametrize("option", ["--deadline", "--megapixels"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_bound_is_a_number(option: str, value: str) -> None:
    status, said = run(option, value)
    assert status == 2
    assert "Traceback" not in said
    assert option in said


def test_it_is_alive_before_it_is_ready(tmp_path: Path) -> None:
    # A cache without anything in it: the network must be compiled first.
    with served(XDG_CACHE_HOME=str(tmp_path)) as service:
        assert get(service.url + "/health").status_code == 200
        first = get(service.url + "/ready")
        assert first.status_code == 200 or first.headers["retry-after"] == "1"
        assert works(service), "a request waits for the network"
        assert get(service.url + "/ready").json() == {"status": "ready"}
        assert service.end(signal.SIGINT) == (0, "")


def run(*arguments: str) -> tuple[int, str]:
    """How a service ends that cannot begin."""
    done = subprocess.run([*SERVE, *arguments], capture_output=True, text=True)
    return done.returncode, done.stderr


def test_what_keeps_it_from_serving_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        status, said = run("--port", str(other.getsockname()[1]))
    assert (status, said.count("\n")) == (1, 1)
    assert "cannot be listened at" in said
    status, said = run("--model", "nonesuch")
    assert (status, said.splitlines()[-1].startswith("u2net: nonesuch: no such model")) == (1, True)


def test_strangers_are_let_in_only_when_that_was_said() -> None:
    status, said = run("--host", "0.0.0.0")
    assert status == 2
    assert "give an --api-key, or --open" in said
    with served("--host", "0.0.0.0", "-m", "swift", U2NET_API_KEY="k") as service:
        assert get(service.url + "/metrics").status_code == 401


def test_without_its_packages_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['uvicorn'] = None; sys.argv[0] = 'u2net'\n"
        "from u2net.cli import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "serve"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "serving needs the extra 'serve': pip install" in done.stderr

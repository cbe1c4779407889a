"""A server on this machine that answers each request as it was told to, well or badly."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """One request; the answers below are made of it."""

    server: "Server"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""

    @property
    def start(self) -> int:
        """Where the range begins that was asked for."""
        wanted = self.headers.get("Range", "bytes=0-")
        return int(wanted.removeprefix("bytes=").removesuffix("-"))

    def begin(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def begin_range(self) -> bytes:
        """The head of a good answer, and what is to follow."""
        content, start = self.server.content, self.start
        size = len(content)
        if start >= size:
            self.begin(416, Content_Length=0, Content_Range=f"bytes */{size}")
            return b""
        span = {"Content_Range": f"bytes {start}-{size - 1}/{size}"} if start else {}
        self.begin(206 if start else 200, Content_Length=size - start, **span)
        return content[start:]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.content = content
        self.answers: list[Answer] = [well]
        """For the requests to come, in turn; the last is for all that follow."""
        self.asked: list[tuple[str, str | None]] = []
        """Path and range of each request."""
        self.over = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/u2net.onnx"


@contextmanager
def serving(content: bytes) -> Iterator[Server]:
    server = Server(content)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def well(request: Request) -> None:
    request.wfile.write(request.begin_range())


def breaking_off(after: int) -> Answer:
    def answer(request: Request) -> None:
        request.wfile.write(request.begin_range()[:after])

    return answer


def stalling(after: int) -> Answer:
    def answer(request: Request) -> None:
        request.wfile.write(request.begin_range()[:after])
        request.wfile.flush()
        request.server.over.wait()

    return answer


def ignoring_ranges(request: Request) -> None:
    request.begin(200, Content_Length=len(request.server.content))
    request.wfile.write(request.server.content)


def giving(content: bytes) -> Answer:
    def answer(request: Request) -> None:
        request.begin(200, Content_Length=len(content))
        request.wfile.write(content)

    return answer


def giving_in_chunks(request: Request) -> None:
    request.protocol_version = "HTTP/1.1"
    request.begin(200, Transfer_Encoding="chunked")
    for at in range(0, len(request.server.content), 30_000):
        piece = request.server.content[at : at + 30_000]
        request.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    request.wfile.write(b"0\r\n\r\n")


def without_end(request: Request) -> None:
    request.begin(200)
    try:
        while not request.server.over.is_set():
            request.wfile.write(b"\0" * 65536)
    except OSError:
        pass  # the other side had enough


def another_range(request: Request) -> None:
    rest = request.server.content[request.start + 1 :]
    span = f"bytes {request.start + 1}-{len(request.server.content) - 1}/*"
    request.begin(206, Content_Length=len(rest), Content_Range=span)
    request.wfile.write(rest)


def half_of_the_range(request: Request) -> None:
    start = request.start
    rest = request.server.content[start:]
    rest = rest[: len(rest) // 2 + 1]
    span = f"bytes {start}-{start + len(rest) - 1}/{len(request.server.content)}"
    request.begin(206, Content_Length=len(rest), Content_Range=span)
    request.wfile.write(rest)


def status(number: int, **headers: object) -> Answer:
    def answer(request: Request) -> None:
        request.begin(number, Content_Length=0, **headers)

    return answer

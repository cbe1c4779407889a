"""`u2net serve` beside `rembg s` with the same weights: speed under load, and memory.

    python benchmarks/serving.py --model u2netp.onnx --photos FOLDER [--clients 1 4 16 64]
        [--each 64] [--rembg VENV] [-o RESULTS.json]
    python benchmarks/serving.py --model u2netp.onnx --photo LARGE.jpg --memory 400 [--at-a-time 40]

Each number of clients sends EACH photos of FOLDER to one server, then to the other; `u2net remove`
does as many in between. With --memory, copies of one photo, brought to 12 megapixels, are sent, and
the resident memory of each server is looked at. A server that says 503 or 429 is asked again
when it said so. All of it stays on this machine.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from inference import Rembg, ours

MEGABYTE = 1 << 20
MEGAPIXELS = 12
PORTS = count(7411)
BUSY = (429, 503)
COLUMNS = ("p50", "p95", "p99", "per second", "processor")


class Server:
    """A process that answers at a port, with what its clients have to say."""

    def __init__(self, name: str, command: list[str], path: str, field: str, **form: str) -> None:
        self.name = name
        self._command, self._path = command, path
        self._field, self._form = field, form
        self.environment = dict(os.environ)
        self.answers: Counter[int] = Counter()

    @contextmanager
    def running(self, warm: bytes) -> Iterator["Server"]:
        """Started, and asked once."""
        port = str(next(PORTS))
        command = [*self._command, "--port", port]
        self.url = f"http://127.0.0.1:{port}{self._path}"
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            self.ask(warm, patient=True)
            self.answers.clear()
            yield self
        finally:
            self.process.terminate()
            self.process.wait()

    def ask(self, photo: bytes, *, patient: bool = False) -> None:
        """Send one photo until there is an answer."""
        while True:
            try:
                files = {self._field: ("photo.jpg", photo)}
                answer = httpx.post(self.url, files=files, data=self._form, timeout=None)
            except httpx.ConnectError:
                if not patient:
                    raise
                time.sleep(0.2)
                continue
            self.answers[answer.status_code] += 1
            if answer.status_code not in BUSY:
                return
            time.sleep(float(answer.headers.get("retry-after", 1)))

    @property
    def processes(self) -> list[int]:
        """The process and its children."""
        return [self.process.pid, *_children(self.process.pid)]

    def resident(self) -> int:
        """Bytes of memory of all processes."""
        return sum(_resident(pid) for pid in self.processes)

    def busy(self) -> float:
        """Seconds of processor time of all processes so far."""
        return sum(_busy(pid) for pid in self.processes)


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _busy(pid: int) -> float:
    # The name in brackets, which may hold spaces, comes before the rest.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def load(server: Server, photos: Sequence[bytes], clients: int) -> dict[str, float]:
    """Latencies, rate and processor time a picture while `clients` send `photos`."""
    seconds: list[float] = []

    def one(photo: bytes) -> None:
        start = time.perf_counter()
        server.ask(photo)
        seconds.append(time.perf_counter() - start)

    start, before = time.perf_counter(), server.busy()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, photos))
    rate = len(photos) / (time.perf_counter() - start)
    busy = (server.busy() - before) / len(photos)
    p50, p95, p99 = np.percentile(seconds, (50, 95, 99))
    return {"p50": p50, "p95": p95, "p99": p99, "per second": rate, "processor": busy}


def command_line(model: Path, photos: Sequence[Path]) -> dict[str, float]:
    """The rate and processor time a picture of `u2net remove` over a folder of these."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "in"
        folder.mkdir()
        for number, photo in enumerate(photos):
            shutil.copy(photo, folder / f"{number}{photo.suffix}")
        command = ours("remove", str(folder), "-o", f"{place}/out", "-q", "--model", str(model))
        start, before = time.perf_counter(), os.times()
        subprocess.run(command, check=True)
        rate, after = len(photos) / (time.perf_counter() - start), os.times()
        busy = sum(after[2:4]) - sum(before[2:4])
        return {"per second": rate, "processor": busy / len(photos)}


def speed(servers: list[Server], options: argparse.Namespace) -> dict[str, Any]:
    """All servers at all numbers of clients, in turns."""
    paths = sorted(options.photos.glob("*.jpg"))[: options.each]
    photos = [path.read_bytes() for path in paths]
    found: dict[str, Any] = {"photos": len(photos)}
    ours_, theirs = servers
    with ours_.running(photos[0]), theirs.running(photos[0]):
        for clients in options.clients:
            found[str(clients)] = {s.name: load(s, photos, clients) for s in servers}
            found[str(clients)]["u2net remove"] = command_line(options.model, paths)
            print(clients, json.dumps(found[str(clients)]), flush=True)
    return found | {server.name: dict(server.answers) for server in servers}


def memory(server: Server, photo: bytes, options: argparse.Namespace) -> dict[str, Any]:
    """What a server holds while large photos come, many at a time, once it has had as many."""
    with server.running(photo):
        load(server, [photo] * options.at_a_time, options.at_a_time)
        server.answers.clear()
        rest, most, ended = server.resident(), 0, threading.Event()

        def watch() -> None:
            nonlocal most
            while not ended.wait(0.05):
                most = max(most, server.resident())

        watcher = threading.Thread(target=watch)
        watcher.start()
        found = load(server, [photo] * options.memory, options.at_a_time)
        ended.set()
        watcher.join()
        after = server.resident()
    sizes = {"rest": rest, "most": most, "after": after, "growth": most - rest}
    megabytes = {name: round(size / MEGABYTE) for name, size in sizes.items()}
    return found | megabytes | {"answers": dict(server.answers)}


def large(photo: Path) -> bytes:
    """`photo` at 12 megapixels, as a camera writes it."""
    with tempfile.TemporaryDirectory() as place:
        image = Image.open(photo).convert("RGB").resize((4000, 3000))
        image.save(f"{place}/large.jpg", quality=92)
        return Path(place, "large.jpg").read_bytes()


def table(found: dict[str, Any], clients: Sequence[int]) -> str:
    """For people."""
    lines = [
        "| clients | server | p50 s | p95 s | p99 s | pictures/s | processor s a picture |",
        "|---|---|---|---|---|---|---|",
    ]
    for number in clients:
        for name, row in found[str(number)].items():
            cells = [f"{row[key]:.2f}" if key in row else "" for key in COLUMNS]
            lines.append(f"| {number} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--each", type=int, default=64)
    parser.add_argument("--memory", type=int, default=0)
    parser.add_argument("--at-a-time", type=int, default=40)
    parser.add_argument("--only", help="u2net or rembg, of the two, with --memory")
    parser.add_argument("--rembg", type=Path, default=Path(tempfile.gettempdir()) / "rembg-venv")
    parser.add_argument("-o", "--output", type=Path)
    return parser.parse_args()


def main() -> None:
    """Measure, and print what was found."""
    options = arguments()
    with tempfile.TemporaryDirectory() as home:
        rembg = Rembg(options.rembg, options.model, Path(home))
        mine = Server(
            "u2net serve", ours("serve", "--model", str(options.model)), "/v1/remove", "image"
        )
        theirs = Server(
            "rembg s", rembg.command("s", "--no-ui"), "/api/remove", "file", model="u2netp"
        )
        theirs.environment = rembg.environment
        if options.memory:
            photo = large(options.photo)
            wanted = [s for s in (mine, theirs) if s.name.startswith(options.only or "")]
            found = {server.name: memory(server, photo, options) for server in wanted}
            print(json.dumps(found, indent=2))
        else:
            found = speed([mine, theirs], options)
            print(table(found, options.clients))
    if options.output:
        options.output.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()

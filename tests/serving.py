"""A service as a process of its own, for tests."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
SERVE = [sys.executable, "-m", "u2net", "serve", "--port", "0"]


class Served:
    """A running `u2net serve`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"serving at (http://\S+?)/$", line.strip())
        assert found, line + process.stderr.read()
        self.url = found[1]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def resident_bytes(self) -> int:
        """Memory that the process has."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit status, and what it said since it began."""
        self.process.send_signal(number)
        _, said = self.process.communicate()
        return self.process.returncode, said


@contextmanager
def served(*arguments: str, before: Sequence[str] = (), **environment: str) -> Iterator[Served]:
    """The service with `arguments`, until the block ends; a command may come `before` its own."""
    process = subprocess.Popen(
        [*before, *SERVE, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        yield Served(process)
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def until(condition: object, *, seconds: float = 60) -> None:
    """Wait until `condition()` holds."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "never came about"
        time.sleep(0.02)

"""An S3 store on this machine, in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from u2net.places.place import place_at

SECRET = "verysecretvalue123"
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "AKIAOFTHETESTS",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
}


def needed(*packages: str) -> None:
    """Skip the test where one of `packages` is not installed."""
    for package in packages:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed (extras cluster and dev)")


@contextmanager
def store(bucket: str = "bucket") -> Iterator[dict[str, str]]:
    """What the environment says of a running store that has an empty bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        settings = SETTINGS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        _wait(port, process)
        forget_places()
        made = "import sys, s3fs; s3fs.S3FileSystem().mkdir(sys.argv[1])"
        subprocess.run([sys.executable, "-c", made, bucket], env=os.environ | settings, check=True)
        yield settings
    finally:
        process.kill()
        process.wait()
        forget_places()


def forget_places() -> None:
    """Let go of what this process keeps of a store: fsspec would take it for the next one."""
    from s3fs import S3FileSystem

    place_at.cache_clear()
    S3FileSystem.clear_instance_cache()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "the store does not start"
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the store does not answer")

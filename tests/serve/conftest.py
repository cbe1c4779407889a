"""A service inside the test's own process, and its network, loaded once."""

import dataclasses
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra 'serve' is not installed")

with warnings.catch_warnings():
    # It would like httpx2 better than the httpx that this package downloads with.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

from u2net.remover import Remover
from u2net.serve.app import create_app
from u2net.serve.models import removers_for
from u2net.serve.settings import Settings


@pytest.fixture(scope="session")
def remover() -> Remover:
    """The quicker of the embedded networks."""
    (remover,) = removers_for(Settings(models=("swift",))).values()
    remover.load()
    return remover


@pytest.fixture(scope="session")
def lite() -> Remover:
    """The embedded network that finds no object where there is none."""
    return Remover()


@pytest.fixture(scope="module")
def client_of(remover: Remover) -> Iterator[Callable[..., TestClient]]:
    """Makes a client of a service with the given settings, of another network if there is one."""
    with ExitStack() as stack:

        def make(remover: Remover = remover, **settings: Any) -> TestClient:
            chosen = dataclasses.replace(Settings(jobs=1), **settings)
            limited = remover.changed(limits=chosen.limits)
            return stack.enter_context(TestClient(create_app(chosen, {"swift": limited})))

        yield make


@pytest.fixture(scope="module")
def client(client_of: Callable[..., TestClient]) -> TestClient:
    """A client of a service as it comes."""
    return client_of()

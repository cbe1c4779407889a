"""What the routes of one service share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Depends, Request

from u2net.remover import Remover
from u2net.serve.gate import Gate
from u2net.serve.metrics import Metrics
from u2net.serve.problem import Problem
from u2net.serve.settings import Settings
from u2net.serve.workers import Workers

if TYPE_CHECKING:
    from u2net.serve.fetch import Fetcher

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Settings, networks and what is counted."""

    settings: Settings
    removers: dict[str, Remover]
    """Name of a model -> what runs it; the first is the default."""
    metrics: Metrics
    gate: Gate
    workers: Workers
    fetcher: "Fetcher | None"
    """None where nothing is fetched."""

    def remover(self, model: str | None) -> Remover:
        """The one for `model`. Raises `Problem` 404 for a model that is not offered."""
        if model is None:
            return next(iter(self.removers.values()))
        if model not in self.removers:
            names = ", ".join(self.removers)
            raise Problem(404, "unknown-model", f"model {model[:80]!r}: there are {names}")
        return self.removers[model]

    async def worked(self, request: Request, work: Callable[[], Result]) -> Result:
        """What `work` makes of `request`, off the event loop. Raises as `Workers.run`."""
        begun: Callable[[], None] = request.scope["u2net.begun"]
        return await self.workers.run(work, request.receive, begun)

    @property
    def is_ready(self) -> bool:
        """Whether every model runs."""
        return all(remover.is_loaded for remover in self.removers.values())


def _fetcher(settings: Settings) -> "Fetcher":
    # What it is made of takes a fifth of the start.
    from u2net.serve.fetch import Fetcher

    return Fetcher(most_bytes=settings.body_bytes)


def service_for(settings: Settings, removers: dict[str, Remover]) -> Service:
    """A service that nobody has used yet."""
    metrics = Metrics()
    gate = Gate(
        requests=settings.requests,
        size_bytes=settings.request_bytes,
        body_bytes=settings.body_bytes,
    )
    workers = Workers(settings.jobs, metrics)
    metrics.watch("u2net_queue", "Pictures that wait for a worker.", lambda: workers.waiting)
    metrics.watch("u2net_requests_held", "Requests that are held.", lambda: gate.requests)
    metrics.watch("u2net_bytes_held", "Bytes of bodies and answers held.", lambda: gate.bytes)
    return Service(
        settings=settings,
        removers=removers,
        metrics=metrics,
        gate=gate,
        workers=workers,
        fetcher=_fetcher(settings) if settings.fetch else None,
    )


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(_service)]
"""What a route is given when it names this type."""

"""What a service counts and measures, for Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

MEDIA_TYPE = CONTENT_TYPE_LATEST

_STEP_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """One service's, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "u2net_requests",
            "Requests that were answered; 499 when the client left before.",
            ("route", "status"),
            registry=self._registry,
        )
        self.step_seconds = Histogram(
            "u2net_step_seconds",
            "Seconds that a step took of one picture.",
            ("step",),
            buckets=_STEP_SECONDS,
            registry=self._registry,
        )
        self.working = self._gauge("u2net_working", "Pictures that are worked on.")

    def _gauge(self, name: str, told: str) -> Gauge:
        return Gauge(name, told, registry=self._registry)

    def watch(self, name: str, told: str, value: Callable[[], float]) -> None:
        """Ask for the `value` of a gauge whenever it is read."""
        self._gauge(name, told).set_function(value)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self._registry)

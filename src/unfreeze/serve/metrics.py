"""What the server counts, as Prometheus reads it: the door to its client library."""

from collections.abc import Callable
from typing import final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_BATCHES = (1, 2, 4, 8, 16, 32, 64)


@final
class Metrics:
    """Counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "unfreeze_requests",
            "Answered requests.",
            ["route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "unfreeze_request_seconds",
            "From the headers of a request to the end of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._photos = Counter(
            "unfreeze_photos",
            "Photos by what became of them: answered, unreadable.",
            ["outcome"],
            registry=self._registry,
        )
        for outcome in ("answered", "unreadable"):
            self._photos.labels(outcome)  # so that they are there before the first
        self._batches = Histogram(
            "unfreeze_batch_photos",
            "Photos that the model read at once.",
            buckets=_BATCHES,
            registry=self._registry,
        )
        self._rejected = Counter(
            "unfreeze_rejected",
            "Requests that were turned away, by status.",
            ["status"],
            registry=self._registry,
        )

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Report how many photos wait for an answer whenever somebody reads."""
        gauge = Gauge(
            "unfreeze_waiting_photos",
            "Photos that wait for an answer now.",
            registry=self._registry,
        )
        gauge.set_function(length)

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count one request.

        Args:
            route: Its template, one of a few; what a client may choose never.
            status: Of the answer.
            seconds: It took.
        """
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if status >= 400:
            self._rejected.labels(str(status)).inc()

    def count_photos(self, answered: int, unreadable: int) -> None:
        """Count the photos of one request."""
        self._photos.labels("answered").inc(answered)
        self._photos.labels("unreadable").inc(unreadable)

    def count_batch(self, photos: int) -> None:
        """Count one run of the model."""
        self._batches.observe(photos)

    def text(self) -> bytes:
        """All of it, in Prometheus' own format."""
        return generate_latest(self._registry)

"""Counters of the endpoint, and what its process takes, in Prometheus' text format."""

from collections.abc import Callable, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)

from ic_tf_sdk._version import __version__

__all__ = ["Metrics"]

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_BATCHES = (1, 2, 4, 8)


class Metrics:
    """What one endpoint has done since it started, and what its process takes.

    Args:
        is_ready: Whether it answers.
    """

    def __init__(self, is_ready: Callable[[], bool] = lambda: False) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "ic_tf_requests", "Answered requests.", ["path", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "ic_tf_request_seconds",
            "From the request's head to the answer's last byte.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._batches = Histogram(
            "ic_tf_batch_images",
            "Images in one call of the folded graph.",
            buckets=_BATCHES,
            registry=self._registry,
        )
        ready = Gauge("ic_tf_ready", "1 where /ping answers 200.", registry=self._registry)
        ready.set_function(lambda: float(is_ready()))
        self._model = Info("ic_tf_model", "The model that answers.", registry=self._registry)
        version = Info("ic_tf_sdk", "The package that answers.", registry=self._registry)
        version.info({"version": __version__})
        # process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds and their like.
        ProcessCollector(registry=self._registry)

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.observe(seconds)

    def batch(self, images: int) -> None:
        """Count one call of the folded graph."""
        self._batches.observe(images)

    def model(self, facts: Mapping[str, str | None]) -> None:
        """Say which model it is; what is not known is an empty text."""
        self._model.info({name: value or "" for name, value in facts.items()})

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        exposition: bytes = generate_latest(self._registry)
        return exposition

"""Counters of the endpoint in Prometheus' text format."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

__all__ = ["Metrics"]

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_BATCHES = (1, 2, 4, 8)


class Metrics:
    """What one endpoint has done since it started."""

    def __init__(self) -> None:
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

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.observe(seconds)

    def batch(self, images: int) -> None:
        """Count one call of the folded graph."""
        self._batches.observe(images)

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        exposition: bytes = generate_latest(self._registry)
        return exposition

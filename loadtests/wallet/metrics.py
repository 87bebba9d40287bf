"""What a wallet tells Prometheus: operations by outcome, batch sizes, commit times, what is waiting."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from loadtests.wallet.store import Batch
from sim.ledger import Op

BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
COMMIT_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class Metrics:
    """One wallet's figures; written once a batch, so that an operation costs nothing."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._operations = Counter(
            "coinworks_operations", "Operations decided and durable.", ["op", "outcome"], registry=registry
        )
        self._batches = Histogram(
            "coinworks_batch_operations", "Operations in one commit.", buckets=BATCH_BUCKETS, registry=registry
        )
        self._commits = Histogram(
            "coinworks_commit_seconds", "Time of one synced commit.", buckets=COMMIT_BUCKETS_S, registry=registry
        )
        self._waiting = Gauge(
            "coinworks_waiting_operations", "Operations decided and not yet durable.", registry=registry
        )

    def watch(self, waiting: Callable[[], int]) -> None:
        """Read the number of waiting operations when asked."""
        self._waiting.set_function(waiting)

    def observe(self, batch: Batch, seconds: float) -> None:
        """Count a batch that has just become durable."""
        for (op, outcome), count in batch.counts.items():
            self._operations.labels(Op(op).code, outcome.code).inc(count)
        self._batches.observe(batch.size)
        self._commits.observe(seconds)

    def text(self) -> bytes:
        """The figures in Prometheus' text format."""
        return generate_latest(self._registry)

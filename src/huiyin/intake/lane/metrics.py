"""What the lane measures, for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import Counter, Gauge, Histogram

from huiyin.kernel.problems import Problem
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import Verdict

batch_size = Histogram(
    "huiyin_lane_batch_size",
    "Reviews stored in one transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)
commit_seconds = Histogram(
    "huiyin_lane_commit_seconds",
    "From taking a batch off the queue until it is durable.",
    buckets=(0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 4),
)
accepted = Counter("huiyin_lane_accepted", "Reviews whose receipt was given.")
rejected = Counter("huiyin_lane_rejected", "Reviews that were refused, by reason.", ["reason"])
waiting = Gauge("huiyin_lane_waiting", "Reviews in the queue.", multiprocess_mode="livesum")


def stored(verdicts: Sequence[Verdict], seconds: float) -> None:
    """What came of a batch that took ``seconds``."""
    batch_size.observe(len(verdicts))
    commit_seconds.observe(seconds)
    told(verdicts)


def told(verdicts: Sequence[Verdict]) -> None:
    """What became of the reviews of a batch."""
    kept = sum(isinstance(verdict, Receipt) for verdict in verdicts)
    accepted.inc(kept)
    if kept < len(verdicts):
        for verdict in verdicts:
            if not isinstance(verdict, Receipt):
                reason = verdict.code if isinstance(verdict, Problem) else "server-error"
                rejected.labels(reason).inc()

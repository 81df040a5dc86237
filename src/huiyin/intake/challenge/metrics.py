"""What the operator sees of attacks, at ``/metrics``."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from huiyin.kernel import clock

came_of = Counter(
    "huiyin_challenges",
    "What became of requests that had to prove something: demanded, worked, waited, failed, "
    "used_twice.",
    ["outcome"],
)
# A moment, not a state: a state would have to be taken back by somebody when all is calm again.
last_demanded = Gauge(
    "huiyin_challenge_last_demanded_seconds",
    "When a proof was last demanded, as Unix time; under attack while this moves.",
    multiprocess_mode="max",
)


def demanded() -> None:
    came_of.labels("demanded").inc()
    last_demanded.set(clock.machine_now().timestamp())

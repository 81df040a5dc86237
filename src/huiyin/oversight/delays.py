"""How long new matters take to arrive: counted with each arrival, by transport, as a histogram.

Two digits of a delay are kept: a median or a p99 is then never understated, and a year of any
number of deliveries stays a few thousand rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from huiyin.indicators.intervals import two_digits_up
from huiyin.kernel import clock
from huiyin.kernel.sums import add_up
from huiyin.matters.table import Event
from huiyin.notices.models import Delivery, Outbox
from huiyin.oversight.models import DelayTally

KEY = ("day", "transport", "value")


def count(deliveries: Sequence[Delivery]) -> None:
    """Count the arrivals that told a unit of a new matter; in the transaction that records them."""
    sums: Counter[tuple[object, ...]] = Counter()
    for delivery in deliveries:
        notice = delivery.outbox
        told = notice.event == Event.OPEN and notice.action == Outbox.Action.TELL
        if told and delivery.delay_ms is not None:
            day = clock.local(delivery.finished_at).date()
            sums[day, notice.transport, two_digits_up(delivery.delay_ms)] += 1
    add_up(DelayTally, KEY, sums)

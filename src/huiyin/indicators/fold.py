"""From an entry of the public log to what it adds to the tallies. Pure: no database, no Django.

Whoever holds the log can run this and arrive at the same figures. Only the entry's public members
are read. What happens to a matter is counted on the day the matter was opened (so that a share
never compares the callbacks of one month with the bad reviews of another), with one exception: a
rectification falls due on a day of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from huiyin.indicators.intervals import two_digits_up

Document = Mapping[str, Any]


class Metric(StrEnum):
    """What is counted; ``value`` tells the cases of a metric apart."""

    SERVICE = "service"  # services reported by business systems
    REVIEW = "review"  # first reviews; value: level 1 to 5
    FOLLOW_UP = "follow_up"  # follow-up reviews; value: level 1 to 5
    MATTER = "matter"  # bad reviews delivered to a unit
    CALLBACK = "callback"  # completed callbacks; value: 1 in time, 0 late
    DUE = "due"  # rectifications that fell due; value: 1 in time, 0 late
    REOPENED = "reopened"  # matters that the citizen's follow-up reopened
    CLOSED = "closed"  # closed matters; value: 1 confirmed by the citizen, 0 not
    DELIVERY = "delivery"  # first arrivals; value: milliseconds, rounded up to two digits
    BY_ZWDING = "by_zwding"  # the same by one transport alone
    BY_EMAIL = "by_email"
    BY_SMS = "by_sms"


@dataclass(frozen=True)
class Key:
    """One tally. ``channel`` and ``trust`` are empty where a metric knows none."""

    organisation: str
    region: str
    day: str
    metric: Metric
    value: int = 0
    channel: str = ""
    trust: str = ""


def contributions(document: Document) -> list[tuple[Key, int]]:
    """What ``document`` (an entry's public members) adds to which tallies.

    Kinds that no figure reads add nothing. Raises ``KeyError`` for a member that must be there: a
    figure is late rather than wrong.
    """
    read = _READERS.get(document["kind"])
    return read(document) if read else []


def _service(entry: Document) -> list[tuple[Key, int]]:
    return [(_key(entry, Metric.SERVICE), int(entry["count"]))]


def _review(entry: Document) -> list[tuple[Key, int]]:
    metric = Metric.REVIEW if entry["ordinal"] == 1 else Metric.FOLLOW_UP
    return [
        (
            _key(
                entry,
                metric,
                value=entry["level"],
                channel=entry["channel"],
                trust=entry["trust"],
            ),
            1,
        )
    ]


def _delivery(entry: Document) -> list[tuple[Key, int]]:
    return [(_key(entry, Metric.DELIVERY, value=two_digits_up(int(entry["delay_ms"]))), 1)]


def _arrival(entry: Document) -> list[tuple[Key, int]]:
    metric = _BY_TRANSPORT.get(entry["transport"])
    if metric is None:
        return []
    return [(_key(entry, metric, value=two_digits_up(int(entry["delay_ms"]))), 1)]


def _step(entry: Document) -> list[tuple[Key, int]]:
    if entry["matter_kind"] != "bad_review":
        return []
    read = _STEPS.get(entry["event"])
    key = read(entry) if read else None
    return [(key, 1)] if key else []


def _opened(entry: Document) -> Key:
    return _of_matter(entry, Metric.MATTER)


def _verified(entry: Document) -> Key:
    return _of_matter(entry, Metric.CALLBACK, int(entry["clocks"]["callback"]["in_time"]))


def _told(entry: Document) -> Key | None:
    clock = entry["clocks"].get("rectification")
    # One that was recorded as overdue has been counted on that day.
    if clock is None or clock["breached"]:
        return None
    return _key(entry, Metric.DUE, value=int(clock["in_time"]))


def _overdue(entry: Document) -> Key | None:
    return _key(entry, Metric.DUE, value=0) if entry["clock"] == "rectification" else None


def _objected(entry: Document) -> Key:
    return _of_matter(entry, Metric.REOPENED)


def _closed(entry: Document) -> Key:
    return _of_matter(entry, Metric.CLOSED, int(entry["confirmed"] is True))


def _of_matter(entry: Document, metric: Metric, value: int = 0) -> Key:
    return _key(entry, metric, day=entry["opened_day"], value=value)


def _key(
    entry: Document,
    metric: Metric,
    *,
    day: str | None = None,
    value: int = 0,
    channel: str = "",
    trust: str = "",
) -> Key:
    return Key(
        entry["organisation"], entry["region"], day or entry["day"], metric, value, channel, trust
    )


_READERS: dict[str, Callable[[Document], list[tuple[Key, int]]]] = {
    "services": _service,
    "review": _review,
    "step": _step,
    "delivery": _delivery,
    "arrival": _arrival,
}
_BY_TRANSPORT = {
    "zwding": Metric.BY_ZWDING,
    "email": Metric.BY_EMAIL,
    "sms_smpp": Metric.BY_SMS,
    "sms_http": Metric.BY_SMS,
}
_STEPS: dict[str, Callable[[Document], Key | None]] = {
    "open": _opened,
    "verify": _verified,
    "tell": _told,
    "breach": _overdue,
    "object": _objected,
    "close": _closed,
}

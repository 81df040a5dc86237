"""From an entry of the public log to what it adds to the tallies. Pure: no database, no Django.

Whoever holds the log can run this and arrive at the same figures. Only the entry's public members
are read. What happens to a matter is counted on the day the matter was opened (so that a share
never compares the callbacks of one month with the bad reviews of another), with one exception: a
rectification falls due on a day of its own.

Some entries take back what an earlier one added, with the amount −1. Such an entry says itself what
that was, so that nobody has to look for the earlier one:

* ``void`` has ``review``: organisation, region, level, channel, trust and day of the first review,
  which leaves the reviews and is counted as voided on the same day.
* ``hand_on``, ``assign`` and ``redirect`` that change the unit have ``from``: organisation, region
  and callback. The matter is counted at the unit that has it; a callback that had been counted
  (``callback`` says whether in time; null: none was) is taken back, for the next unit calls back
  itself. What else the former unit did stays with it.
* ``recompute`` has ``breached_day`` when it moved a deadline that had been recorded as overdue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from sys import intern
from typing import Any, NamedTuple

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
    EXTENDED = "extended"  # matters whose deadline was extended
    REOPENED = "reopened"  # matters that the citizen's follow-up or report reopened
    APPEALED = "appealed"  # matters against whose review the unit appealed
    RULED = "ruled"  # rulings on such appeals; value: 1 upheld, 0 dismissed
    VOIDED = "voided"  # first reviews voided by ruling, no longer among the reviews
    WITHDRAWN = "withdrawn"  # matters taken back by the citizen
    CLOSED = "closed"  # closed matters; value: 1 confirmed by the citizen, 0 not
    DELIVERY = "delivery"  # first arrivals; value: milliseconds, rounded up to two digits
    BY_ZWDING = "by_zwding"  # the same by one transport alone
    BY_EMAIL = "by_email"
    BY_SMS = "by_sms"


class Key(NamedTuple):
    """One tally. ``channel`` and ``trust`` are empty where a metric knows none."""

    organisation: str
    region: str
    day: str
    metric: Metric
    value: int = 0
    channel: str = ""
    trust: str = ""


Amount = tuple[Key, int]


def contributions(document: Document) -> list[Amount]:
    """What ``document`` (an entry's public members) adds to which tallies.

    Kinds that no figure reads add nothing. Raises ``KeyError`` for a member that must be there: a
    figure is late rather than wrong.
    """
    read = _READERS.get(document["kind"])
    return read(document) if read else []


def _service(entry: Document) -> list[Amount]:
    return [(_key(entry, Metric.SERVICE), int(entry["count"]))]


def _review(entry: Document) -> list[Amount]:
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


def _imported(entry: Document) -> list[Amount]:
    # Interned: the same few thousand texts come in many entries, and are kept in every key.
    return [
        (
            Key(code, region, intern(day), Metric.REVIEW, int(level), intern(channel), "imported"),
            amount,
        )
        for code, region, days in (
            (intern(uscc), intern(of["region"]), of["days"]) for uscc, of in entry["counts"].items()
        )
        for day, channels in days.items()
        for channel, levels in channels.items()
        for level, amount in levels.items()
    ]


def _delivery(entry: Document) -> list[Amount]:
    return [(_key(entry, Metric.DELIVERY, value=two_digits_up(int(entry["delay_ms"]))), 1)]


def _arrival(entry: Document) -> list[Amount]:
    metric = _BY_TRANSPORT.get(entry["transport"])
    if metric is None:
        return []
    return [(_key(entry, metric, value=two_digits_up(int(entry["delay_ms"]))), 1)]


def _lateness(entry: Document) -> list[Amount]:
    late = entry["overdue"].get("rectification", [])
    if entry["matter_kind"] != "bad_review" or not late:
        return []
    return [(_key(entry, Metric.DUE), len(late))]


def _step(entry: Document) -> list[Amount]:
    if entry["matter_kind"] != "bad_review":
        return []
    read = _STEPS.get(entry["event"])
    return list(read(entry)) if read else []


def _opened(entry: Document) -> Iterator[Amount]:
    yield _of_matter(entry, Metric.MATTER), 1


def _verified(entry: Document) -> Iterator[Amount]:
    # Who left no number was not called back.
    if not entry.get("no_number"):
        yield _of_matter(entry, Metric.CALLBACK, int(entry["clocks"]["callback"]["in_time"])), 1


def _told(entry: Document) -> Iterator[Amount]:
    clock = entry["clocks"].get("rectification")
    # One that was recorded as overdue has been counted on that day.
    if clock is not None and not clock["breached"]:
        yield _key(entry, Metric.DUE, value=int(clock["in_time"])), 1


def _moved_deadline(entry: Document) -> Iterator[Amount]:
    if entry["clock"] == "rectification" and entry.get("breached_day"):
        yield _key(entry, Metric.DUE, day=entry["breached_day"]), -1


def _extended(entry: Document) -> Iterator[Amount]:
    if entry["first"]:
        yield _of_matter(entry, Metric.EXTENDED), 1


def _reopened(entry: Document) -> Iterator[Amount]:
    # The second bad follow-up review reopens nothing.
    if entry["state"] == "reopened":
        yield _of_matter(entry, Metric.REOPENED), 1


def _withdrawn(entry: Document) -> Iterator[Amount]:
    yield _of_matter(entry, Metric.WITHDRAWN), 1


def _appealed(entry: Document) -> Iterator[Amount]:
    yield _of_matter(entry, Metric.APPEALED), 1


def _ruled(entry: Document) -> Iterator[Amount]:
    if entry["side"] == "unit":
        # Where the appeal was counted: at the unit that made it.
        appellant = {**entry, **_place_of(entry["from"])} if "from" in entry else entry
        yield _of_matter(appellant, Metric.RULED, int(entry["upheld"])), 1


def _voided(entry: Document) -> Iterator[Amount]:
    yield from _ruled(entry)
    review = entry["review"]
    grades = {"channel": review["channel"], "trust": review["trust"]}
    yield _key(review, Metric.REVIEW, value=review["level"], **grades), -1
    yield _key(review, Metric.VOIDED, **grades), 1


def _redirected(entry: Document) -> Iterator[Amount]:
    yield from _ruled(entry)
    yield from _moved(entry)


def _moved(entry: Document) -> Iterator[Amount]:
    former = entry.get("from")
    if former is None:
        return
    left = {**entry, **_place_of(former)}
    yield _of_matter(left, Metric.MATTER), -1
    yield _of_matter(entry, Metric.MATTER), 1
    if former["callback"] is not None:
        yield _of_matter(left, Metric.CALLBACK, int(former["callback"])), -1


def _closed(entry: Document) -> Iterator[Amount]:
    yield _of_matter(entry, Metric.CLOSED, int(entry["confirmed"] is True)), 1


def _place_of(former: Document) -> dict[str, str]:
    return {"organisation": former["organisation"], "region": former["region"]}


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


_READERS: dict[str, Callable[[Document], list[Amount]]] = {
    "services": _service,
    "review": _review,
    "imported": _imported,
    "step": _step,
    "lateness": _lateness,
    "delivery": _delivery,
    "arrival": _arrival,
}
_BY_TRANSPORT = {
    "zwding": Metric.BY_ZWDING,
    "email": Metric.BY_EMAIL,
    "sms_smpp": Metric.BY_SMS,
    "sms_http": Metric.BY_SMS,
}
_STEPS: dict[str, Callable[[Document], Iterator[Amount]]] = {
    "open": _opened,
    "hand_on": _moved,
    "assign": _moved,
    "verify": _verified,
    "grant_extension": _extended,
    "tell": _told,
    "recompute": _moved_deadline,
    "object": _reopened,
    "report_fake": _reopened,
    "withdraw": _withdrawn,
    "appeal": _appealed,
    "dismiss": _ruled,
    "uphold": _ruled,
    "void": _voided,
    "redirect": _redirected,
    "close": _closed,
}

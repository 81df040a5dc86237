"""Running clocks under new rules: what a policy would change, and changing it when asked to.

Putting a version in force changes nothing that runs. What would move can be looked at before and
after; moving is an act of its own, on the record. A clock that stands still, or has stood still,
keeps what was left of it. One that would end on a day that is over stays where it is: nobody is
made late by new rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from huiyin.calendars import queries as calendars
from huiyin.calendars.arithmetic import Calendar
from huiyin.calendars.hooks import Move, Moves
from huiyin.calendars.services import Deadline
from huiyin.directory.codes import region_lineage
from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters import clocks, engine, policy
from huiyin.matters.models import Clock, Matter, Policy
from huiyin.matters.policy import ClockRule, PeriodRule
from huiyin.matters.queries import policy_for
from huiyin.matters.services.input import text_of
from huiyin.matters.table import ClockKind, Event, Party

_CHUNK = 2000
_ALL_YEARS = 1


@dataclass(frozen=True)
class _Change:
    """A running clock, and what the new rules make of it."""

    clock: Clock
    period: ClockRule | PeriodRule
    warnings: list[float]
    end: Deadline

    @property
    def too_late(self) -> bool:
        return self.end.due_at <= clock.now()


def moved_by_policy(version: Policy) -> Moves:
    """Which open deadlines the rules of ``version`` (it need not be stored) would move.

    One query over the running clocks it would govern, in constant memory.
    """
    moves = Moves()
    for change in _changes(version):
        running = change.clock
        moved = Clock(due_at=change.end.due_at)
        moves.add(
            Move(
                what=ClockKind(running.kind).label,
                of=running.matter.code,
                whose=str(running.matter.organisation),
                last_day=running.last_day,
                provisional=running.provisional,
                to_last_day=moved.last_day,
                to_provisional=change.end.provisional,
                too_late=change.too_late,
            )
        )
    return moves


def apply_policy(*, version: Policy, staff: Staff, reason: str, limit: int) -> int:
    """Move at most ``limit`` running clocks to where ``version`` puts them; how many.

    Each is a step of its matter, in a transaction of its own, that names the old last day and the
    new one, both policies, and who moved it and why. The matter goes on under the new version.
    Raises ``Invalid`` when ``version`` is not in force.
    """
    reason = text_of(reason, "reason")
    if policy_for(version.kind, version.jurisdiction) != version:
        raise Invalid(_("These rules are not in force today; nothing can be moved to them."))
    movable = (change for change in _changes(version) if not change.too_late)
    # Taken out of the query first: the rows are about to change under it.
    return sum(_move(change, version, staff, reason) for change in list(islice(movable, limit)))


def _governed(version: Policy) -> QuerySet[Clock]:
    """The running clocks that other rules than ``version`` govern, of the same place or above."""
    place = version.jurisdiction
    return (
        Clock.objects.filter(
            stopped_at__isnull=True,
            paused_at__isnull=True,
            counted_from=F("started_at"),
            matter__kind=version.kind,
            matter__organisation__region__code__startswith=place.prefix,
            matter__policy__jurisdiction__code__in=region_lineage(place.code),
        )
        .exclude(policy=version.pk)
        .select_related("matter__organisation__region", "policy")
    )


def _changes(version: Policy) -> Iterator[_Change]:
    rules = policy.read(version.document)
    by_region: dict[str, Calendar] = {}
    for running in _governed(version).iterator(chunk_size=_CHUNK):
        region = running.matter.organisation.region.code
        if region not in by_region:
            by_region[region] = calendars.calendar(since=_ALL_YEARS, region=region)
        change = _change(running, rules, by_region[region])
        if change is not None:
            yield change


def _change(running: Clock, rules: policy.Rules, calendar: Calendar) -> _Change | None:
    rule: ClockRule = getattr(rules.clocks, running.kind)
    period = rule.simple if rule.simple and _is_simple(running) else rule
    warnings = list(rule.warnings)
    same = (period.amount, period.unit, warnings) == (
        running.amount,
        running.unit,
        running.warnings,
    )
    if same:
        return None
    anew = Clock(
        counted_from=running.counted_from,
        units=period.amount,
        unit=period.unit,
        extended_by=running.extended_by,
    )
    return _Change(running, period, warnings, clocks.end_of(anew, calendar))


def _is_simple(running: Clock) -> bool:
    """Whether the matter was found to be a simple one, by the rules it runs under."""
    rule: ClockRule = getattr(policy.read(running.policy.document).clocks, running.kind)
    return rule.simple is not None and (running.amount, running.unit) == (
        rule.simple.amount,
        rule.simple.unit,
    )


@transaction.atomic
def _move(seen: _Change, version: Policy, staff: Staff, reason: str) -> bool:
    """Move one clock, unless a step came first: its matter is locked, then it is read again."""
    matter = engine.lock(seen.clock.matter)
    running = _governed(version).filter(pk=seen.clock.pk).first()
    if running is None or running.due_at != seen.clock.due_at:
        return False
    before, old_policy = running.last_day, running.policy.label
    running.amount = running.units = seen.period.amount
    running.unit, running.warnings, running.policy = seen.period.unit, seen.warnings, version
    breached_day = clocks.breached_day(running)
    clocks.set_due(running, seen.end)
    running.save()
    told = {
        "clock": running.kind,
        "from_day": before.isoformat(),
        "due_day": running.last_day.isoformat(),
        "calendar": running.calendar_version,
        "provisional": running.provisional,
        "from_policy": old_policy,
        "policy": version.label,
        "breached_day": breached_day if running.breached_at is None else None,
    }

    def govern(changed: Matter) -> None:
        changed.policy = version

    engine.take(
        matter,
        Event.RECOMPUTE,
        staff=staff,
        party=Party.PLATFORM,
        data={**told, "reason": reason},
        public=told,
        change=govern,
    )
    return True

"""Taking a step: the one function through which a matter changes.

It locks the matter, finds the row of the transition table, asks the guards, writes the step, its
log entry and its clocks, and tells the listeners, all in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.memo import Memo
from huiyin.log import services as log
from huiyin.matters import clocks, hooks, policy, table
from huiyin.matters.errors import Moved, NotNow, NotYours
from huiyin.matters.guards import Attempt
from huiyin.matters.models import Clock, Matter, Step
from huiyin.matters.policy import Rules
from huiyin.matters.queries import parties_of
from huiyin.matters.table import ClockKind, Event, Party, State, Transition

Change = Callable[[Matter], None]


def lock(matter: Matter, *, seen_version: int | None = None) -> Matter:
    """The matter's row, locked until the transaction ends.

    ``seen_version`` is the version the actor saw; raises ``Moved`` when it has moved on since.
    """
    locked = _with_rules().select_for_update(of=("self",)).get(pk=matter.pk)
    if seen_version is not None and seen_version != locked.version:
        raise Moved
    return locked


def lock_if_free(*, clock_id: UUID) -> Matter | None:
    """The matter of a clock, locked, or None while somebody else holds it."""
    rows = _with_rules().select_for_update(of=("self",), skip_locked=True)
    return rows.filter(clocks=clock_id).first()


def _with_rules() -> QuerySet[Matter]:
    return Matter.objects.select_related("policy__jurisdiction", "organisation__region")


def take(
    matter: Matter,
    event: Event,
    *,
    staff: Staff | None = None,
    party: Party | None = None,
    data: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
    public: Mapping[str, Any] | None = None,
    private: Mapping[str, str] | None = None,
    change: Change | None = None,
) -> Step:
    """Take ``event`` on a locked ``matter``.

    Either ``staff`` acts, by the roles their duties give them, or ``party`` does (citizen,
    platform). ``data`` is for those who may see the matter, ``public`` goes into the log in clear,
    ``private`` as commitments. ``context`` is what the guards have to know besides and nobody
    keeps: rows, moments. ``change`` sets further fields of the matter before it is saved.
    Raises ``NotNow``, ``NotYours`` or ``Refused``.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a step needs a transaction")
    data = dict(data or {})
    rules = policy.read(matter.policy.document)
    attempt = Attempt(matter, staff, rules, {**data, **(context or {})})
    row, acting = _choose(matter, event, attempt, staff, party)

    now = clock.now()
    matter.state = row.target
    matter.version += 1
    stopped = [found for kind in row.stops if (found := clocks.stop(matter, kind, now))]
    if change is not None:
        change(matter)
    if row.reopens:
        matter.round += 1
    started = clocks.start(matter, sorted(row.starts), rules, now)
    _hold_or_release(matter, row, rules)
    if row.source is None:
        matter.next_due_at = min((one.due_at for one in started), default=None)
    else:
        matter.next_due_at = clocks.earliest_due(matter)
    matter.save()
    step = _write(matter, event, acting, staff, data, public or {}, private or {}, stopped)
    hooks.announce([step], row, Memo())
    return step


def _choose(
    matter: Matter, event: Event, attempt: Attempt, staff: Staff | None, party: Party | None
) -> tuple[Transition, Party]:
    """The row of the table that applies, and as which party the actor acts."""
    state = State(matter.state) if matter.version else None
    possible = table.rows(state, event)
    if not possible:
        raise NotNow
    parties = {party} if party else parties_of(staff, matter)
    allowed = [row for row in possible if row.by & parties]
    if not allowed:
        raise NotYours
    for row in allowed:
        if all(guard(attempt) for guard in row.guards):
            return row, min(row.by & parties)
    # The guards that tell rows apart said no to each: a step of another actor or another round.
    raise NotYours if len(possible) > len(allowed) else NotNow


def _hold_or_release(matter: Matter, row: Transition, rules: Rules) -> None:
    """While a ruling is awaited, hold the clocks that the policy wants held, and let them go on
    after it."""
    ruling_begins, ruling_ends = ClockKind.RULING in row.starts, ClockKind.RULING in row.stops
    if not (ruling_begins or ruling_ends):
        return
    now = clock.now()
    for running in matter.clocks.filter(stopped_at__isnull=True):
        if running.kind == ClockKind.RULING:
            continue
        holds = "appeal" in getattr(rules.clocks, running.kind).pauses
        # What is overdue stays overdue: an appeal gives no time back.
        if ruling_begins and holds and running.due_at > now:
            clocks.hold(running, now)
        elif ruling_ends and running.paused_at is not None:
            clocks.go_on(running, now)


def _write(
    matter: Matter,
    event: Event,
    party: Party,
    staff: Staff | None,
    data: dict[str, Any],
    public: Mapping[str, Any],
    private: Mapping[str, str],
    stopped: list[Clock],
) -> Step:
    now = clock.now()
    step = step_of(matter, event, party, now, staff=staff, data=data)
    step.entry = log.append(
        kind="step",
        organisation=matter.organisation,
        subject_id=step.id,
        public=told_by(step, public, stopped),
        private=private,
    )
    step.save(force_insert=True)
    return step


def step_of(
    matter: Matter,
    event: Event,
    party: Party,
    at: datetime,
    *,
    staff: Staff | None = None,
    data: Mapping[str, Any],
) -> Step:
    """The step that ``matter`` has just taken, still without its entry in the log; not saved."""
    return Step(
        matter=matter,
        number=matter.version,
        event=event,
        state_after=matter.state,
        round=matter.round,
        at=at,
        party=party,
        actor=staff,
        data=data,
    )


def told_by(step: Step, public: Mapping[str, Any], stopped: Iterable[Clock] = ()) -> dict[str, Any]:
    """What the log says of ``step`` in clear: who did what to which matter, ``public`` besides, and
    the clocks that it stopped."""
    matter = step.matter
    return {
        "matter": matter.code,
        "matter_kind": matter.kind,
        "number": step.number,
        "event": Event(step.event).value,
        "state": State(matter.state).value,
        "round": matter.round,
        "by": Party(step.party).value,
        "organisation": matter.organisation.uscc,
        "region": matter.organisation.region.code,
        "day": clock.local(step.at).date().isoformat(),
        "opened_day": clock.local(matter.opened_at).date().isoformat(),
        **public,
        "clocks": {
            ClockKind(done.kind).value: {
                "due_day": done.last_day.isoformat(),
                "in_time": bool(done.in_time),
                "breached": done.breached,
            }
            for done in stopped
        },
    }

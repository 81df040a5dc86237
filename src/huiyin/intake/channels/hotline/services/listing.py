"""The list of calls to be made: filled from the ladder of invitations, and emptied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from huiyin.directory.models import Staff
from huiyin.intake.channels.hotline import ladder, queries
from huiyin.intake.channels.hotline.models import (
    FINAL,
    Action,
    Call,
    ListedCall,
    Outcome,
)
from huiyin.kernel import clock, ids
from huiyin.matters.models import Matter
from huiyin.reviews.models import Case, Review, ServiceEvent
from huiyin.reviews.tokens import FIRST

CODE_LENGTH = 9
_MOST_AT_ONCE = 1000
# While so many wait nobody has to look for more.
_ENOUGH = 200
# A call that somebody took and did not place within this time goes back on the list.
_FORGOTTEN = timedelta(hours=2)
# Of calls for reasons, which no ladder plans.
_TRIES, _AGAIN = 3, timedelta(hours=4)


def refresh() -> int:
    """Bring the list up to date before somebody reads it; how many calls were added.

    What the ladder has due is listed; who has rated, wants no calls or can rate no more is taken
    off; what was taken and forgotten goes back.
    """
    _take_off()
    _put_back_forgotten()
    waiting = ListedCall.objects.filter(state=ListedCall.State.WAITING, not_before__lte=clock.now())
    if waiting[:_ENOUGH].count() == _ENOUGH:
        return 0
    return list_calls(
        [
            Wanted(plan.event, plan.due_at or clock.now(), plan.expires_at, plan.pk)
            for plan in ladder.due(_MOST_AT_ONCE)
        ]
    )


@dataclass(frozen=True)
class Wanted:
    """A citizen to be rung about ``event``, its case loaded; ``plan_id`` is the ladder's."""

    event: ServiceEvent
    not_before: datetime
    expires_at: datetime | None = None
    plan_id: UUID | None = None


@transaction.atomic
def list_calls(wanted: Sequence[Wanted]) -> int:
    """List citizens to be rung; how many are new. A few queries however many. Who is listed already
    stays as they are."""
    if not wanted:
        return 0
    events = [one.event.pk for one in wanted]
    known = ListedCall.objects.filter(event__in=events, purpose=ListedCall.Purpose.RATING)
    listed = set(known.values_list("event", flat=True))
    now = clock.now()
    rows = [
        ListedCall(
            code=ids.new_code(CODE_LENGTH),
            purpose=ListedCall.Purpose.RATING,
            organisation_id=one.event.organisation_id,
            event=one.event,
            plan_id=one.plan_id,
            number_hash=queries.case_of(one.event).mobile_hash,
            listed_at=now,
            not_before=one.not_before,
            expires_at=one.expires_at or now + timedelta(days=settings.HUIYIN_INVITATION_DAYS),
        )
        for one in wanted
        # Whose person was erased has no number any more.
        if one.event.pk not in listed and queries.case_of(one.event).mobile_hash
    ]
    return len(_store(rows, now))


@transaction.atomic
def list_for_reasons(*, event: ServiceEvent, matter: Matter) -> ListedCall:
    """Somebody who rated badly by key wants to be rung and tell why; at once, by an agent."""
    now = clock.now()
    row = ListedCall(
        code=ids.new_code(CODE_LENGTH),
        purpose=ListedCall.Purpose.DETAIL,
        organisation_id=event.organisation_id,
        event=event,
        matter=matter,
        number_hash=queries.case_of(event).mobile_hash,
        listed_at=now,
        not_before=now,
        expires_at=now + timedelta(days=settings.HUIYIN_INVITATION_DAYS),
    )
    _store([row], now)
    return ListedCall.objects.get(
        organisation=event.organisation_id, event=event, purpose=ListedCall.Purpose.DETAIL
    )


def _store(rows: Sequence[ListedCall], now: datetime) -> list[ListedCall]:
    ListedCall.objects.bulk_create(rows, ignore_conflicts=True)
    stored = list(ListedCall.objects.filter(pk__in=[row.pk for row in rows]))
    Action.objects.bulk_create(
        Action(listed=row, verb=Action.Verb.LISTED, at=now) for row in stored
    )
    return stored


@transaction.atomic
def close(
    *,
    listed: ListedCall,
    outcome: Outcome,
    call: Call | None = None,
    staff: Staff | None = None,
    again_at: datetime | None = None,
    detail: str = "",
) -> None:
    """What came of a try; ``detail`` is what kept a rating from being stored. The ladder is told,
    and says whether and when it wants another; who asked to be called later is rung at
    ``again_at``."""
    now = clock.now()
    listed.tries = F("tries") + 1
    listed.agent = None
    listed.taken_at = None
    listed.save(update_fields=["tries", "agent", "taken_at"])
    listed.refresh_from_db()
    again: datetime | None
    if outcome == Outcome.LATER:
        # Their own wish, which uses up none of the tries of the ladder.
        again = again_at or now + _AGAIN
    elif listed.plan_id:
        again = ladder.tell(listed.plan_id, outcome, staff=staff)
    else:
        again = now + _AGAIN if outcome not in FINAL and listed.tries < _TRIES else None
    listed.outcome = outcome
    if again is None or again >= listed.expires_at:
        listed.state = ListedCall.State.DONE
    else:
        listed.state, listed.not_before = ListedCall.State.WAITING, again
    listed.save(update_fields=["state", "outcome", "not_before"])
    Action.objects.create(
        listed=listed,
        verb=Action.Verb.RECORDED,
        staff=staff,
        at=now,
        call=call,
        detail=detail or outcome,
    )


@transaction.atomic
def forget_person(case: Case) -> None:
    """Whose person was erased is not rung any more, and not known by a number."""
    rows = ListedCall.objects.filter(event__case=case)
    now = clock.now()
    Action.objects.bulk_create(
        Action(listed=row, verb=Action.Verb.CLOSED, at=now, detail="erased")
        for row in rows.exclude(state=ListedCall.State.DONE)
    )
    rows.update(number_hash=b"", state=ListedCall.State.DONE, agent=None)
    Call.objects.filter(event__case=case).update(number_hash=None)


def rated(event: str = "event") -> Exists:
    """Whether the service that a row names has its first review."""
    return Exists(
        Review.objects.filter(
            event=OuterRef(event), organisation=OuterRef("organisation"), ordinal=FIRST
        )
    )


@transaction.atomic
def _take_off() -> None:
    now = clock.now()
    waiting = ListedCall.objects.filter(state=ListedCall.State.WAITING)
    asks = waiting.filter(purpose=ListedCall.Purpose.RATING)
    _end(waiting.filter(expires_at__lte=now), "expired")
    _end(asks.filter(rated()), "rated")
    _end(waiting.filter(matter__closed_at__isnull=False), "closed")
    _end(waiting.filter(ladder.says_no()), "opted_out")


def _end(rows: Iterable[ListedCall], why: str) -> None:
    found = list(rows[:_MOST_AT_ONCE])  # type: ignore[index]
    if not found:
        return
    ListedCall.objects.filter(
        pk__in=[row.pk for row in found], state=ListedCall.State.WAITING
    ).update(state=ListedCall.State.DONE)
    now = clock.now()
    ladder.end(found)
    Action.objects.bulk_create(
        Action(listed=row, verb=Action.Verb.CLOSED, at=now, detail=why) for row in found
    )


@transaction.atomic
def _put_back_forgotten() -> None:
    now = clock.now()
    forgotten = list(
        ListedCall.objects.select_for_update(skip_locked=True).filter(
            state=ListedCall.State.TAKEN, taken_at__lt=now - _FORGOTTEN
        )[:_MOST_AT_ONCE]
    )
    if not forgotten:
        return
    ListedCall.objects.filter(pk__in=[row.pk for row in forgotten]).update(
        state=ListedCall.State.WAITING, agent=None, taken_at=None
    )
    Action.objects.bulk_create(
        Action(listed=row, verb=Action.Verb.RELEASED, at=now, detail="forgotten")
        for row in forgotten
    )

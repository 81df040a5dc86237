"""申诉 and 裁定 as steps of the loop: appealing, being heard, stepping back, ruling.

What was claimed, said and decided is kept by the package of appeals, which calls these verbs in the
transaction that stores it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from huiyin.calendars.services import Deadline, deadline
from huiyin.directory.models import Organisation, Staff
from huiyin.matters import engine, policy
from huiyin.matters.models import Assignment, FollowUp, Matter, ResultClass, Step
from huiyin.matters.policy import PeriodRule
from huiyin.matters.services.assigning import move, need_another_unit, origin_of
from huiyin.matters.services.closing import close_when_done
from huiyin.matters.table import Event, Party


def appeal_until(matter: Matter) -> datetime:
    """Until when the unit in charge may appeal: counted from the delivery to it."""
    lead = matter.assignments.get(part=Assignment.Part.LEAD, until__isnull=True)
    return _end(matter, policy.read(matter.policy.document).appeals.window, lead.since).due_at


def hearing_end(matter: Matter, filed_at: datetime) -> Deadline:
    """How long the other side of an appeal has to speak before it can be ruled on."""
    return _end(matter, policy.read(matter.policy.document).appeals.hearing, filed_at)


def appeal(
    *,
    matter: Matter,
    staff: Staff,
    seen_version: int,
    ground: str,
    statement: str,
    sha256: Sequence[str],
) -> Step:
    """The unit objects to the review; the ruling clock starts.

    ``sha256`` are the hashes of the files that come as evidence. Raises ``Refused`` for a second
    appeal and for one that comes too late.
    """
    matter = engine.lock(matter, seen_version=seen_version)

    def change(changed: Matter) -> None:
        changed.appealed = changed.arbitrated = True

    return engine.take(
        matter,
        Event.APPEAL,
        staff=staff,
        data={"ground": ground, "statement": statement},
        context={"until": appeal_until(matter)},
        public={"ground": ground, "files": len(sha256)},
        private={"statement": statement, "files": " ".join(sha256)},
        change=change,
    )


def report_fake(*, matter: Matter, ground: str, statement: str, sha256: Sequence[str] = ()) -> Step:
    """假整改: the citizen says that nothing was put right; ``sha256`` are the hashes of the
    pictures that show it.

    The loop reopens at once, and the citizen may still rate again after the second reply."""
    matter = engine.lock(matter)

    def change(changed: Matter) -> None:
        changed.arbitrated = True
        changed.result_class = ""
        changed.told_at = None
        changed.confirmed = False
        changed.follow_up = FollowUp.NOT_ASKED

    return engine.take(
        matter,
        Event.REPORT_FAKE,
        party=Party.CITIZEN,
        data={"statement": statement},
        public={"ground": ground, "files": len(sha256)},
        private={"statement": statement, "files": " ".join(sha256)},
        change=change,
    )


def be_heard(
    *, matter: Matter, text: str, staff: Staff | None = None, seen_version: int | None = None
) -> Step:
    """A side speaks on the open appeal: the unit by ``staff``, else the citizen."""
    matter = engine.lock(matter, seen_version=seen_version)
    return engine.take(
        matter,
        Event.BE_HEARD,
        staff=staff,
        party=None if staff else Party.CITIZEN,
        data={"text": text},
        private={"text": text},
    )


def recuse(*, matter: Matter, staff: Staff, seen_version: int, reason: str) -> Step:
    """回避: an arbiter steps back from the matter, and no longer sees it."""
    matter = engine.lock(matter, seen_version=seen_version)
    return engine.take(
        matter,
        Event.RECUSE,
        staff=staff,
        data={"reason": reason},
        private={"reason": reason},
    )


def rule(
    *,
    matter: Matter,
    staff: Staff,
    seen_version: int,
    event: Event,
    hearing_until: datetime,
    public: Mapping[str, Any],
    reasons: str,
    unit: Organisation | None = None,
) -> Step:
    """The arbiter decides: ``event`` is DISMISS, UPHOLD, VOID or REDIRECT (then to ``unit``).

    A matter that waited for nothing but the ruling closes. Raises ``Invalid`` for a unit that
    cannot take it over.
    """
    matter = engine.lock(matter, seen_version=seen_version)
    told = {"reasons": reasons, "arbiter_name": staff.organisation.name}
    if unit is not None:
        need_another_unit(matter, unit)
        former = matter.organisation
        public = {**public, "from": origin_of(matter), "to": unit.uscc}
        told |= {"from_name": former.name, "to_name": unit.name}
    step = engine.take(
        matter,
        event,
        staff=staff,
        data={**public, **told},
        context={"hearing_until": hearing_until},
        public=public,
        private={"reasons": reasons},
        change=_effect(event, unit, reasons),
    )
    close_when_done(matter)
    return step


def _effect(
    event: Event, unit: Organisation | None, reasons: str
) -> Callable[[Matter], None] | None:
    if event is Event.VOID:
        return _void
    if event is not Event.REDIRECT:
        return None
    if unit is None:
        raise ValueError("a matter is redirected to a unit")
    return lambda matter: _redirect(matter, unit, reasons)


def _void(matter: Matter) -> None:
    """The review stays, visible as voided; there is nothing left to be followed up."""
    matter.result_class = ResultClass.VOIDED
    matter.follow_up = FollowUp.NOT_OFFERED
    matter.confirmed = None
    matter.told_at = None


def _redirect(matter: Matter, unit: Organisation, reasons: str) -> None:
    """The right unit begins afresh with the same deadline, and may itself appeal once."""
    move(matter, unit, reason=reasons)
    # Whose work the wrong unit thought it was has nothing to do with it any more.
    matter.concerned.all().delete()
    matter.unreachable = matter.appealed = False


def _end(matter: Matter, period: PeriodRule, start: datetime) -> Deadline:
    region = matter.organisation.region.code
    return deadline(start=start, amount=period.amount, unit=period.unit, region=region)

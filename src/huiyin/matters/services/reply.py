"""反馈: drafting, approving by somebody else, and telling the citizen."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters import engine
from huiyin.matters.errors import NotNow
from huiyin.matters.models import FollowUp, Matter, Reply, ResultClass, Step
from huiyin.matters.services.closing import close_when_done
from huiyin.matters.services.input import choice_of, text_of
from huiyin.matters.table import Event, Party, State


@transaction.atomic
def draft_reply(
    *,
    matter: Matter,
    staff: Staff,
    seen_version: int,
    text: str,
    result_class: str,
    planned_for: date | None = None,
    legal_reason: str = "",
) -> Reply:
    """Draft the reply to the citizen; it waits for another person's approval."""
    text = text_of(text, "text")
    result_class = choice_of(ResultClass, result_class, "result_class")
    legal_reason = text_of(legal_reason, "legal_reason", needed=False)
    if result_class == ResultClass.VOIDED:
        raise Invalid(_("Only a ruling voids a review."), field="result_class")
    if result_class == ResultClass.WITHDRAWN:
        raise Invalid(_("Only the citizen withdraws a matter."), field="result_class")
    if result_class == ResultClass.PLANNED and (not planned_for or planned_for <= clock.today()):
        raise Invalid(_("Say by which day to come it will be solved."), field="planned_for")
    if result_class == ResultClass.EXPLAINED and not legal_reason:
        raise Invalid(_("Give the legal reason why it cannot be solved."), field="legal_reason")
    matter = engine.lock(matter, seen_version=seen_version)
    reply = Reply(
        matter=matter,
        round=matter.round,
        number=matter.replies.count() + 1,
        text=text,
        result_class=result_class,
        planned_for=planned_for if result_class == ResultClass.PLANNED else None,
        legal_reason=legal_reason,
        author=staff,
        at=clock.now(),
    )
    engine.take(
        matter,
        Event.DRAFT_REPLY,
        staff=staff,
        data={"reply": reply.number, "result_class": result_class},
        public={"reply": reply.number, "result_class": result_class},
        private={"text": text, "legal_reason": legal_reason},
    )
    reply.save(force_insert=True)
    return reply


@transaction.atomic
def return_reply(*, matter: Matter, staff: Staff, seen_version: int, reason: str) -> Step:
    """Send the draft back with the reason."""
    reason = text_of(reason, "reason")
    matter = engine.lock(matter, seen_version=seen_version)
    return engine.take(
        matter,
        Event.RETURN_REPLY,
        staff=staff,
        data={"reason": reason},
        private={"reason": reason},
    )


@transaction.atomic
def approve_reply(*, matter: Matter, staff: Staff, seen_version: int) -> Step:
    """Approve the draft; the platform then tells the citizen."""
    matter = engine.lock(matter, seen_version=seen_version)
    reply = matter.replies.last()
    if reply is None:
        raise NotNow
    result_class = reply.result_class

    def change(changed: Matter) -> None:
        changed.result_class = result_class

    return engine.take(
        matter,
        Event.APPROVE_REPLY,
        staff=staff,
        data={"reply": reply.number},
        public={
            "reply": reply.number,
            "result_class": result_class,
            "planned_for": reply.planned_for.isoformat() if reply.planned_for else None,
        },
        change=change,
    )


@transaction.atomic
def tell(*, matter: Matter, via: str) -> None:
    """Record that the citizen was told, ``via`` relay or status page. Doing it twice changes
    nothing: the dispatcher delivers at least once."""
    matter = engine.lock(matter)
    if matter.state != State.APPROVED:
        return

    def change(changed: Matter) -> None:
        changed.told_at = clock.now()
        if changed.follow_up == FollowUp.NOT_ASKED:
            changed.follow_up = FollowUp.ASKED

    engine.take(
        matter,
        Event.TELL,
        party=Party.PLATFORM,
        data={"via": via},
        public={"via": via},
        change=change,
    )
    close_when_done(matter)

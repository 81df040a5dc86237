"""The verbs of the closed loop: the only writers of matters. One function, one business step.

Each verb of staff takes ``seen_version``, the version of the matter that the actor saw, so that
two people never act on different pictures of it. All raise ``NotNow``, ``NotYours``, ``Moved`` or
``Refused``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext as _

from huiyin.directory.models import Organisation, Region, Staff
from huiyin.kernel import clock, ids
from huiyin.kernel.problems import Invalid
from huiyin.kernel.uploads import AcceptedFile
from huiyin.matters import engine, kinds, policy
from huiyin.matters.errors import NotNow
from huiyin.matters.models import (
    Clock,
    ContactAttempt,
    Evidence,
    FollowUp,
    Matter,
    Measure,
    MeasureHead,
    Milestone,
    Policy,
    Rectification,
    Reply,
    ResultClass,
    RootCause,
    Step,
)
from huiyin.matters.queries import policy_for
from huiyin.matters.table import ClockKind, Event, Party, State

CODE_LENGTH = 9
MAX_TEXT = 4000


@dataclass(frozen=True)
class PlannedMeasure:
    head: str
    description: str


@dataclass(frozen=True)
class PlannedMilestone:
    title: str
    due_on: date


def open_matter(
    *,
    kind: str,
    subject_id: UUID,
    organisation: Organisation,
    accepted_at: datetime,
    public: Mapping[str, Any] | None = None,
) -> Matter:
    """Open a matter of ``kind`` and deliver it to ``organisation``; the clocks start.

    ``accepted_at`` is when its cause was accepted: delays of delivery count from there. ``public``
    joins the log entry of the opening. Belongs into the transaction of what opens it. Raises
    ``NoPolicy``.
    """
    matter = Matter.objects.create(
        code=ids.new_code(CODE_LENGTH),
        kind=kind,
        subject_id=subject_id,
        organisation=organisation,
        policy=policy_for(kind, organisation.region),
        state=State.DELIVERED,
        opened_at=accepted_at,
    )
    engine.take(
        matter,
        Event.OPEN,
        party=Party.PLATFORM,
        data={"policy": matter.policy.label},
        public={"policy": matter.policy.label, **(public or {})},
    )
    return matter


@transaction.atomic
def record_contact(
    *,
    matter: Matter,
    staff: Staff,
    seen_version: int,
    means: str,
    outcome: str,
    relay_reference: str,
    message: str = "",
    note: str = "",
) -> ContactAttempt:
    """Record an attempt to reach the citizen, made through the relay."""
    means = _choice(ContactAttempt.Means, means, "means")
    outcome = _choice(ContactAttempt.Outcome, outcome, "outcome")
    message, note = _text(message, "message", needed=False), _text(note, "note", needed=False)
    matter = engine.lock(matter, seen_version=seen_version)
    attempt = ContactAttempt.objects.create(
        matter=matter,
        means=means,
        outcome=outcome,
        at=clock.now(),
        staff=staff,
        relay_reference=relay_reference,
        message=message,
        note=note,
    )
    engine.take(
        matter,
        Event.CONTACT,
        staff=staff,
        data={
            "attempt": str(attempt.pk),
            "means": means,
            "outcome": outcome,
            "message": message,
            "note": note,
        },
        public={"means": means, "outcome": outcome},
        private={"message": message, "note": note},
    )
    return attempt


@transaction.atomic
def verify(*, matter: Matter, staff: Staff, seen_version: int, facts: str) -> Step:
    """Record what the callback established; ends the callback clock."""
    facts = _text(facts, "facts")
    matter = engine.lock(matter, seen_version=seen_version)
    return engine.take(
        matter, Event.VERIFY, staff=staff, data={"facts": facts}, private={"facts": facts}
    )


@transaction.atomic
def ask_unreachable(*, matter: Matter, staff: Staff, seen_version: int, reason: str) -> Step:
    """Ask the supervisor to agree that the citizen cannot be reached."""
    reason = _text(reason, "reason")
    matter = engine.lock(matter, seen_version=seen_version)
    return engine.take(
        matter,
        Event.ASK_UNREACHABLE,
        staff=staff,
        data={"reason": reason},
        private={"reason": reason},
    )


@transaction.atomic
def decide_unreachable(
    *, matter: Matter, staff: Staff, seen_version: int, agree: bool, reason: str
) -> Step:
    """The supervisor agrees, or sends the unit back to keep trying."""
    reason = _text(reason, "reason")
    matter = engine.lock(matter, seen_version=seen_version)

    def change(changed: Matter) -> None:
        changed.unreachable = agree

    event = Event.CONSENT_UNREACHABLE if agree else Event.REFUSE_UNREACHABLE
    return engine.take(
        matter,
        event,
        staff=staff,
        data={"reason": reason},
        private={"reason": reason},
        change=change,
    )


@transaction.atomic
def plan(
    *,
    matter: Matter,
    staff: Staff,
    seen_version: int,
    root_cause: str,
    explanation: str,
    measures: Sequence[PlannedMeasure],
    milestones: Sequence[PlannedMilestone],
) -> Rectification:
    """Record root cause, measures and the plan made backwards from the deadline."""
    root_cause = _choice(RootCause, root_cause, "root_cause")
    explanation = _text(explanation, "explanation")
    if not measures:
        raise Invalid(_("Name at least one measure."), field="measures")
    matter = engine.lock(matter, seen_version=seen_version)
    rectification = Rectification(
        matter=matter,
        round=matter.round,
        root_cause=root_cause,
        explanation=explanation,
        author=staff,
        at=clock.now(),
    )
    heads = [_choice(MeasureHead, measure.head, "measures") for measure in measures]
    texts = [_text(measure.description, "measures") for measure in measures]
    engine.take(
        matter,
        Event.PLAN,
        staff=staff,
        data={
            "root_cause": root_cause,
            "milestones": [
                {"title": _text(node.title, "milestones", limit=120), "due_on": node.due_on}
                for node in milestones
            ],
            "last_day": _rectification_clock(matter).last_day,
        },
        public={"root_cause": root_cause, "measures": sorted(set(heads))},
        private={"explanation": explanation, "measures": "\n".join(texts)},
    )
    rectification.save(force_insert=True)
    Measure.objects.bulk_create(
        Measure(rectification=rectification, head=head, description=text)
        for head, text in zip(heads, texts, strict=True)
    )
    Milestone.objects.bulk_create(
        Milestone(rectification=rectification, place=place, title=node.title, due_on=node.due_on)
        for place, node in enumerate(milestones, start=1)
    )
    return rectification


@transaction.atomic
def reach_milestone(*, matter: Matter, staff: Staff, seen_version: int, place: int) -> Milestone:
    """Tick off the milestone at ``place`` of the current plan."""
    matter = engine.lock(matter, seen_version=seen_version)
    milestone = Milestone.objects.filter(
        rectification__matter=matter, rectification__round=matter.round, place=place
    ).first()
    if milestone is None:
        raise Invalid(_("The plan has no such milestone."), field="place")
    if milestone.done_at is not None:
        raise Invalid(_("This milestone has been reached already."), field="place")
    milestone.done_at, milestone.done_by = clock.now(), staff
    milestone.save(update_fields=["done_at", "done_by"])
    engine.take(
        matter,
        Event.REACH_MILESTONE,
        staff=staff,
        data={"place": place, "title": milestone.title},
        public={"place": place},
    )
    return milestone


@transaction.atomic
def add_evidence(
    *, matter: Matter, staff: Staff, seen_version: int, file: AcceptedFile, caption: str = ""
) -> Evidence:
    """Attach a file (checked by ``uploads.accept``) that shows what was done."""
    caption = _text(caption, "caption", needed=False, limit=200)
    matter = engine.lock(matter, seen_version=seen_version)
    evidence = Evidence(
        matter=matter,
        round=matter.round,
        name=file.name,
        media_type=file.media_type,
        size=len(file.content),
        sha256=file.sha256,
        caption=caption,
        uploaded_by=staff,
        at=clock.now(),
    )
    engine.take(
        matter,
        Event.ADD_EVIDENCE,
        staff=staff,
        data={"evidence": str(evidence.pk), "name": file.name, "caption": caption},
        public={"media_type": file.media_type},
        private={"sha256": file.sha256},
    )
    evidence.file.save(f"{evidence.pk}{file.suffix}", file.as_django_file(), save=False)
    evidence.save(force_insert=True)
    return evidence


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
    text = _text(text, "text")
    result_class = _choice(ResultClass, result_class, "result_class")
    legal_reason = _text(legal_reason, "legal_reason", needed=False)
    if result_class == ResultClass.VOIDED:
        raise Invalid(_("Only a ruling voids a review."), field="result_class")
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
    reason = _text(reason, "reason")
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
    if matter.follow_up != FollowUp.ASKED:
        _close(matter)


def follow_up(*, matter: Matter, satisfied: bool, public: Mapping[str, Any]) -> None:
    """Take over the citizen's follow-up review: confirmed and closed, or reopened once.

    Belongs into the transaction that stores that review. Raises ``Refused`` when it is not open.
    """
    matter = engine.lock(matter)

    def change(changed: Matter) -> None:
        changed.follow_up, changed.confirmed = FollowUp.ANSWERED, satisfied
        if not satisfied:
            changed.result_class = ""
            changed.told_at = None

    event = Event.CONFIRM if satisfied else Event.OBJECT
    engine.take(matter, event, party=Party.CITIZEN, public=public, change=change)
    if satisfied:
        _close(matter)


@transaction.atomic
def decline_follow_up(*, matter: Matter) -> None:
    """The citizen does not want to rate again; the matter closes, unconfirmed."""
    matter = engine.lock(matter)

    def change(changed: Matter) -> None:
        changed.follow_up = FollowUp.DECLINED

    engine.take(matter, Event.DECLINE_FOLLOW_UP, party=Party.CITIZEN, change=change)
    _close(matter)


@transaction.atomic
def ring_clock(*, clock_id: UUID) -> None:
    """Do what a clock asks for now: remind, record the breach, or end the follow-up window.

    Does nothing when another sweeper or a verb holds the matter or was faster. The matter is
    locked before its clock, as every verb does, so that nobody waits in a circle.
    """
    matter = engine.lock_if_free(clock_id=clock_id)
    running = Clock.objects.get(pk=clock_id)
    now = clock.now()
    if matter is None or running.next_at is None or running.next_at > now:
        return
    if running.due_at <= now:
        _fall_due(matter, running)
    else:
        running.warned_at, running.next_at = now, running.due_at
        running.save(update_fields=["warned_at", "next_at"])
        _ring(matter, Event.WARN, running)


def _fall_due(matter: Matter, running: Clock) -> None:
    if running.kind == ClockKind.FOLLOW_UP:

        def change(changed: Matter) -> None:
            changed.follow_up = FollowUp.EXPIRED

        engine.take(matter, Event.LET_FOLLOW_UP_EXPIRE, party=Party.PLATFORM, change=change)
        _close(matter)
        return
    running.breached_at, running.next_at = clock.now(), None
    running.save(update_fields=["breached_at", "next_at"])
    _ring(matter, Event.BREACH, running)


def _ring(matter: Matter, event: Event, running: Clock) -> None:
    told = {"clock": running.kind, "due_day": running.last_day.isoformat()}
    engine.take(matter, event, party=Party.PLATFORM, data=told, public=told)


def _close(matter: Matter) -> None:
    def change(changed: Matter) -> None:
        changed.closed_at = clock.now()

    engine.take(
        matter,
        Event.CLOSE,
        party=Party.PLATFORM,
        public={
            "result_class": matter.result_class,
            "confirmed": matter.confirmed,
            "unreachable": matter.unreachable,
            "follow_up": matter.follow_up,
        },
        change=change,
    )


@transaction.atomic
def seed_policies() -> None:
    """Put the national default rules in force for each kind of matter that has no policy yet."""
    jurisdiction = Region.objects.get(code=settings.HUIYIN_JURISDICTION)
    for kind in kinds.codes():
        Policy.objects.get_or_create(
            jurisdiction=jurisdiction,
            kind=kind,
            version=1,
            defaults={
                "valid_from": date(2020, 1, 1),
                "legal_basis": policy.DEFAULT_BASIS,
                "document": policy.DEFAULT,
            },
        )


@transaction.atomic
def add_policy(
    *,
    kind: str,
    jurisdiction: Region,
    valid_from: date,
    legal_basis: str,
    document: Any,
    valid_to: date | None = None,
) -> Policy:
    """Add the next version of a jurisdiction's rules; open matters keep theirs.

    Raises ``Invalid`` when ``document`` is not a policy.
    """
    try:
        policy.read(document)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), field="document") from error
    # Two administrators at once: the unique key of the version lets one of them try again.
    versions = Policy.objects.filter(kind=kind, jurisdiction=jurisdiction)
    last = versions.order_by("-version").values_list("version", flat=True).first()
    return Policy.objects.create(
        kind=kind,
        jurisdiction=jurisdiction,
        version=(last or 0) + 1,
        valid_from=valid_from,
        valid_to=valid_to,
        legal_basis=legal_basis,
        document=document,
    )


def _rectification_clock(matter: Matter) -> Clock:
    return matter.clocks.get(kind=ClockKind.RECTIFICATION, round=matter.round)


def _choice(choices: type[TextChoices], value: str, field: str) -> str:
    if value not in choices.values:
        raise Invalid(_("Choose one of the values offered."), field=field)
    return value


def _text(value: str, field: str, *, needed: bool = True, limit: int = MAX_TEXT) -> str:
    """``value`` without outer space. Raises ``Invalid`` when empty but needed, or too long."""
    value = value.strip()
    if needed and not value:
        raise Invalid(_("This must not be empty."), field=field)
    if len(value) > limit:
        raise Invalid(_("At most %(limit)d characters.") % {"limit": limit}, field=field)
    return value

"""回访: reaching the citizen, verifying, or giving up with the supervisor's consent."""

from __future__ import annotations

from django.db import transaction

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.matters import engine
from huiyin.matters.models import ContactAttempt, Matter, Step
from huiyin.matters.services.input import choice_of, text_of
from huiyin.matters.table import Event


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
    means = choice_of(ContactAttempt.Means, means, "means")
    outcome = choice_of(ContactAttempt.Outcome, outcome, "outcome")
    message, note = text_of(message, "message", needed=False), text_of(note, "note", needed=False)
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
    facts = text_of(facts, "facts")
    matter = engine.lock(matter, seen_version=seen_version)
    return engine.take(
        matter, Event.VERIFY, staff=staff, data={"facts": facts}, private={"facts": facts}
    )


@transaction.atomic
def ask_unreachable(*, matter: Matter, staff: Staff, seen_version: int, reason: str) -> Step:
    """Ask the supervisor to agree that the citizen cannot be reached."""
    reason = text_of(reason, "reason")
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
    reason = text_of(reason, "reason")
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

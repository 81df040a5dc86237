"""回访: reaching the citizen, verifying, or giving up with the supervisor's consent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.matters import clocks, engine, kinds, policy
from huiyin.matters.errors import NotNow, Refused
from huiyin.matters.models import Clock, ContactAttempt, Matter, Step
from huiyin.matters.policy import PeriodRule
from huiyin.matters.services.input import choice_of, text_of
from huiyin.matters.table import ClockKind, Event, Party

MAX_CITIZEN_TEXT = 1000
MAX_CITIZEN_MESSAGES_A_DAY = 20


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
    return _record(
        matter, staff, means, outcome, relay_reference, message, note, by={"staff": staff}
    )


@transaction.atomic
def record_late_contact(
    *,
    matter: Matter,
    staff: Staff,
    means: str,
    outcome: str,
    relay_reference: str,
    message: str,
) -> ContactAttempt:
    """Record what ``staff`` had sent when the matter moved on: to another unit, to its end, or
    because the citizen ended the contact. What reached somebody is on record in any state."""
    matter = engine.lock(matter)
    by = {"party": Party.PLATFORM}
    return _record(matter, staff, means, outcome, relay_reference, message, "", by=by)


def _record(
    matter: Matter,
    staff: Staff,
    means: str,
    outcome: str,
    relay_reference: str,
    message: str,
    note: str,
    *,
    by: dict[str, Any],
) -> ContactAttempt:
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
        data={
            "attempt": str(attempt.pk),
            "means": means,
            "outcome": outcome,
            "message": message,
            "note": note,
        },
        public={"means": means, "outcome": outcome},
        private={"message": message, "note": note},
        **by,
    )
    return attempt


@transaction.atomic
def citizen_writes(*, matter: Matter, text: str, via: str) -> Step:
    """The citizen writes to the unit, by SMS or on the status page; the handler is told.

    Also after the contact was ended: not to be written to is no reason not to be heard. Raises
    ``Invalid``, ``NotNow`` when the matter is closed, ``Refused`` when it is too much in a day.
    """
    text = text_of(text, "message", limit=MAX_CITIZEN_TEXT)
    matter = engine.lock(matter)
    lately = matter.steps.filter(event=Event.CITIZEN_WRITES, at__gt=clock.now() - timedelta(days=1))
    if lately.count() >= MAX_CITIZEN_MESSAGES_A_DAY:
        raise Refused(
            _("The unit has %(limit)d messages from you since yesterday. Please write tomorrow.")
            % {"limit": MAX_CITIZEN_MESSAGES_A_DAY}
        )
    return engine.take(
        matter,
        Event.CITIZEN_WRITES,
        party=Party.CITIZEN,
        data={"text": text, "via": via},
        public={"via": via},
        private={"text": text},
    )


@transaction.atomic
def end_contact(*, matter: Matter, via: str) -> Step:
    """The citizen does not want to be called or written to any more about this matter.

    The unit still owes the answer: it is shown on the status page. Raises ``NotNow`` when the
    matter is closed, ``Refused`` when it was ended before.
    """
    matter = engine.lock(matter)

    def change(changed: Matter) -> None:
        changed.contact_ended_at = clock.now()

    return engine.take(
        matter,
        Event.END_CONTACT,
        party=Party.CITIZEN,
        data={"via": via},
        public={"via": via},
        change=change,
    )


@transaction.atomic
def verify(
    *, matter: Matter, staff: Staff, seen_version: int, facts: str, simple: bool = False
) -> Step:
    """Record what the callback established; ends the callback clock.

    A ``simple`` matter gets the shorter period for rectification, where the policy has one.
    """
    facts = text_of(facts, "facts")
    matter = engine.lock(matter, seen_version=seen_version)
    data: dict[str, Any] = {"facts": facts}
    # Nobody was called back where nobody could be: that is no callback, in time or late.
    known: dict[str, Any] = {} if kinds.has_number(matter) else {"no_number": True}
    if not simple:
        return engine.take(
            matter,
            Event.VERIFY,
            staff=staff,
            data={**data, **known},
            public=known,
            private={"facts": facts},
        )
    running, rule = _to_shorten(matter)
    before = running.last_day
    clocks.shorten(running, rule)
    due_days = {"due_day_before": before.isoformat(), "due_day": running.last_day.isoformat()}

    def change(_changed: Matter) -> None:
        running.save()

    return engine.take(
        matter,
        Event.VERIFY,
        staff=staff,
        data={**data, **known, "simple": True, **due_days},
        public={**known, "simple": True, **due_days},
        private={"facts": facts},
        change=change,
    )


def _to_shorten(matter: Matter) -> tuple[Clock, PeriodRule]:
    """The rectification clock, and the period of a simple matter. Raises ``Refused``."""
    running = clocks.running(matter, ClockKind.RECTIFICATION)
    rule = policy.read(matter.policy.document).clocks.rectification.simple
    if rule is None or matter.round > 1:
        raise Refused(_("The rules here know no shorter period for this matter."), field="simple")
    if running is None:
        raise NotNow
    if running.paused_at is not None:
        raise Refused(
            _("The deadline stands still until the ruling: it cannot be shortened now."),
            field="simple",
        )
    return running, rule


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

"""Reaching the citizen through the relay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters import engine, kinds, table
from huiyin.matters import services as matters
from huiyin.matters.errors import Moved, NotNow, NotYours, Refused
from huiyin.matters.models import ContactAttempt, Matter
from huiyin.matters.queries import possible_events
from huiyin.matters.table import Event, Party, State
from huiyin.notices import relay
from huiyin.notices.errors import ContactEnded, NoContact, NoGateway, NoOwnNumber, RelayDown
from huiyin.notices.models import RelayAttempt
from huiyin.notices.sms import services as sms
from huiyin.notices.sms.phones import phone_of

MAX_MESSAGE = 500

Outcome = RelayAttempt.Outcome
# What follows what: a report that comes late or twice undoes nothing.
_RANK = {Outcome.ASKED: 0, Outcome.PLACED: 1, Outcome.RINGING: 2}
_FINAL = 3
CALL_OUTCOMES = (
    Outcome.RINGING,
    Outcome.ANSWERED,
    Outcome.NO_ANSWER,
    Outcome.BUSY,
    Outcome.UNAVAILABLE,
    Outcome.FAILED,
)


def call_citizen(*, matter: Matter, staff: Staff) -> RelayAttempt:
    """Let the relay connect ``staff`` with the citizen. With its ``reference`` the caller then
    records what came of it. Raises ``NotNow``, ``NotYours``, ``ContactEnded``, ``NoContact``,
    ``NoGateway``, ``NoOwnNumber`` or ``RelayDown``."""
    _need_right_to_contact(matter, staff)
    contact, gateway = _contact(matter), relay.current()
    if not gateway.places_calls:
        # A call that only a log knows of must not become a record.
        raise NoGateway
    own_number = phone_of(staff) or ""
    attempt = _ask(matter, staff, ContactAttempt.Means.CALL)
    try:
        placed = gateway.place_call(
            matter, staff, to=contact, key=attempt.pk.hex, own_number=own_number
        )
    except relay.RelayFailed as error:
        raise _no(attempt, error) from error
    _settle(attempt, Outcome.PLACED, placed.reference)
    return attempt


def message_citizen(
    *, matter: Matter, staff: Staff, text: str, seen_version: int
) -> ContactAttempt:
    """Send the citizen a message through the relay and record it.

    The relay is asked outside of any lock. Once the message is out it is recorded, whatever
    happened to the matter meanwhile; its text is stored before it is sent. Raises ``Invalid``,
    ``Moved``, ``NotNow``, ``NotYours``, ``ContactEnded``, ``NoContact``, ``NoGateway`` or
    ``RelayDown``; then nothing was sent.
    """
    text = text.strip()
    if not text or len(text) > MAX_MESSAGE:
        raise Invalid(
            _("Write between 1 and %(limit)d characters.") % {"limit": MAX_MESSAGE}, field="message"
        )
    _need_right_to_contact(matter, staff)
    if not Matter.objects.filter(pk=matter.pk, version=seen_version).exists():
        raise Moved
    contact, gateway = _contact(matter), relay.current()
    if not gateway.reaches_people:
        raise NoGateway
    contact = sms.converse(matter=matter, contact=contact)
    attempt = _ask(matter, staff, ContactAttempt.Means.MESSAGE, text)
    try:
        placed = gateway.send_message(matter, text, to=contact, key=attempt.pk.hex)
    except relay.RelayFailed as error:
        raise _no(attempt, error) from error
    return _record(attempt, placed)


@transaction.atomic
def _record(attempt: RelayAttempt, placed: relay.Placed) -> ContactAttempt:
    """Write down a message that is out, in one transaction with what the gateway calls it."""
    _settle(attempt, Outcome.PLACED, placed.reference)
    sms.note_sent(gateway=placed.gateway, parts=placed.parts, message=placed.reference)
    locked = engine.lock(attempt.matter)
    said: dict[str, Any] = {
        "matter": locked,
        "means": ContactAttempt.Means.MESSAGE,
        "outcome": ContactAttempt.Outcome.SENT,
        "relay_reference": placed.reference,
        "message": attempt.message,
    }
    staff = attempt.staff
    if staff is None:
        raise ValueError("nobody sent it")
    try:
        with transaction.atomic():
            return matters.record_contact(staff=staff, seen_version=locked.version, **said)
    except (NotNow, NotYours, Refused):
        # It went to another unit, was closed, or the citizen ended the contact while the message
        # was on its way: what reached somebody belongs on record all the same.
        return matters.record_late_contact(staff=staff, **said)


@transaction.atomic
def call_came_to(*, reference: str, outcome: str, seconds: int | None = None) -> bool:
    """Record what the telephony provider reports of a call; whether there is such a call.

    Reports may come twice and out of order: an end holds, and the first one does.
    """
    attempt = (
        RelayAttempt.objects.select_for_update(of=("self",))
        .filter(reference=reference, means=ContactAttempt.Means.CALL)
        .order_by("-at")
        .first()
    )
    if attempt is None:
        return False
    if _RANK.get(Outcome(outcome), _FINAL) > _RANK.get(Outcome(attempt.outcome), _FINAL):
        attempt.outcome, attempt.seconds = outcome, seconds
        attempt.save(update_fields=["outcome", "seconds"])
    return True


def _need_right_to_contact(matter: Matter, staff: Staff) -> None:
    rows = table.rows(State(matter.state), Event.CONTACT)
    if not any(Party.HANDLER in row.by for row in rows):
        raise NotNow
    if Event.CONTACT not in possible_events(staff, matter):
        raise NotYours
    if Matter.objects.filter(pk=matter.pk, contact_ended_at__isnull=False).exists():
        raise ContactEnded


def _contact(matter: Matter) -> kinds.Contact:
    contact = kinds.get(matter.kind).contact(matter)
    if contact is None:
        raise NoContact
    return contact


def _ask(matter: Matter, staff: Staff, means: str, message: str = "") -> RelayAttempt:
    """Record that the relay is being asked, before it is: an attempt leaves a trace anyway."""
    now: datetime = clock.now()
    return RelayAttempt.objects.create(
        matter=matter, means=means, at=now, staff=staff, outcome=Outcome.ASKED, message=message
    )


def _no(attempt: RelayAttempt, error: relay.RelayFailed) -> RelayDown | NoOwnNumber:
    """Record that the relay said no, and what to say of it."""
    _settle(attempt, Outcome.FAILED)
    if isinstance(error, relay.NoOwnNumber):
        return NoOwnNumber()
    return NoGateway() if isinstance(error, relay.NotConnected) else RelayDown()


def _settle(attempt: RelayAttempt, outcome: str, reference: str = "") -> None:
    attempt.outcome, attempt.reference = outcome, reference
    attempt.save(update_fields=["outcome", "reference"])

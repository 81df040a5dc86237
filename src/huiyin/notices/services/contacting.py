"""Reaching the citizen through the relay."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters import engine, kinds, table
from huiyin.matters import services as matters
from huiyin.matters.errors import Moved, NotNow, NotYours
from huiyin.matters.models import ContactAttempt, Matter
from huiyin.matters.queries import possible_events
from huiyin.matters.table import Event, State
from huiyin.notices import relay
from huiyin.notices.errors import NoContact, NoGateway, RelayDown
from huiyin.notices.models import RelayAttempt

MAX_MESSAGE = 500


def call_citizen(*, matter: Matter, staff: Staff) -> RelayAttempt:
    """Let the relay connect ``staff`` with the citizen. With its ``reference`` the caller then
    records what came of it. Raises ``NotNow``, ``NotYours``, ``NoContact``, ``NoGateway`` or
    ``RelayDown``."""
    _need_right_to_contact(matter, staff)
    contact, gateway = _contact(matter), _gateway()
    attempt = _ask(matter, staff, ContactAttempt.Means.CALL)
    try:
        reference = gateway.place_call(matter, staff, to=contact, key=attempt.pk.hex)
    except relay.RelayFailed as error:
        _settle(attempt, RelayAttempt.Outcome.FAILED)
        raise RelayDown from error
    _settle(attempt, RelayAttempt.Outcome.PLACED, reference)
    return attempt


def message_citizen(
    *, matter: Matter, staff: Staff, text: str, seen_version: int
) -> ContactAttempt:
    """Send the citizen a message through the relay and record it.

    The relay is asked outside of any lock. Once the message is out it is recorded, whatever
    happened to the matter meanwhile. Raises ``Invalid``, ``Moved``, ``NotNow``, ``NotYours``,
    ``NoContact``, ``NoGateway`` or ``RelayDown``; then nothing was sent.
    """
    text = text.strip()
    if not text or len(text) > MAX_MESSAGE:
        raise Invalid(
            _("Write between 1 and %(limit)d characters.") % {"limit": MAX_MESSAGE}, field="message"
        )
    _need_right_to_contact(matter, staff)
    if not Matter.objects.filter(pk=matter.pk, version=seen_version).exists():
        raise Moved
    contact, gateway = _contact(matter), _gateway()
    attempt = _ask(matter, staff, ContactAttempt.Means.MESSAGE)
    try:
        reference = gateway.send_message(matter, text, to=contact, key=attempt.pk.hex)
    except relay.RelayFailed as error:
        _settle(attempt, RelayAttempt.Outcome.FAILED)
        raise RelayDown from error
    _settle(attempt, RelayAttempt.Outcome.PLACED, reference)
    with transaction.atomic():
        locked = engine.lock(matter)
        return matters.record_contact(
            matter=locked,
            staff=staff,
            seen_version=locked.version,
            means=ContactAttempt.Means.MESSAGE,
            outcome=ContactAttempt.Outcome.SENT,
            relay_reference=reference,
            message=text,
        )


def _need_right_to_contact(matter: Matter, staff: Staff) -> None:
    if not table.rows(State(matter.state), Event.CONTACT):
        raise NotNow
    if Event.CONTACT not in possible_events(staff, matter):
        raise NotYours


def _contact(matter: Matter) -> kinds.Contact:
    contact = kinds.get(matter.kind).contact(matter)
    if contact is None:
        raise NoContact
    return contact


def _gateway() -> relay.Relay:
    """The relay, if it reaches people: a call that only a log knows of must not become a record."""
    gateway = relay.current()
    if not gateway.reaches_people:
        raise NoGateway
    return gateway


def _ask(matter: Matter, staff: Staff, means: str) -> RelayAttempt:
    """Record that the relay is being asked, before it is: an attempt leaves a trace anyway."""
    now: datetime = clock.now()
    return RelayAttempt.objects.create(
        matter=matter, means=means, at=now, staff=staff, outcome=RelayAttempt.Outcome.ASKED
    )


def _settle(attempt: RelayAttempt, outcome: str, reference: str = "") -> None:
    attempt.outcome, attempt.reference = outcome, reference
    attempt.save(update_fields=["outcome", "reference"])

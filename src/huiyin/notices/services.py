"""The writers of notices: announcing steps, endpoints, dead letters, reading, and the relay."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Organisation, Region, Staff
from huiyin.kernel import clock, crypto, wakeup
from huiyin.kernel.problems import Invalid
from huiyin.matters import engine, kinds, table
from huiyin.matters import services as matters
from huiyin.matters.errors import Moved, NotNow, NotYours
from huiyin.matters.models import ContactAttempt, Matter, Step
from huiyin.matters.queries import possible_events
from huiyin.matters.table import Event, Party, State, Transition
from huiyin.notices import relay
from huiyin.notices.errors import NobodyOnDuty, NoContact, NoGateway, NotDead, RelayDown
from huiyin.notices.models import InboxItem, Outbox, RelayAttempt, WebhookEndpoint
from huiyin.notices.recipients import Recipient, endpoints_for, staff_for
from huiyin.notices.transports import names
from huiyin.notices.transports.webhook import guard, signing

log = logging.getLogger(__name__)

OUTBOX = "outbox"  # rung when there is something to deliver
SYSTEM = "system"  # the audience of endpoints
MAX_MESSAGE = 500
# What a notice may take over from a step; everything else stays with those who may see the matter.
_TAKEN_OVER = ("clock", "due_day")


def announce(step: Step, transition: Transition) -> None:
    """Write the notices of ``step``, in its transaction. A fixed number of queries."""
    matter = step.matter
    people, nobody = staff_for(transition.tells, matter.organisation)
    notices = [_to_staff(step, recipient) for recipient in people]
    notices += [_to_nobody(step, party) for party in nobody]
    notices += [_to_endpoint(step, endpoint) for endpoint in endpoints_for(matter.organisation)]
    if Party.CITIZEN in transition.tells:
        notices.append(_notice(step, names.RELAY, Party.CITIZEN, Party.CITIZEN.value))
    if notices:
        Outbox.objects.bulk_create(notices)
        wakeup.ring(OUTBOX)
    for party in nobody:
        log.error(
            "nobody is on duty as %s for matter %s: its notice is a dead letter", party, matter.code
        )


def _notice(
    step: Step,
    transport: str,
    audience: str,
    recipient: str,
    payload: dict[str, Any] | None = None,
    **whom: Any,
) -> Outbox:
    matter = step.matter
    return Outbox(
        matter=matter,
        step=step,
        event=step.event,
        audience=audience,
        transport=transport,
        payload=payload or {},
        delivery_key=f"{step.pk.hex}-{recipient}",
        accepted_at=matter.opened_at if step.event == Event.OPEN else step.at,
        created_at=step.at,
        next_attempt_at=step.at,
        tries_left=settings.HUIYIN_NOTICE_TRIES,
        **whom,
    )


def _to_staff(step: Step, recipient: Recipient) -> Outbox:
    payload = {
        "due": step.matter.next_due_at,
        "stands_in": recipient.stands_in,
        **{name: step.data[name] for name in _TAKEN_OVER if name in step.data},
    }
    return _notice(
        step,
        names.INBOX,
        recipient.audience,
        recipient.staff_id.hex,
        payload,
        staff_id=recipient.staff_id,
    )


def _to_nobody(step: Step, party: Party) -> Outbox:
    """A notice that found no recipient: a dead letter from the start, never silently lost."""
    notice = _notice(step, names.INBOX, party, party.value)
    notice.state, notice.next_attempt_at = Outbox.State.DEAD, None
    return notice


def _to_endpoint(step: Step, endpoint: WebhookEndpoint) -> Outbox:
    matter = step.matter
    payload = {
        "type": "matter.opened" if step.event == Event.OPEN else "matter.step",
        "timestamp": step.at,
        "data": {
            "matter": matter.code,
            "matter_kind": matter.kind,
            "organisation": matter.organisation.uscc,
            "region": matter.organisation.region.code,
            "step": step.number,
            "event": step.event,
            "state": step.state_after,
            "round": step.round,
            "by": step.party,
            "due": matter.next_due_at,
            **{name: step.data[name] for name in _TAKEN_OVER if name in step.data},
        },
    }
    return _notice(step, names.WEBHOOK, SYSTEM, endpoint.pk.hex, payload, endpoint=endpoint)


@transaction.atomic
def replay_dead_letter(*, outbox: Outbox, by: Staff) -> None:
    """Send a dead letter again, under its old key and with all its tries.

    One that had no recipient goes to whoever is on duty now. Raises ``NotDead``, ``NobodyOnDuty``.
    """
    letter = Outbox.objects.select_for_update(of=("self",)).get(pk=outbox.pk)
    if letter.state != Outbox.State.DEAD:
        raise NotDead
    if letter.transport == names.INBOX and letter.staff_id is None:
        _address(letter)
    letter.state, letter.next_attempt_at = Outbox.State.WAITING, clock.now()
    letter.tries_left = settings.HUIYIN_NOTICE_TRIES
    letter.save()
    log.warning("dead letter %s sent again by %s", letter.delivery_key, by.username)
    wakeup.ring(OUTBOX)


def _address(letter: Outbox) -> None:
    """Give a letter without recipient to the first who is on duty, and write one to the others."""
    step = Step.objects.select_related("matter__organisation__region").get(pk=letter.step_id)
    people, _nobody = staff_for([Party(letter.audience)], step.matter.organisation)
    told = set(
        Outbox.objects.filter(step=step, staff__isnull=False).values_list("staff", flat=True)
    )
    notices = [_to_staff(step, person) for person in people if person.staff_id not in told]
    if not notices:
        raise NobodyOnDuty
    now = clock.now()
    first, *others = notices
    letter.staff_id, letter.payload = first.staff_id, first.payload
    letter.delivery_key = first.delivery_key
    for notice in others:
        notice.created_at = notice.next_attempt_at = now
    Outbox.objects.bulk_create(others)


@transaction.atomic
def add_endpoint(
    *,
    name: str,
    url: str,
    organisation: Organisation | None = None,
    region: Region | None = None,
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint for an organisation or a region; also its secret, which is never shown again.

    Raises ``Invalid``.
    """
    endpoint = WebhookEndpoint(name=name, url=url, organisation=organisation, region=region)
    secret = _give_secret(endpoint)
    try:
        endpoint.full_clean()
        guard.check_shape(url)
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field="endpoint") from error
    except guard.Refused as error:
        raise Invalid(
            _("The address must start with https:// and name neither a user nor a fragment."),
            field="url",
        ) from error
    endpoint.save(force_insert=True)
    return endpoint, secret


@transaction.atomic
def renew_secret(*, endpoint: WebhookEndpoint) -> str:
    """Give ``endpoint`` a new secret; the old one signs nothing from now on."""
    secret = _give_secret(endpoint)
    endpoint.save(update_fields=["secret_sealed"])
    return secret


def _give_secret(endpoint: WebhookEndpoint) -> str:
    secret = signing.new_secret()
    endpoint.secret_sealed = crypto.seal(secret, purpose="webhook", about=endpoint.pk.bytes)
    return secret


def mark_read(*, staff: Staff, matter: Matter) -> None:
    """Mark what ``staff`` was told about ``matter`` as read; writes only when something is new."""
    unread = InboxItem.objects.filter(staff=staff, outbox__matter=matter, read_at__isnull=True)
    keys: list[UUID] = list(unread.values_list("pk", flat=True))
    if keys:
        InboxItem.objects.filter(pk__in=keys).update(read_at=clock.now())


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

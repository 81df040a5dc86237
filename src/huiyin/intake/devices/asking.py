"""Asking a citizen by SMS what went wrong, when their bad rating came without details.

A key of a device says a level and nothing else. The rating is kept as it is, nothing is made up for
it, and the citizen is asked once: what they answer, by SMS or on the page of their review, goes to
the unit. Who wants no messages is not asked.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from huiyin.intake.devices.models import DetailRequest
from huiyin.intake.invitations.queries import opted_out
from huiyin.kernel import clock, wakeup
from huiyin.matters import kinds
from huiyin.matters.models import ContactAttempt, Matter
from huiyin.notices import relay
from huiyin.notices.models import RelayAttempt
from huiyin.notices.sms import numbers
from huiyin.notices.sms import services as sms
from huiyin.reviews.models import KIND, Review

log = logging.getLogger(__name__)

TOPIC = "details"
_AT_ONCE = 20
# Who has just pressed a key is asked within the hour, or not at all: later it would only disturb.
_TRIES, _BETWEEN = 4, timedelta(minutes=15)
State = DetailRequest.State


@transaction.atomic
def ask_for_detail(review: Review) -> None:
    """Have the citizen of ``review``, a bad first one without details, asked for them. Asked for
    twice it happens once."""
    matter = Matter.objects.filter(kind=KIND, subject_id=review.pk).first()
    if matter is None:
        return
    now = clock.now()
    _request, created = DetailRequest.objects.get_or_create(
        matter=matter, defaults={"created_at": now, "next_try_at": now}
    )
    if created:
        wakeup.ring(TOPIC)


def ask_due() -> bool:
    """Send what is due; whether there may be more. A background loop calls it."""
    now = clock.now()
    with transaction.atomic():
        due = list(
            DetailRequest.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(state=State.WAITING, next_try_at__lte=now)
            .order_by("next_try_at")[:_AT_ONCE]
        )
        for request in due:
            request.tries, request.next_try_at = request.tries + 1, now + _BETWEEN
        # Taken before they are sent: another process leaves them alone, and who dies meanwhile has
        # only lost a quarter of an hour.
        DetailRequest.objects.bulk_update(due, ["tries", "next_try_at"])
    for request in due:
        _ask(request)
    return len(due) == _AT_ONCE


def _ask(request: DetailRequest) -> None:
    matter = Matter.objects.select_related("organisation").get(pk=request.matter_id)
    gateway, contact = relay.current(), kinds.get(matter.kind).contact(matter)
    if (
        contact is None
        or not gateway.reaches_people
        or matter.closed_at is not None
        or matter.contact_ended_at is not None
        or _opted_out(contact)
    ):
        _settle(request, State.NOT_SENT)
        return
    with override(contact.language):
        text = _(
            "Thank you for rating %(unit)s. What went wrong? Please answer this message or write "
            "here: %(url)s. To get no more messages, answer T."
        ) % {"unit": matter.organisation, "url": contact.status_url}
    to = sms.converse(matter=matter, contact=contact)
    attempt = RelayAttempt.objects.create(
        matter=matter,
        means=ContactAttempt.Means.MESSAGE,
        at=clock.now(),
        outcome=RelayAttempt.Outcome.ASKED,
        message=text,
    )
    try:
        placed = gateway.send_message(matter, text, to=to, key=f"{request.pk.hex}-detail")
    except relay.RelayFailed:
        log.warning("could not ask for details of matter %s", matter.code)
        attempt.outcome = RelayAttempt.Outcome.FAILED
        attempt.save(update_fields=["outcome"])
        if request.tries >= _TRIES:
            _settle(request, State.NOT_SENT)
        return
    with transaction.atomic():
        attempt.outcome, attempt.reference = RelayAttempt.Outcome.PLACED, placed.reference
        attempt.save(update_fields=["outcome", "reference"])
        sms.note_sent(gateway=placed.gateway, parts=placed.parts, message=placed.reference)
        _settle(request, State.SENT)


def _settle(request: DetailRequest, state: str) -> None:
    request.state, request.next_try_at = state, None
    request.save(update_fields=["state", "next_try_at"])


def _opted_out(contact: kinds.Contact) -> bool:
    """Whether the citizen wants no messages that they did not ask for."""
    number = numbers.hash_of_typed(contact.mobile)
    return number in opted_out([number])

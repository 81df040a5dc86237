"""Handing a rating that was said in a call to the lane, and the receipt to the citizen.

Never within a transaction: the lane's writer has a connection of its own and would wait for ours.
Given again, as after a crash, it is the same review: its key is the call.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.utils import translation
from django.utils.translation import gettext as _

from huiyin.intake.channels.hotline import queries
from huiyin.intake.channels.hotline.models import Call
from huiyin.intake.lane.writer import lane
from huiyin.matters.kinds import Contact
from huiyin.notices import relay
from huiyin.reviews import tokens
from huiyin.reviews.models import Channel, ServiceEvent
from huiyin.reviews.naming import unseal_for
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import Given, NewReview, invite, token_of

log = logging.getLogger(__name__)

# The right is gone, whatever was said.
NO_RIGHT = frozenset({"token-used", "token-expired", "token-invalid"})


def review_of(call: Call, *, level: int, tags: Sequence[str] = (), text: str = "") -> NewReview:
    return NewReview(
        level=level,
        tags=tuple(tags),
        text=text,
        channel=Channel.HOTLINE,
        idempotency_key=f"call-{call.code}",
        reference=call.code,
    )


def give(call: Call, review: NewReview) -> Receipt:
    """Store what was said in ``call``. Raises a ``Problem`` of the reviews or of the lane."""
    right = tokens.read(token_of(invite(event_of(call))))
    return lane.give(Given(right, review, call.language))


def event_of(call: Call) -> ServiceEvent:
    if call.event is None:
        raise ValueError("the call is about no service")
    return call.event


def send_receipt(call: Call, receipt: Receipt) -> None:
    """The address of the status page, by text message: who rated by telephone can follow it too.

    Nothing depends on it: where messages do not go out, the rating counts all the same.
    """
    gateway = relay.current()
    mobile = unseal_for(queries.case_of(event_of(call)), "mobile")
    if not gateway.reaches_people or not mobile:
        return
    with translation.override(call.language):
        text = _(
            "Thank you for rating by telephone. What happens next is on your page: %(url)s"
        ) % {"url": receipt.status_url}
    contact = Contact(mobile, language=call.language, status_url=receipt.status_url)
    try:
        gateway.send_message(call, text, to=contact, key=f"receipt-{call.code}")
    except relay.RelayFailed as error:
        log.warning("the receipt of call %s was not sent: %s", call.code, error)

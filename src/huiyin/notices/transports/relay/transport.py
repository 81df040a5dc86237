"""Telling the citizen through the relay.

Who left no number, or ended the contact, finds the news on the status page."""

from __future__ import annotations

import logging

from huiyin.kernel import clock
from huiyin.matters import kinds
from huiyin.matters import services as matters
from huiyin.matters.models import ContactAttempt
from huiyin.matters.table import Event
from huiyin.notices import relay, wording
from huiyin.notices.models import Outbox, RelayAttempt
from huiyin.notices.sms import services as sms
from huiyin.notices.sms.transport import Handed, note
from huiyin.notices.transports import names
from huiyin.notices.transports.base import RemoteTransport, Result, Send

log = logging.getLogger(__name__)

# The answers that end the unit's work once the citizen has been told.
_ANSWERS = frozenset({Event.APPROVE_REPLY, Event.VOID})
VIA_RELAY, VIA_STATUS_PAGE = "relay", "status_page"


class RelayTransport(RemoteTransport):
    code = names.RELAY
    width = endpoint_width = 4

    def prepare(self, notice: Outbox) -> Send:
        matter, gateway = notice.about, relay.current()
        contact = kinds.get(matter.kind).contact(matter)
        if contact is None or not gateway.reaches_people or matter.contact_ended_at is not None:
            return lambda: Result(delivered=True)
        text = wording.for_citizen(notice, contact)
        to = sms.converse(matter=matter, contact=contact)

        def send() -> Result:
            try:
                placed = gateway.send_message(matter, text, to=to, key=notice.delivery_key)
            except relay.RelayFailed as error:
                return Result(delivered=False, error=f"the relay refused: {error}"[:100])
            return Handed(
                True, reference=placed.reference, gateway=placed.gateway, parts=placed.parts
            )

        return send

    def settle(self, notice: Outbox, result: Result) -> None:
        if result.reference:
            RelayAttempt.objects.create(
                matter=notice.about,
                means=ContactAttempt.Means.MESSAGE,
                reference=result.reference,
                at=clock.now(),
                outcome=RelayAttempt.Outcome.PLACED,
            )
            note(notice, result)
        if notice.event in _ANSWERS:
            via = VIA_RELAY if result.reference else VIA_STATUS_PAGE
            matters.tell(matter=notice.about, via=via)

    def give_up(self, notice: Outbox) -> None:
        """The reply goes on the status page all the same: the unit did its part, and a matter must
        not be late because our gateway is down. The dead letter can still be sent again."""
        log.error("the relay could not tell the citizen of matter %s", notice.about.code)
        if notice.event in _ANSWERS:
            matters.tell(matter=notice.about, via=VIA_STATUS_PAGE)

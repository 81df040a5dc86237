"""The relay of the demo: it writes to the log that it would have called or sent."""

from __future__ import annotations

import logging

from django.conf import settings

from huiyin.directory.models import Staff
from huiyin.matters.kinds import Contact
from huiyin.notices.relay.base import Placed, Subject, reference_of

log = logging.getLogger(__name__)


class ConsoleRelay:
    """Names the subject and the reference in the log; never the number, never the text."""

    @property
    def reaches_people(self) -> bool:
        # In the demo it plays the gateway. Elsewhere it must not pretend that anybody was told.
        return bool(settings.HUIYIN_DEMO)

    places_calls = reaches_people

    def place_call(
        self, subject: Subject, staff: Staff | None, *, to: Contact, key: str, own_number: str
    ) -> Placed:
        reference = reference_of(key)
        log.info("relay: call about %s, reference %s", subject.code, reference)
        return Placed(reference)

    def send_message(self, subject: Subject, text: str, *, to: Contact, key: str) -> Placed:
        reference = reference_of(key)
        log.info("relay: message about %s, reference %s", subject.code, reference)
        return Placed(reference)

"""Telling staff by text message, through whichever gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.utils.translation import override

from huiyin.notices import channels, links, wording
from huiyin.notices.models import Outbox
from huiyin.notices.relay.base import reference_of
from huiyin.notices.sms import gateway as gateways
from huiyin.notices.sms import numbers, services
from huiyin.notices.transports.base import RemoteTransport, Result, Send


@dataclass(frozen=True)
class Handed(Result):
    """A message that ``gateway`` took over; ``parts`` is what it calls its pieces."""

    gateway: str = ""
    parts: tuple[str, ...] = ()


class SmsTransport(RemoteTransport):
    # The gateway's name in the settings.
    gateway: ClassVar[str]
    width = endpoint_width = 4

    def is_set_up(self) -> bool:
        return gateways.is_configured(self.gateway)

    def prepare(self, notice: Outbox) -> Send:
        found = gateways.named(self.gateway) if self.is_set_up() else None
        if found is None:
            # An operator can still connect one: not for ever.
            return lambda: Result(delivered=False, error="no SMS gateway is configured")
        sender = found
        number = numbers.normal(channels.address_of(notice) or "")
        if number is None:
            return lambda: Result(delivered=False, error="no telephone number", permanent=True)
        with override(settings.LANGUAGE_CODE):
            text = f"{wording.for_staff(notice)} {links.url_of(notice)}"
        key = notice.delivery_key

        def send() -> Result:
            try:
                parts = sender.send(text, to=number, key=key)
            except gateways.SmsFailed as failed:
                return Result(
                    delivered=False,
                    error=str(failed),
                    status_code=failed.status,
                    permanent=failed.permanent,
                )
            return Handed(True, reference=reference_of(key), gateway=sender.code, parts=parts)

        return send

    def settle(self, notice: Outbox, result: Result) -> None:
        note(notice, result)


def note(notice: Outbox, result: Result) -> None:
    """Write down what the gateway calls what it took over, so that receipts find the notice."""
    if isinstance(result, Handed) and result.parts:
        services.note_sent(
            gateway=result.gateway, parts=result.parts, message=result.reference, notice=notice
        )

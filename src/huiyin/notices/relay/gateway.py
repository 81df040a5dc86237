"""The relay of a real installation: messages by SMS, calls by a telephony provider."""

from __future__ import annotations

from huiyin.directory.models import Staff
from huiyin.matters.kinds import Contact
from huiyin.notices.relay.base import NotConnected, Placed, RelayFailed, Subject, reference_of
from huiyin.notices.relay.calls import ClickToCall
from huiyin.notices.sms import gateway as sms
from huiyin.notices.sms import numbers


class SmsRelay:
    """Messages through the SMS gateway of this installation."""

    def __init__(self, gateway: sms.Gateway) -> None:
        self._gateway = gateway

    def send_message(self, text: str, *, to: Contact, key: str) -> Placed:
        number = numbers.normal(to.mobile)
        if number is None:
            raise RelayFailed("not a number")
        try:
            parts = self._gateway.send(text, to=number, key=key, extension=to.extension)
        except sms.SmsFailed as error:
            raise RelayFailed(str(error)) from error
        return Placed(reference_of(key), self._gateway.code, parts)


class GatewayRelay:
    """``HUIYIN_RELAY=huiyin.notices.relay.gateway:GatewayRelay``; what is not configured refuses.

    Raises ``ImproperlyConfigured`` when the settings of what is configured contradict.
    """

    def __init__(self) -> None:
        gateway = sms.current()
        self._messages = SmsRelay(gateway) if gateway else None
        self._calls = ClickToCall.from_settings()

    @property
    def reaches_people(self) -> bool:
        return self._messages is not None

    @property
    def places_calls(self) -> bool:
        return self._calls is not None

    def place_call(
        self, subject: Subject, staff: Staff | None, *, to: Contact, key: str, own_number: str
    ) -> Placed:
        if self._calls is None:
            raise NotConnected("no telephony provider")
        return self._calls.place_call(subject, staff, to=to, key=key, own_number=own_number)

    def send_message(self, subject: Subject, text: str, *, to: Contact, key: str) -> Placed:
        if self._messages is None:
            raise NotConnected("no SMS gateway")
        return self._messages.send_message(text, to=to, key=key)

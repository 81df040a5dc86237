"""Click-to-call: a telephony provider rings the member of staff, then the citizen.

The contract is docs/reference/relay.md: a signed request asks for the call, signed reports tell
what comes of it. The provider is the only one that sees both numbers.
"""

from __future__ import annotations

import json
from typing import Self

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.matters.kinds import Contact
from huiyin.notices.relay.base import NoOwnNumber, Placed, RelayFailed, Subject, reference_of
from huiyin.notices.transports import exchange
from huiyin.notices.transports.webhook import signing

CALLBACK = "/gateways/calls"
_TAKEN = (200, 201, 202)
_SECONDS = 10.0


class ClickToCall:
    def __init__(
        self, *, url: str, secret: str, callback_url: str, longest_seconds: int = 1800
    ) -> None:
        self._url, self._secret = url, secret
        self._callback_url, self._longest_seconds = callback_url, longest_seconds

    @classmethod
    def from_settings(cls) -> Self | None:
        """None while no provider is configured. Raises ``ImproperlyConfigured``."""
        if not settings.HUIYIN_CALLS_URL:
            return None
        if not settings.HUIYIN_CALLS_URL.startswith(("https://", "http://")):
            raise ImproperlyConfigured("HUIYIN_CALLS_URL must be an http or https address.")
        if not signing.is_secret(settings.HUIYIN_CALLS_SECRET):
            raise ImproperlyConfigured(
                "HUIYIN_CALLS_SECRET must be whsec_ and at least 24 bytes in Base64: the secret "
                "you share with the provider."
            )
        return cls(
            url=settings.HUIYIN_CALLS_URL,
            secret=settings.HUIYIN_CALLS_SECRET,
            callback_url=settings.HUIYIN_BASE_URL + CALLBACK,
            longest_seconds=settings.HUIYIN_CALLS_MAX_SECONDS,
        )

    def place_call(
        self, subject: Subject, staff: Staff | None, *, to: Contact, key: str, own_number: str
    ) -> Placed:
        if not own_number:
            raise NoOwnNumber("no telephone of the member of staff")
        reference = reference_of(key)
        body = json.dumps(
            {
                "type": "call.requested",
                "timestamp": clock.machine_now().isoformat(),
                "data": {
                    "call": reference,
                    "matter": subject.code,
                    "staff": own_number,
                    "citizen": to.mobile,
                    "language": to.language,
                    "max_seconds": self._longest_seconds,
                    "callback_url": self._callback_url,
                },
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        headers = {
            "content-type": "application/json",
            **signing.headers(
                secret=self._secret, key=reference, at=clock.machine_now(), body=body
            ),
        }
        try:
            target = exchange.resolve(self._url)
            answer = exchange.post(self._url, target, body=body, headers=headers, seconds=_SECONDS)
        except exchange.NoAnswer as error:
            raise RelayFailed(str(error)) from error
        if answer.status not in _TAKEN:
            raise RelayFailed(f"answered {answer.status}")
        return Placed(reference)

"""The SMS gateway that speaks a provider's HTTP interface, as its template describes it."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from huiyin.kernel import clock
from huiyin.notices.relay.base import reference_of
from huiyin.notices.sms.gateway import SmsFailed
from huiyin.notices.sms.models import DeliveryReceipt
from huiyin.notices.transports import exchange
from huiyin.notices.transports.sms_http import template as templates
from huiyin.notices.transports.sms_http.rendering import Said, Unreadable, digest, fill
from huiyin.notices.transports.sms_http.template import (
    Condition,
    Inbound,
    Report,
    Template,
    TemplateError,
)

_PREFIX = "HUIYIN_SMS_HTTP_"
_SHORTEST_SECRET = 16
_TYPES = {
    "form": "application/x-www-form-urlencoded",
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
}
_SECONDS = 15.0

Outcome = DeliveryReceipt.Outcome


class NotTheProvider(Exception):
    """Whoever posts this does not know the secret."""


@dataclass(frozen=True)
class Reported:
    reference: str
    outcome: Outcome
    error: str


@dataclass(frozen=True)
class Incoming:
    number: str
    recipient: str
    text: str
    reference: str


class HttpGateway:
    code = "http"

    def __init__(
        self, template: Template, values: Mapping[str, str], *, source: str, base_url: str
    ) -> None:
        """Raises ``ImproperlyConfigured`` when a value is missing or a secret is no secret."""
        missing = [name for name in template.settings if not values.get(name)]
        if missing:
            raise ImproperlyConfigured(
                f"The SMS template {template.name!r} needs {_PREFIX}{missing[0]}."
            )
        for posts in (template.report, template.inbound):
            if posts and posts.secret and len(values[posts.secret.setting]) < _SHORTEST_SECRET:
                raise ImproperlyConfigured(
                    f"{_PREFIX}{posts.secret.setting} must have at least {_SHORTEST_SECRET} "
                    "characters: whoever knows it can post as the provider."
                )
        self.template = template
        self._values = dict(values)
        self._source, self._base_url = source, base_url

    @property
    def knows_keys(self) -> bool:
        return self.template.send.knows_keys

    @classmethod
    def from_settings(cls) -> Self:
        try:
            template = templates.load(settings.HUIYIN_SMS_TEMPLATE)
        except TemplateError as error:
            raise ImproperlyConfigured(f"HUIYIN_SMS_TEMPLATE: {error}") from error
        values = {name: os.environ.get(_PREFIX + name, "").strip() for name in template.settings}
        return cls(
            template,
            values,
            source=settings.HUIYIN_SMS_SOURCE,
            base_url=settings.HUIYIN_BASE_URL,
        )

    def send(self, text: str, *, to: str, key: str, extension: str = "") -> tuple[str, ...]:
        """See ``sms.gateway.Gateway``."""
        send = self.template.send
        reference = reference_of(key)
        values = {**self._values, **self._said(text, to, key, reference, extension)}
        plain = {name: value for name, value in send.fields.items() if isinstance(value, str)}
        for name, rule in send.compute.items():
            # What is not computed yet cannot be signed: fields that name it are left out.
            known = {
                field: fill(value, values)
                for field, value in plain.items()
                if all(word in values for word in templates.placeholders(value))
            }
            values[name] = digest(rule, values, known)
        body = self._body(values)
        headers = {"content-type": _TYPES[send.body]}
        headers |= {name.lower(): fill(value, values) for name, value in send.headers.items()}
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise SmsFailed("a header would hold what headers cannot", permanent=True)
        url = fill(send.url, values)
        try:
            target = exchange.resolve(url)
            answer = exchange.post(url, target, body=body, headers=headers, seconds=_SECONDS)
        except exchange.NoAnswer as error:
            raise SmsFailed(str(error), unsure=error.unsure) from error
        return self._taken(Said(answer.body, status=answer.status), reference)

    def _said(self, text: str, to: str, key: str, reference: str, extension: str) -> dict[str, str]:
        now = clock.machine_now()
        mainland = len(to) == 11 and to.startswith("1")
        international = f"86{to}" if mainland else to.removeprefix("+")
        return {
            "to": to,
            "to_86": international,
            "to_plus": f"+{international}",
            "text": text,
            "key": key,
            "reference": reference,
            "source": self._source,
            "extension": extension,
            "seconds": str(int(now.timestamp())),
            "milliseconds": str(int(now.timestamp() * 1000)),
            "local_time": f"{clock.local(now):%Y%m%d%H%M%S}",
            "nonce": secrets.token_hex(8),
            "report_url": f"{self._base_url}/gateways/sms/reports",
            "inbound_url": f"{self._base_url}/gateways/sms/messages",
        }

    def _body(self, values: Mapping[str, str]) -> bytes:
        send = self.template.send
        if send.body == "text":
            return str(fill(send.text, values)).encode()
        fields = fill(send.fields, values)
        if send.body == "form":
            return urlencode(fields).encode()
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()

    def _taken(self, said: Said, reference: str) -> tuple[str, ...]:
        """What the provider calls the message it took; raises ``SmsFailed`` when it did not."""
        answer = self.template.send.answer
        try:
            if answer.never is not None and _holds(answer.never, said):
                raise SmsFailed("refused for good", permanent=True, status=said.status)
            if said.status not in answer.status:
                raise SmsFailed(f"answered {said.status}", status=said.status)
            if answer.accepted is not None and not _holds(answer.accepted, said):
                raise SmsFailed("not accepted", status=said.status)
            named = reference if answer.reference == "own" else said.at(answer.reference)
        except Unreadable as error:
            # A server in trouble answers with a page: its status says more than that.
            taken = said.status in answer.status
            why = "an answer that cannot be read" if taken else f"answered {said.status}"
            raise SmsFailed(why, status=said.status, unsure=taken) from error
        # It was taken, but reports on it will find nobody.
        return (named[:64],) if named else ()

    def reports(self, said: Said) -> list[Reported]:
        """What delivery reports say. Raises ``NotTheProvider`` or ``Unreadable``."""
        rule = self.template.report
        if rule is None:
            raise NotTheProvider
        self._check(rule, said)
        return [
            Reported(item.at(rule.reference), self._outcome(rule, item.at(rule.outcome)), error)
            for item in said.items(rule.each)
            for error in [item.at(rule.error) if rule.error else ""]
        ]

    def _outcome(self, rule: Report, word: str) -> Outcome:
        if word in rule.arrived:
            return Outcome.ARRIVED
        if word in rule.failed:
            return Outcome.FAILED
        return Outcome.UNDER_WAY if word in rule.under_way else Outcome.UNKNOWN

    def messages(self, said: Said) -> list[Incoming]:
        """The messages of citizens. Raises ``NotTheProvider`` or ``Unreadable``."""
        rule = self.template.inbound
        if rule is None:
            raise NotTheProvider
        self._check(rule, said)
        return [
            Incoming(
                item.at(rule.number),
                item.at(rule.recipient) if rule.recipient else "",
                item.at(rule.text),
                item.at(rule.reference) if rule.reference else "",
            )
            for item in said.items(rule.each)
        ]

    def _check(self, rule: Report | Inbound, said: Said) -> None:
        try:
            if rule.secret is not None:
                given, wanted = said.at(rule.secret.source), self._values[rule.secret.setting]
            elif rule.signature is not None:
                given = said.at(rule.signature.source)
                values = {**self._values, **_requested(rule.signature.digest.over, said)}
                fields = (said.form() or dict(said.query)) if rule.signature.digest.sorted else {}
                wanted = digest(rule.signature.digest, values, fields)
            else:
                raise NotTheProvider
        except Unreadable as error:
            raise NotTheProvider from error
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise NotTheProvider


def _requested(over: str, said: Said) -> dict[str, str]:
    """The values of the placeholders that name parts of a request."""
    return {
        name: said.body.decode("utf-8", "replace") if name == "body" else said.at(name)
        for name in templates.placeholders(over)
        if name == "body" or ":" in name
    }


def _holds(condition: Condition, said: Said) -> bool:
    found = said.at(condition.source)
    return found in condition.equals or any(map(found.startswith, condition.starts_with))

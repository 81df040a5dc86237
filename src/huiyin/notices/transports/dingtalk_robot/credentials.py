"""The access token and the secret of a robot: whoever has both speaks in its group."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from huiyin.kernel import crypto
from huiyin.notices.models import WebhookEndpoint

_PURPOSE = "dingtalk_robot"
_TOKEN = "access_token"  # noqa: S105 - the parameter's name


@dataclass(frozen=True)
class Credentials:
    token: str
    secret: str

    def address(self, robot: WebhookEndpoint) -> str:
        return f"{robot.url}?{_TOKEN}={self.token}"


def split(address: str) -> tuple[str, str]:
    """A robot's address as DingTalk shows it, in two: what everybody may see, and the access token.
    Raises ``ValueError``."""
    parts = urlsplit(address.strip())
    asked = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
    token = asked.pop(_TOKEN, "")
    if asked or not token.isalnum():
        raise ValueError("an address with an access token and nothing else")
    return parts._replace(query="").geturl(), token


def sealed(robot: WebhookEndpoint, known: Credentials) -> bytes:
    both = json.dumps([known.token, known.secret])
    return crypto.seal(both, purpose=_PURPOSE, about=robot.pk.bytes)


def unsealed(robot: WebhookEndpoint) -> Credentials:
    both = crypto.unseal(bytes(robot.secret_sealed), purpose=_PURPOSE, about=robot.pk.bytes)
    token, secret = json.loads(both)
    return Credentials(token, secret)

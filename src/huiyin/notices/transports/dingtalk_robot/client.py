"""Speaking as a custom robot of a DingTalk group: one signed post a message."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote_plus

from huiyin.kernel import clock
from huiyin.notices.transports import exchange
from huiyin.notices.transports.exchange import NoAnswer
from huiyin.notices.transports.webhook import guard

# The longest message that is taken.
MOST_BYTES = 20_000
_TOO_FAST = {130101, 410100}
# The gate in front of them answers in its own way when it has had enough.
_GATE_CLOSED = 1111
_TOO_MANY_REQUESTS = 429
_SECURITY = 310000


class Failed(Exception):
    """The message did not get there, as far as we know; the text is ours."""

    def __init__(self, error: str, *, status: int | None = None) -> None:
        super().__init__(error)
        self.status = status


class TooFast(Failed):
    """The robot is silenced for a while."""


@dataclass(frozen=True)
class Message:
    title: str
    markdown: str


def sign(secret: str, stamp: str) -> str:
    """The signature of a request sent at ``stamp`` (milliseconds), as it stands in the address."""
    text = f"{stamp}\n{secret}"
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return quote_plus(base64.b64encode(digest))


def send(address: str, secret: str, message: Message) -> None:
    """Say ``message`` in the group. ``address`` is the robot's own, with its access token. Raises
    ``TooFast`` or ``Failed``."""
    try:
        target = guard.resolve(address)
        # They compare it with their own clock, whatever the demo's says.
        sent_at = clock.machine_now()
        answer = exchange.post(
            _signed(address, secret, sent_at),
            target,
            body=_body(message),
            headers={"content-type": "application/json; charset=utf-8"},
            seconds=exchange.SECONDS,
        )
    except guard.Refused as error:
        raise Failed(str(error)) from error
    except NoAnswer as error:
        raise Failed(str(error)) from error
    _judge(answer)


def _signed(address: str, secret: str, at: datetime) -> str:
    stamp = str(int(at.timestamp() * 1000))
    return f"{address}&timestamp={stamp}&sign={sign(secret, stamp)}"


def _body(message: Message) -> bytes:
    said = {
        "msgtype": "markdown",
        "markdown": {"title": message.title, "text": message.markdown},
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _judge(answer: exchange.Answer) -> None:
    if answer.status == _TOO_MANY_REQUESTS:
        raise TooFast("the robot is limited", status=answer.status)
    if answer.status != 200:
        raise Failed(f"answered {answer.status}", status=answer.status)
    try:
        said = json.loads(answer.body)
    except ValueError as error:
        raise Failed("the answer cannot be read", status=answer.status) from error
    if not isinstance(said, dict):
        raise Failed("the answer cannot be read", status=answer.status)
    code = said.get("errcode")
    if code == 0:
        return
    if code in _TOO_FAST or said.get("status") == _GATE_CLOSED:
        raise TooFast("the robot is limited", status=answer.status)
    if code == _SECURITY:
        raise Failed("refused: signature, key word or our address", status=answer.status)
    known = f" ({code})" if isinstance(code, int) else ""
    raise Failed(f"refused{known}", status=answer.status)

"""The contract with an IVR platform (docs/reference/ivr.md): what it posts, and our answer.

Bytes to structs and back; nothing is looked up and nothing stored.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from huiyin.intake.channels.hotline.models import Call, Heard
from huiyin.intake.channels.hotline.prompts import Instruction
from huiyin.intake.channels.hotline.services.hearing import Message

_NAME = re.compile(r"[A-Za-z0-9_.:@-]{1,64}")
_LINE = re.compile(r"\+?[0-9]{3,20}")
_KEYS = "0123456789*#"
_KINDS = {
    "call.started": Heard.Kind.STARTED,
    "call.digit": Heard.Kind.DIGIT,
    "call.silence": Heard.Kind.SILENCE,
    "call.ended": Heard.Kind.HUNG_UP,
}


class Unreadable(Exception):
    """What came is not of the contract. The text is ours and repeats nothing of it."""


class _Data(msgspec.Struct):
    call: str
    sequence: int = 0
    direction: str = "out"
    # Of a call that came in; empty when the number is withheld.
    number: str = msgspec.field(default="", name="from")
    language: str = "zh-hans"
    digit: str = ""
    line: str = ""


class _Posted(msgspec.Struct):
    type: str
    data: _Data


@dataclass(frozen=True)
class Told:
    """A message of a call; ``call`` is our name of it, or the platform's when it came in."""

    call: str
    came_in: bool
    message: Message
    # As it was sent: for the keyed hash alone.
    number: str = ""
    language: str = "zh-hans"


@dataclass(frozen=True)
class Wanted:
    """A call centre wants to be connected with the citizen of a listed call."""

    code: str
    line: str


def read(body: bytes) -> Told | Wanted:
    """What the platform posts. Raises ``Unreadable``."""
    try:
        posted = msgspec.json.decode(body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("not a message of a call") from error
    data = posted.data
    if not _NAME.fullmatch(data.call):
        raise Unreadable("not the name of a call")
    if posted.type == "call.wanted":
        if not _LINE.fullmatch(data.line):
            raise Unreadable("not a telephone line")
        return Wanted(data.call, data.line)
    kind = _KINDS.get(posted.type)
    if kind is None:
        raise Unreadable("not a type of message")
    if data.direction not in {"in", "out"}:
        raise Unreadable("not a direction")
    if data.language not in {"zh-hans", "en"}:
        raise Unreadable("not a language")
    if kind == Heard.Kind.DIGIT and (len(data.digit) != 1 or data.digit not in _KEYS):
        raise Unreadable("not a key")
    key = data.digit if kind == Heard.Kind.DIGIT else ""
    return Told(
        data.call,
        data.direction == "in",
        Message(data.sequence, kind, key),
        data.number,
        data.language,
    )


def answer(call: Call, found: Instruction) -> bytes:
    """What the platform does next."""
    said: dict[str, Any] = {
        "call": call.incoming_id or call.code,
        "heard": call.heard,
        "language": call.language,
        "play": [{"prompt": one.prompt, "text": one.text} for one in found.play],
        "then": found.then,
        "result": found.result,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()

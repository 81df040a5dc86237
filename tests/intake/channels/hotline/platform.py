"""A telephony platform as a vendor would write it from docs/reference/ivr.md: its own signatures,
real HTTP, and a caller who presses keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

SECRET = "whsec_" + base64.b64encode(b"ivr-secret-ivr-secret-ivr-secret").decode()
_ids = count(1)


def signature(key: str, stamp: str, body: bytes, secret: str = SECRET) -> str:
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(raw, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def post(
    url: str,
    posted: Any,
    *,
    secret: str = SECRET,
    at: float | None = None,
    key: str = "",
) -> httpx.Response:
    """Post a message and check that the answer is signed with the same secret."""
    body = posted if isinstance(posted, bytes) else json.dumps(posted).encode()
    key, stamp = key or f"msg-{next(_ids)}", str(int(at or time.time()))
    answer = httpx.post(
        f"{url}/gateways/ivr",
        content=body,
        headers={
            "content-type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(key, stamp, body, secret),
        },
        trust_env=False,
        timeout=20,
    )
    if answer.status_code not in {404, 413, 422, 429, 500}:
        wanted = signature(key, answer.headers["webhook-timestamp"], answer.content)
        assert answer.headers["webhook-signature"] == wanted
        assert answer.headers["webhook-id"] == key
    return answer


@dataclass
class Caller:
    """One call. Without ``number`` it is one that the platform was asked to place."""

    url: str
    call: str
    number: str | None = None
    sequence: int = 0
    heard: list[Any] = field(default_factory=list)

    def tell(self, kind: str, *, at: int | None = None, **data: Any) -> Any:
        """The next message (or the one with the number ``at``); what is to be done."""
        if at is None:
            self.sequence += 1
        said: dict[str, Any] = {"call": self.call, "sequence": at or self.sequence, **data}
        if self.number is not None:
            said |= {"direction": "in"}
            if kind == "call.started":
                said |= {"from": self.number}
        answer = post(self.url, {"type": kind, "data": said})
        assert answer.status_code == 200, answer.text
        self.heard.append(answer.json())
        return answer.json()

    def start(self) -> Any:
        return self.tell("call.started")

    def press(self, keys: str) -> Any:
        for key in keys:
            last = self.tell("call.digit", digit=key)
        return last

    def hang_up(self) -> Any:
        return self.tell("call.ended")


def prompts(answer: Any) -> list[str]:
    return [one["prompt"] for one in answer["play"]]

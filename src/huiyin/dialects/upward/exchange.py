"""One request to the platform above, and what it answered. No rows here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import httpx

from huiyin.dialects import sm2
from huiyin.dialects.errors import Refused
from huiyin.dialects.forms import an_object
from huiyin.dialects.keys import Secrets
from huiyin.dialects.national import codec
from huiyin.kernel import clock

_SECONDS = 10.0
_LONGEST_ANSWER = 64 * 1024
# What the platforms say of something that they have already.
_REPEATED = ("不能重复", "不可重复", "请勿重复", "重复提交", "重复评价", "已存在")


class Heard(StrEnum):
    TAKEN = "taken"
    REPEATED = "repeated"  # it was there before
    REFUSED = "refused"
    NOTHING = "nothing"  # nobody knows whether it arrived


class Answer(NamedTuple):
    heard: Heard
    # For the operator: what the other side said, or what went wrong.
    said: str = ""


def send(
    http: httpx.Client, *, address: str, app_mark: str, secrets: Secrets, content: Mapping[str, str]
) -> Answer:
    """Send ``content`` in the national style. Never raises for what the other side does."""
    time = clock.local(clock.machine_now()).strftime("%Y%m%d%H%M%S")
    try:
        fields = codec.request([content], app_mark=app_mark, time=time, secrets=secrets)
    except (sm2.Missing, ValueError) as error:
        return Answer(Heard.NOTHING, f"not encrypted: {error}")
    try:
        with http.stream("POST", address, data=fields) as response:
            body = b""
            for piece in response.iter_bytes():
                body += piece
                if len(body) > _LONGEST_ANSWER:
                    return Answer(Heard.NOTHING, "an answer that is too long")
    except httpx.HTTPError as error:
        return Answer(Heard.NOTHING, type(error).__name__)
    if response.status_code != httpx.codes.OK:
        return Answer(Heard.NOTHING, f"HTTP {response.status_code}")
    return heard(body)


def heard(body: bytes) -> Answer:
    """What an answer in the national style says. Only a clear yes is one."""
    try:
        found = an_object(body.decode("utf-8"))
    except (UnicodeDecodeError, Refused):
        return Answer(Heard.NOTHING, "an answer that cannot be read")
    said = str(found.get("message") or "")
    success = str(found.get("success")).lower()
    if success == "true" and str(found.get("code", "0")) == "0":
        return Answer(Heard.TAKEN, said)
    if any(words in said for words in _REPEATED):
        return Answer(Heard.REPEATED, said)
    if success == "false":
        return Answer(Heard.REFUSED, said or "no reason given")
    return Answer(Heard.NOTHING, "an answer that says neither yes nor no")


def client() -> httpx.Client:
    """A client that gives up in time and follows nobody elsewhere."""
    return httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False)

"""One side of each dialect as a client has it: writing requests, and reading what is answered."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct

from huiyin.dialects import signing
from huiyin.dialects.beijing import codec as beijing
from huiyin.dialects.errors import Refused
from huiyin.dialects.fujian import codec as fujian
from huiyin.dialects.fujian import reply as fujian_reply
from huiyin.dialects.keys import Secrets
from huiyin.dialects.national import codec as national
from huiyin.dialects.pingtan import codec as pingtan
from huiyin.dialects.shandong import codec as shandong
from huiyin.dialects.structs import Call
from huiyin.dialects.zhejiang import codec as zhejiang

FORM = "application/x-www-form-urlencoded"
Entry = Mapping[str, str]


class Said(Struct, frozen=True):
    """An answer in words of our own. ``text`` is for the client's operators; ``readable`` is false
    when it is not written as the dialect has it."""

    fine: bool
    text: str = ""
    readable: bool = True

    @property
    def repeats(self) -> bool:
        """What clients treat as a success."""
        return "不能重复" in self.text

    @property
    def is_parameter_error(self) -> bool:
        return not self.fine and "参数错误" in self.text


class Peer(ABC):
    """A client of one dialect."""

    # Whether a request carries the time of its sender.
    timed = False
    # Whether the second push of an event is answered as the first.
    repeat_is_success = False

    def __init__(self, app_mark: str, secrets: Secrets) -> None:
        self.app_mark, self.secrets = app_mark, secrets

    @abstractmethod
    def call(self, entry: Entry, *, at: datetime, secrets: Secrets | None = None) -> Call:
        """A request with one entry, sent ``at`` that time."""

    @abstractmethod
    def read(self, body: bytes) -> Said:
        """The answer; raises what it likes for one that is not the dialect's."""

    def said(self, body: bytes) -> Said:
        """The answer; never raises."""
        try:
            return self.read(body)
        except (ValueError, KeyError, TypeError, AttributeError, Refused):
            return Said(fine=False, readable=False)


class National(Peer):
    timed = True

    def call(self, entry: Entry, *, at: datetime, secrets: Secrets | None = None) -> Call:
        said = national.request([dict(entry)], **self._who(at, secrets))
        return Call(body=urlencode(said).encode(), content_type=FORM)

    def with_sign_of(self, other: Call, call: Call) -> Call:
        """``call`` under the sign of ``other``, as somebody who overheard that one sends it."""
        signed = dict(_pairs(other.body))
        said = {**dict(_pairs(call.body)), "sign": signed["sign"], "time": signed["time"]}
        return Call(body=urlencode(said).encode(), content_type=FORM)

    def read(self, body: bytes) -> Said:
        return _national(json.loads(body))

    def _who(self, at: datetime, secrets: Secrets | None) -> dict[str, Any]:
        return {
            "app_mark": self.app_mark,
            "time": at.strftime(signing.TIME_FORMAT),
            "secrets": secrets or self.secrets,
        }


class Shandong(National):
    def call(self, entry: Entry, *, at: datetime, secrets: Secrets | None = None) -> Call:
        body = shandong.request([dict(entry)], **self._who(at, secrets))
        return Call(body=body, content_type="application/json")

    def with_sign_of(self, other: Call, call: Call) -> Call:
        signed, said = json.loads(other.body), json.loads(call.body)
        inner = signed["txnBodyCom"]
        said["txnBodyCom"] |= {name: inner[name] for name in ("sign", "time")}
        return Call(body=json.dumps(said).encode(), content_type="application/json")

    def read(self, body: bytes) -> Said:
        outer = json.loads(body)
        if not isinstance(outer["C-Response-Desc"], str):
            raise TypeError("a client calls a method of it")
        return _national(json.loads(outer["C-Response-Body"]))


class Beijing(National):
    repeat_is_success = True

    def call(self, entry: Entry, *, at: datetime, secrets: Secrets | None = None) -> Call:
        body = beijing.request([dict(entry)], **self._who(at, secrets))
        return Call(body=body, content_type=FORM)

    def with_sign_of(self, other: Call, call: Call) -> Call:
        signed, said = dict(_raw(other.body)), dict(_raw(call.body))
        said |= {name: signed[name] for name in ("sign", "time")}
        body = "&".join(f"{name}={value}" for name, value in said.items())
        return Call(body=body.encode(), content_type=FORM)

    def read(self, body: bytes) -> Said:
        said = json.loads(body)
        return Said(_flag(said["success"]), str(said["errorMessage"]))


class Fujian(Peer):
    def call(self, entry: Entry, *, at: datetime, secrets: Secrets | None = None) -> Call:
        return fujian.request([entry], app_mark=self.app_mark, secrets=secrets or self.secrets)

    def in_soap(self, entry: Entry) -> Call:
        return fujian.request(
            [entry], app_mark=self.app_mark, secrets=self.secrets, operation="saveEvaluate"
        )

    def of_document(self, document: bytes) -> Call:
        """Any document, encrypted as it should be."""
        sealed = fujian.seal(document, self.secrets.word)
        body = urlencode({"appMark": self.app_mark, "params": sealed}).encode()
        return Call(body=body, content_type=FORM)

    def read(self, body: bytes) -> Said:
        said = fujian_reply.read(body)
        return Said(said["code"] == fujian_reply.SUCCESS, said["message"])


class Zhejiang(Peer):
    def call(self, entry: Entry, *, at: datetime, secrets: Secrets | None = None) -> Call:
        return zhejiang.request(entry, app_mark=self.app_mark, secrets=secrets or self.secrets)

    def read(self, body: bytes) -> Said:
        said = json.loads(body.decode("gb18030"))
        # What success is called is set for each client; a refusal is 0.
        return Said(str(said["result"]) != "0", str(said["resultmsg"]))


class Pingtan(Peer):
    def call(self, entry: Entry, *, at: datetime, secrets: Secrets | None = None) -> Call:
        return pingtan.request([entry], app_mark=self.app_mark, secrets=secrets or self.secrets)

    def read(self, body: bytes) -> Said:
        said = json.loads(body)
        return Said(_flag(said["success"]), str(said["message"]))


PEERS: Mapping[str, type[Peer]] = {
    "national": National,
    "shandong": Shandong,
    "beijing": Beijing,
    "fujian": Fujian,
    "zhejiang": Zhejiang,
    "pingtan": Pingtan,
}


def _national(said: Any) -> Said:
    return Said(_flag(said["success"]), str(said["message"]))


def _flag(value: Any) -> bool:
    if value not in {True, False, "true", "false"}:
        raise ValueError("neither true nor false")
    return value in {True, "true"}


def _pairs(body: bytes) -> Sequence[tuple[str, str]]:
    return parse_qsl(body.decode("ascii"))


def _raw(body: bytes) -> list[tuple[str, str]]:
    return [(name, value) for name, _equals, value in (
        part.partition("=") for part in body.decode().split("&")
    )]  # fmt: skip

"""Filling in a template: texts, digests, and what stands where in what a provider says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from huiyin.notices.transports.sms_http.template import PLACEHOLDER, Digest

Values = Mapping[str, str]


class Unreadable(ValueError):
    """What a provider said is not what its template says it would be."""


def fill(value: Any, values: Values) -> Any:
    """``value`` with the placeholders of all its texts filled in, however deep."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: values[found[1]], value)
    if isinstance(value, dict):
        return {name: fill(inner, values) for name, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, values) for inner in value]
    return value


def digest(rule: Digest, values: Values, fields: Mapping[str, str]) -> str:
    """The digest that ``rule`` describes, over a text or over ``fields`` sorted by name."""
    if rule.sorted is None:
        over = fill(rule.over, values)
    else:
        how = rule.sorted
        pairs = [
            how.pair.replace("{name}", name).replace("{value}", value)
            for name, value in sorted(fields.items())
            if name not in how.without
        ]
        over = fill(how.before, values) + how.join.join(pairs) + fill(how.after, values)
    name = rule.algorithm.removeprefix("hmac-")
    if rule.key:
        made = hmac.new(fill(rule.key, values).encode(), over.encode(), name).digest()
    else:
        # The providers' choice, not ours: it authenticates with a secret inside.
        made = hashlib.new(name, over.encode(), usedforsecurity=False).digest()
    if rule.encoding == "base64":
        return base64.b64encode(made).decode()
    return made.hex().upper() if rule.encoding == "HEX" else made.hex()


@dataclass
class Said:
    """What a provider said: an answer, or a request of its own. Headers by lower-case name."""

    body: bytes
    status: int = 0
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    # One of several things in the body.
    item: Any = None

    def text(self) -> str:
        """The body as its content type says; what cannot be read becomes “�”."""
        header = Message()
        header["content-type"] = self.headers.get("content-type", "text/plain; charset=utf-8")
        charset = str(header.get_param("charset") or "utf-8")
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Unreadable("not JSON") from error

    def form(self) -> dict[str, str]:
        try:
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=200))
        except ValueError as error:
            raise Unreadable("not a form") from error

    def at(self, source: str) -> str:
        """The text at ``source``; empty when nothing is there. Raises ``Unreadable``."""
        kind, _colon, name = source.partition(":")
        read: dict[str, Callable[[], Any]] = {
            "text": self.text,
            "status": lambda: self.status,
            "query": lambda: self.query.get(name, ""),
            "header": lambda: self.headers.get(name.lower(), ""),
            "form": lambda: self.form().get(name, ""),
            "json": lambda: inside(self.json() if self.item is None else self.item, name),
        }
        found = read[kind]()
        if found is None:
            return ""
        if isinstance(found, bool):
            return str(found).lower()
        if isinstance(found, str | int | float):
            return str(found)
        raise Unreadable(f"something else than a text at {source}")

    def items(self, each: str) -> list[Said]:
        """This, or one for each entry of the list at ``each``. Raises ``Unreadable``."""
        if not each:
            return [self]
        found = inside(self.json(), each.removeprefix("json:"))
        if not isinstance(found, list):
            raise Unreadable("no list")
        return [Said(self.body, self.status, self.query, self.headers, item=item) for item in found]


def inside(value: Any, path: str) -> Any:
    """What stands at ``path`` (names and numbers with points between) in ``value``; None for
    nothing."""
    for step in filter(None, path.split(".")):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit():
            place = int(step)
            value = value[place] if place < len(value) else None
        else:
            return None
    return value

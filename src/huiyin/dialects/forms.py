"""Reading the bodies of requests as existing systems write them. Pure.

Forms come percent-encoded or, from some systems, as they are; in UTF-8 or GB18030, with or without
saying so. What the text is in is decided by the bytes: UTF-8 is believed when it fits, and what
cannot be decoded is refused, never guessed at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from huiyin.dialects import encodings
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.structs import Call
from huiyin.intake import strict_json

# Names of one encoding: what systems call GBK or GB2312 is a part of GB18030.
_GB = frozenset({"gb18030", "gbk", "gb2312", "cp936", "x-gbk"})
_UTF8 = frozenset({"utf-8", "utf8"})
_MOST_FIELDS = 200


def charset_of(content_type: str) -> str:
    """The encoding that a content type names: ``utf-8``, ``gb18030``, or empty when it names none.

    Raises ``Refused`` for any other.
    """
    for part in content_type.split(";")[1:]:
        name, _equals, value = part.partition("=")
        if name.strip().lower() == "charset":
            value = value.strip().strip("\"'").lower()
            if value in _UTF8:
                return "utf-8"
            if value in _GB:
                return "gb18030"
            raise Refused(Code.WRONG_ENCODING)
    return ""


def text_of(body: bytes, content_type: str, *, otherwise: str = "utf-8") -> str:
    """``body`` as text, in the encoding it declares, or ``otherwise``. Raises ``Refused``."""
    return encodings.text_of(body, charset_of(content_type) or otherwise)


def fields_of(call: Call, *, otherwise: str = "utf-8") -> dict[str, Any]:
    """The outer fields of a request: of a form, or the members of a JSON object.

    Raises ``Refused``; a field that comes twice is refused, but a name that ends in ``[]`` is a
    list.
    """
    if call.fields is not None:
        return dict(call.fields)
    if _is_json(call):
        return an_object(text_of(call.body, call.content_type, otherwise=otherwise))
    return form_of(call.body, call.content_type, otherwise=otherwise)


def form_of(body: bytes, content_type: str = "", *, otherwise: str = "utf-8") -> dict[str, Any]:
    """The fields of ``application/x-www-form-urlencoded``; as ``fields_of``."""
    encoding = charset_of(content_type) or otherwise
    pairs = [part for part in body.split(b"&") if part]
    if len(pairs) > _MOST_FIELDS:
        raise Refused(Code.UNREADABLE)
    found: dict[str, Any] = {}
    for pair in pairs:
        raw_name, _equals, raw_value = pair.partition(b"=")
        name, value = _plain(raw_name, encoding).strip(), _plain(raw_value, encoding)
        if name.endswith("[]"):
            found.setdefault(name, []).append(value)
        elif found.setdefault(name, value) != value:
            raise Refused(Code.UNREADABLE, field=name)
    return found


def mark_in(call: Call) -> str:
    """The mark of the sender in the address that it was given (``?appMark=…``), or empty. Raises
    ``Refused``."""
    mark = form_of(call.query).get("appMark", "")
    return mark if isinstance(mark, str) else ""


def an_object(text: str) -> dict[str, Any]:
    """The JSON object in ``text``. Raises ``Refused``."""
    found = json_of(text)
    if not isinstance(found, dict):
        raise Refused(Code.UNREADABLE)
    return found


def json_of(text: str) -> Any:
    """The JSON value in ``text``, with no key twice. Raises ``Refused``."""
    try:
        found = strict_json.loads(text)
        if "\\u" in text:
            # Half a character can be escaped, and no text can hold it.
            json.dumps(found, ensure_ascii=False).encode()
    except ValueError as error:
        raise Refused(Code.UNREADABLE) from error
    return found


def objects_of(text: str) -> list[Any]:
    """The JSON list in ``text``, or the single value that there is instead. Raises ``Refused``."""
    found = json_of(text)
    return found if isinstance(found, list) else [found]


def first_of(fields: Mapping[str, Any], *names: str) -> Any:
    """The value under the first of ``names`` that is there, or None."""
    return next((fields[name] for name in names if fields.get(name) not in (None, "")), None)


def _is_json(call: Call) -> bool:
    kind = call.content_type.split(";")[0].strip().lower()
    return kind.endswith("json") or (
        kind != "application/x-www-form-urlencoded" and call.body.lstrip()[:1] == b"{"
    )


def _plain(raw: bytes, encoding: str) -> str:
    # JSON as it is: a form that is encoded has neither braces nor quotation marks.
    written_plain = b"{" in raw or b'"' in raw
    decoded = raw if written_plain else unquote_to_bytes(raw.replace(b"+", b" "))
    return encodings.text_of(decoded, encoding)

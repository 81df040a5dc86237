"""What systems in Pingtan speak: JSON, one entry or a list of them, without encryption or a time.
Pure.

How a client proves who it is is not known. HTTP Basic is read first; else the address that the
client is given carries its mark and its word (``?appMark=…&key=…``), so that nothing of it need
change.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from huiyin.dialects import fields, forms
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.keys import Secrets
from huiyin.dialects.structs import Call, Envelope, Message
from huiyin.dialects.traits import PINGTAN, Traits
from huiyin.dialects.zhejiang.codec import basic, credentials

TRAITS = PINGTAN
# Under which a client may wrap its entries.
_WRAPPERS = ("params", "data")
_MOST_ENTRIES = 1000


def envelope(call: Call) -> Envelope:
    """Who sends; ``sign`` is the word it brought. Raises ``Refused``."""
    if call.authorization:
        mark, word = credentials(call.authorization)
    else:
        mark = forms.mark_in(call)
        word = fields.text_of(forms.form_of(call.query).get("key"), field="key")
    if not mark or not word:
        raise Refused(Code.NOT_AUTHENTIC)
    found = forms.json_of(forms.text_of(call.body, call.content_type))
    unknown: dict[str, str] = {}
    if isinstance(found, dict):
        wrapper = next(
            (name for name in _WRAPPERS if isinstance(found.get(name), (dict, list))), ""
        )
        if wrapper:
            around = {name: value for name, value in found.items() if name != wrapper}
            unknown = {name: fields.as_json(value) for name, value in around.items()}
            found = found[wrapper]
    entries: list[Any] = found if isinstance(found, list) else [found]
    if not 1 <= len(entries) <= _MOST_ENTRIES:
        raise Refused(Code.UNREADABLE)
    return Envelope(app_mark=mark, sign=word, contents=tuple(entries), unknown=unknown)


def message(given: Envelope, secrets: Secrets, *, traits: Traits = TRAITS) -> Message:
    """What the client says, if the word is its own. Raises ``Refused``."""
    if not hmac.compare_digest(given.sign.encode(), secrets.word.encode()):
        raise Refused(Code.NOT_AUTHENTIC)
    return Message(entries=tuple(fields.entry_of(one, traits) for one in given.contents))


def request(
    entries: Sequence[Mapping[str, Any]],
    *,
    app_mark: str,
    secrets: Secrets,
    in_address: bool = False,
) -> Call:
    """A request as a client sends it; the other direction of the above. With ``in_address`` the
    client proves itself by its address."""
    said: Any = list(entries) if len(entries) != 1 else entries[0]
    return Call(
        body=json.dumps(said, ensure_ascii=False).encode(),
        query=urlencode({"appMark": app_mark, "key": secrets.word}).encode() if in_address else b"",
        content_type="application/json",
        authorization="" if in_address else basic(app_mark, secrets.word),
    )

"""The national style: form fields, SM2 over the sign and over each list. Pure.

``appMark``, ``time`` (yyyyMMddHHmmss), ``sign`` and ``params``, an object whose ``evaluate`` is a
list of ciphertexts, each of a JSON list (or of one object). Where the object is written out into
fields of its own (``params.evaluate[]``), or the whole request is JSON, it is read all the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from huiyin.dialects import fields, forms, signing, sm2
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.keys import Secrets
from huiyin.dialects.structs import Call, Entry, Envelope, Message
from huiyin.dialects.traits import NATIONAL, Traits

TRAITS = NATIONAL
OUTER = ("appMark", "time", "sign")
# How clients spell the list when they write params out into fields.
_LISTS = (
    "params.evaluate[]",
    "params.evaluate",
    "params[evaluate][]",
    "params[evaluate]",
    "evaluate[]",
    "evaluate",
)
# An object that holds only one of these stands for what is in it.
_WRAPPERS = frozenset({"evaluate", "projectService"})
_MOST_ENTRIES = 1000


def envelope(call: Call) -> Envelope:
    """The outer layer of a request. Raises ``Refused``."""
    return enveloped(forms.fields_of(call))


def enveloped(outer: Mapping[str, Any], *, members: Sequence[str] = ("evaluate",)) -> Envelope:
    """The envelope of a request whose outer fields are known; ``members`` are the names under which
    ``params`` may hold the list. Raises ``Refused``."""
    said = {name: fields.text_of(outer.get(name), field=name) for name in OUTER}
    for name, value in said.items():
        if not value:
            raise Refused(Code.FIELD_MISSING, field=name)
    if "params" in outer:
        params = outer["params"]
        if isinstance(params, str) and params.lstrip()[:1] == "{":
            params = forms.an_object(params)
        # What is no object is the object, encrypted as a whole.
        found = forms.first_of(params, *members) if isinstance(params, dict) else params
    else:
        found = forms.first_of(outer, *_LISTS)
    if not found:
        raise Refused(Code.FIELD_MISSING, field="params")
    known = {*OUTER, "params", *_LISTS}
    return Envelope(
        app_mark=said["appMark"],
        time=said["time"],
        sign=said["sign"],
        contents=tuple(signing.pieces(found)),
        unknown={name: fields.as_json(value) for name, value in outer.items() if name not in known},
    )


def message(given: Envelope, secrets: Secrets, *, traits: Traits = TRAITS) -> Message:
    """What the envelope holds, if it is of the client that these are the secrets of. Raises
    ``Refused``."""
    signing.check_sign(sign=given.sign, time=given.time, app_mark=given.app_mark, secrets=secrets)
    entries: list[Entry] = []
    for cipher in given.contents:
        entries += [fields.entry_of(one, traits) for one in _objects(cipher, secrets)]
    if not 1 <= len(entries) <= _MOST_ENTRIES:
        raise Refused(Code.UNREADABLE, field="params")
    return Message(
        entries=tuple(entries),
        sent_at=signing.moment(given.time),
        nonce=sm2.decode(given.sign),
    )


def request(
    entries: Sequence[Mapping[str, Any]], *, app_mark: str, time: str, secrets: Secrets
) -> dict[str, str]:
    """The form fields in which a client sends ``entries``; the other direction of the above."""
    sign = signing.text_for_sign(time=time, app_mark=app_mark, word=secrets.word)
    content = json.dumps(list(entries), ensure_ascii=False)
    params = {"evaluate": [sealed(content, secrets)]}
    return {
        "appMark": app_mark,
        "time": time,
        "sign": sealed(sign, secrets),
        "params": json.dumps(params),
    }


def sealed(text: str, secrets: Secrets) -> str:
    """``text`` as 04, C1, C3 and C2 in hexadecimal, for the holder of the private key."""
    key = sm2.Key(bytes.fromhex(secrets.public))
    return sm2.encrypt(text.encode(), key).hex()


def _objects(cipher: str, secrets: Secrets) -> list[Any]:
    found: list[Any] = []
    for one in forms.objects_of(signing.opened(cipher, secrets)):
        name = next(iter(one)) if isinstance(one, dict) and len(one) == 1 else ""
        inner = one[name] if name in _WRAPPERS else one
        found += inner if isinstance(inner, list) else [inner]
    return found

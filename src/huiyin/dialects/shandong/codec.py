"""Shandong: the national request within an envelope, and links to the rating page. Pure.

``{"txnCommCom": {…}, "txnBodyCom": {"appMark", "time", "sign", "params"}}``. Events carry no
service number; the identity key is spelt ``certkeyGOV``; pf 8 is the mini-program. A link to the
page carries what it is about as 04, C1, C3, C2 in capital hexadecimal digits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from huiyin.dialects import fields, forms, signing
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.keys import Secrets
from huiyin.dialects.national import codec as national
from huiyin.dialects.structs import Call, Entry, Envelope, Message
from huiyin.dialects.traits import SHANDONG

TRAITS = SHANDONG
_BODY, _COMMON = "txnBodyCom", "txnCommCom"
_MEMBERS = ("evaluate", "data", "projectService")
_PAGE_PARAMS = ("params", "param", "data", "content")


def envelope(call: Call) -> Envelope:
    """The outer layer of a request. Raises ``Refused``."""
    outer = forms.fields_of(call)
    inner = outer.get(_BODY, outer)
    if isinstance(inner, str):
        inner = forms.an_object(inner)
    if not isinstance(inner, dict):
        raise Refused(Code.UNREADABLE, field=_BODY)
    found = national.enveloped(inner, members=_MEMBERS)
    beside = {name: value for name, value in outer.items() if name not in {_BODY, *inner}}
    # An empty object is how clients fill the part that they have no use for.
    unknown = {name: fields.as_json(value) for name, value in beside.items() if value}
    return msgspec.structs.replace(found, unknown={**found.unknown, **unknown})


def message(given: Envelope, secrets: Secrets) -> Message:
    """As in the national style. Raises ``Refused``."""
    return national.message(given, secrets, traits=TRAITS)


def page(query: bytes) -> Envelope:
    """The envelope in a link to the rating page; a sign is not asked for. Raises ``Refused``."""
    given = forms.form_of(query)
    params = forms.first_of(given, *_PAGE_PARAMS)
    app_mark = forms.first_of(given, "appMark", "appmark")
    if not params or not app_mark:
        raise Refused(Code.FIELD_MISSING, field="params" if app_mark else "appMark")
    return Envelope(app_mark=str(app_mark), contents=tuple(signing.pieces(params)))


def page_entry(given: Envelope, secrets: Secrets) -> Entry:
    """What a link to the page is about, as far as it says. Raises ``Refused``."""
    found = forms.objects_of(signing.opened(given.contents[0], secrets))
    entry = fields.entry_of(found[0] if len(found) == 1 else None, TRAITS)
    if entry.event is None:
        raise Refused(entry.code or Code.UNREADABLE, field=entry.field)
    return entry


def request(
    entries: Sequence[Mapping[str, Any]], *, app_mark: str, time: str, secrets: Secrets
) -> bytes:
    """The body in which a client sends ``entries``; the other direction of the above."""
    inner: dict[str, Any] = dict(
        national.request(entries, app_mark=app_mark, time=time, secrets=secrets)
    )
    inner["params"] = json.loads(inner["params"])
    return json.dumps({_COMMON: {}, _BODY: inner}).encode()


def page_query(about: Mapping[str, Any], *, app_mark: str, secrets: Secrets) -> str:
    """The query of a link to the page of what ``about`` names."""
    cipher = national.sealed(json.dumps(about, ensure_ascii=False), secrets).upper()
    return f"appMark={app_mark}&params={cipher}"

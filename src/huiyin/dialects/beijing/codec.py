"""Beijing: push the service, then send the citizen to the page with the code in the reply. Pure.

Form fields ``appMark``, ``sign``, ``time`` and ``params`` = ``{"data": …}``, a ciphertext (04, C1,
C3, C2 in small hexadecimal digits) of a list of services, each under ``projectService`` or bare.
The body is not percent-encoded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from huiyin.dialects import forms, signing
from huiyin.dialects.keys import Secrets
from huiyin.dialects.national import codec as national
from huiyin.dialects.structs import Call, Envelope, Message
from huiyin.dialects.traits import BEIJING

TRAITS = BEIJING
_MEMBERS = ("data", "evaluate", "projectService")


def envelope(call: Call) -> Envelope:
    """The outer layer of a request. Raises ``Refused``."""
    return national.enveloped(forms.fields_of(call), members=_MEMBERS)


def message(given: Envelope, secrets: Secrets) -> Message:
    """As in the national style. Raises ``Refused``."""
    return national.message(given, secrets, traits=TRAITS)


def request(
    entries: Sequence[Mapping[str, Any]], *, app_mark: str, time: str, secrets: Secrets
) -> bytes:
    """The body in which a client sends ``entries``; the other direction of the above."""
    services = [{"projectService": dict(one)} for one in entries]
    cipher = national.sealed(json.dumps(services, ensure_ascii=False), secrets)
    sign = signing.text_for_sign(time=time, app_mark=app_mark, word=secrets.word)
    parts = {
        "appMark": app_mark,
        "sign": national.sealed(sign, secrets),
        "time": time,
        "params": json.dumps({"data": cipher}),
    }
    return "&".join(f"{name}={value}" for name, value in parts.items()).encode()

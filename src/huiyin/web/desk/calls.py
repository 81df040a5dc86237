"""The call that somebody is making: the relay's reference, kept until its outcome is recorded.

It lives in the session, so that it survives a reload and nobody can record a call that the relay
never made.
"""

from __future__ import annotations

from django.http import HttpRequest

from huiyin.matters.models import Matter

_KEY = "calls"


def running_call(request: HttpRequest, matter: Matter) -> str | None:
    """The reference of this person's running call about ``matter``."""
    reference: str | None = request.session.get(_KEY, {}).get(matter.code)
    return reference


def start_call(request: HttpRequest, matter: Matter, reference: str) -> None:
    request.session[_KEY] = {**request.session.get(_KEY, {}), matter.code: reference}


def end_call(request: HttpRequest, matter: Matter) -> None:
    calls = dict(request.session.get(_KEY, {}))
    calls.pop(matter.code, None)
    request.session[_KEY] = calls

"""The IVR simulator: a tester plays the caller, with keys and a transcript.

In the demo it is open to everybody, and a rating given under an invitation's link is a real one of
the demo. Elsewhere it is for administrators, and nothing that is pressed is stored as a rating.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huiyin.intake.channels.hotline import prompts, services
from huiyin.intake.channels.hotline.models import Call, Heard
from huiyin.intake.channels.hotline.services.hearing import Message, instruction_of
from huiyin.kernel.problems import Problem
from huiyin.reviews import tokens
from huiyin.reviews.errors import TokenInvalid
from huiyin.reviews.models import ServiceEvent
from huiyin.reviews.queries import invited_event
from huiyin.reviews.tokens import FIRST, Token
from huiyin.web.views import error_page

KEYS = "123456789*0#"
_SESSION = "simulator"
# More turns than a conversation can have.
_LONGEST = 100


@require_http_methods(["GET", "HEAD", "POST"])
def simulator(request: HttpRequest) -> HttpResponse:
    """The call of this browser; each post is one thing that the caller does."""
    if not settings.HUIYIN_DEMO and not (request.user.is_authenticated and request.user.is_staff):
        return error_page(request, 404)
    problem = ""
    if request.method == "POST":
        try:
            _act(request)
        except Problem as found:
            problem = str(found)
        else:
            return redirect("web:simulator")
    return render(
        request,
        "web/simulator.html",
        {**_context(request), "problem": problem, "typed": request.POST.get("link", "")[:300]},
        status=422 if problem else 200,
    )


def _act(request: HttpRequest) -> None:
    """Raises a ``Problem``; then nothing was said."""
    does = request.POST.get("do", "")
    if does == "start":
        event = _event(request.POST.get("link", "").strip())
        call = services.try_out(event=event, language=_language())
        request.session[_SESSION] = {"call": call.code, "said": []}
        _say(request, call, Heard.Kind.STARTED)
        return
    call_now = _call(request)
    if call_now is None or call_now.ended_at or call_now.heard >= _LONGEST:
        return
    if does == "hang_up":
        _say(request, call_now, Heard.Kind.HUNG_UP)
    elif does == "silence":
        _say(request, call_now, Heard.Kind.SILENCE)
    elif len(does) == 1 and does in KEYS:
        _say(request, call_now, Heard.Kind.DIGIT, does)


def _event(link: str) -> ServiceEvent | None:
    """The service of an invitation's link, in the demo alone; None for a trial."""
    if not link or not settings.HUIYIN_DEMO:
        return None
    right = tokens.read(link.rstrip("/").rpartition("/")[2])
    if not isinstance(right, Token) or right.ordinal != FIRST:
        raise TokenInvalid
    return invited_event(right)


def _language() -> str:
    return "en" if get_language() == "en" else "zh-hans"


def _call(request: HttpRequest) -> Call | None:
    kept = request.session.get(_SESSION)
    return Call.objects.filter(code=kept["call"]).first() if kept else None


def _say(request: HttpRequest, call: Call, kind: Heard.Kind, key: str = "") -> None:
    _after, found = services.hear(call=call, message=Message(call.heard + 1, kind, key))
    kept: dict[str, Any] = request.session[_SESSION]
    kept["said"] += [{"by": "caller", "kind": str(kind), "key": key}]
    if kind != Heard.Kind.HUNG_UP:
        kept["said"] += [
            {"by": "line", "text": " ".join(one.text for one in found.play), "result": found.result}
        ]
    elif found.result:
        kept["said"] += [{"by": "line", "text": "", "result": found.result}]
    request.session[_SESSION] = kept


def _context(request: HttpRequest) -> dict[str, Any]:
    call = _call(request)
    now: prompts.Instruction | None = instruction_of(call) if call else None
    said = request.session[_SESSION]["said"] if call else []
    return {
        "call": call,
        "running": bool(call and not call.ended_at and now and now.then.get("do") == "collect"),
        "then": now.then if now else {},
        "turns": [turn | {"words": _words(turn)} for turn in said],
        "keys": KEYS,
        "means": now.then.get("keys", "") if now else "",
    }


def _words(turn: dict[str, str]) -> str:
    if turn["by"] == "line":
        return turn["text"]
    return {
        "started": _("(answers the call)"),
        "silence": _("(says nothing)"),
        "hung_up": _("(hangs up)"),
    }.get(turn["kind"], turn["key"])

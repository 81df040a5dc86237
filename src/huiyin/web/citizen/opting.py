"""Wanting no invitations, or wanting them again: below the address of an invitation, the key.

It does not matter whether the service can still be rated: who has the link may say no with it.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from huiyin.intake.invitations import queries, services
from huiyin.intake.invitations.models import OptOut
from huiyin.kernel.problems import Problem
from huiyin.reviews import errors, tokens
from huiyin.reviews.models import ServiceEvent


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest, token: str) -> HttpResponse:
    """Asks once more, then records it; afterwards the way back."""
    try:
        number_hash = _number_of(token)
    except Problem as problem:
        return render(
            request,
            "citizen/closed_link.html",
            {"reason": problem.code, "problem": problem},
            status=problem.status,
        )
    if request.method == "POST":
        if request.POST.get("again"):
            services.opt_in(number_hash, OptOut.Via.PAGE)
        else:
            services.opt_out(number_hash, OptOut.Via.PAGE)
        return redirect("citizen:invitations", token)
    out = bool(queries.opted_out([number_hash]))
    return render(
        request, "citizen/invitations.html", {"token": token, "out": out}, status=HTTPStatus.OK
    )


def _number_of(token: str) -> bytes:
    """The hash of the number that was invited. Raises ``TokenInvalid``: also for somebody on the
    spot, who was not invited, and once the person was erased."""
    right = tokens.read(token, expired=True)
    event = (
        ServiceEvent.objects.select_related("case")
        .filter(pk=right.event_id, organisation_id=right.organisation_id, case__isnull=False)
        .first()
    )
    number_hash = bytes(event.case.mobile_hash) if event and event.case else b""
    if not number_hash:
        raise errors.TokenInvalid
    return number_hash

"""A unit's appeal: filing it, and speaking while it is open. For whoever may see the matter."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from huiyin.appeals import queries, services
from huiyin.kernel import clock
from huiyin.kernel.problems import Problem
from huiyin.matters.errors import Moved
from huiyin.matters.models import Matter
from huiyin.matters.queries import get_visible, possible_events
from huiyin.matters.services.arbitration import appeal_until
from huiyin.matters.table import Event
from huiyin.reviews.queries import for_unit
from huiyin.web.arbiter import forms
from huiyin.web.desk.frame import desk_page, member, render_desk


@desk_page
@require_http_methods(["GET", "POST"])
def appeal(request: HttpRequest, code: str) -> HttpResponse:
    """The appeals of a matter, and the form for one while the unit may appeal."""
    staff = member(request)
    matter = get_visible(staff, code)
    if request.method != "POST":
        return _show(request, matter)
    form = forms.AppealForm(request.POST, request.FILES, auto_id="appeal-%s")
    try:
        if form.seen_version != matter.version:
            raise Moved
        # Pictures cost much to decode: not for those who may not appeal.
        if Event.APPEAL not in possible_events(staff, matter) or not form.is_valid():
            return _show(request, matter, appeal=form, status=422)
        services.file_appeal(
            matter=matter,
            staff=staff,
            seen_version=form.seen_version,
            ground=form.cleaned_data["ground"],
            statement=form.cleaned_data["statement"],
            files=form.cleaned_data["evidence"],
        )
    except Problem as problem:
        form.refuse(problem)
        return _show(request, matter, appeal=form, status=problem.status)
    messages.success(request, _("The appeal is filed. The citizen is asked for their side."))
    return redirect("arbiter:appeal", code=code)


@desk_page
@require_http_methods(["GET", "POST"])
def statement(request: HttpRequest, code: str) -> HttpResponse:
    """The unit speaks on the open appeal."""
    if request.method != "POST":
        return redirect("arbiter:appeal", code=code)
    staff = member(request)
    matter = get_visible(staff, code)
    form = forms.StatementForm(request.POST, auto_id="statement-%s")
    try:
        if form.seen_version != matter.version:
            raise Moved
        if not form.is_valid():
            return _show(request, matter, statement=form, status=422)
        services.be_heard(
            matter=matter,
            staff=staff,
            seen_version=form.seen_version,
            text=form.cleaned_data["text"],
        )
    except Problem as problem:
        form.refuse(problem)
        return _show(request, matter, statement=form, status=problem.status)
    messages.success(request, _("Your unit's side is on record. The arbiter reads it."))
    return redirect("arbiter:appeal", code=code)


def _show(
    request: HttpRequest,
    matter: Matter,
    *,
    appeal: forms.AppealForm | None = None,
    statement: forms.StatementForm | None = None,
    status: int = 200,
) -> HttpResponse:
    staff = member(request)
    appeals = queries.appeals_of(matter)
    possible = possible_events(staff, matter)
    is_open = any(not one.decided for one in appeals)
    until = appeal_until(matter)
    start = {"version": matter.version}
    context: dict[str, Any] = {
        "matter": matter,
        "seen": for_unit(matter),
        "appeals": appeals,
        "until": until,
        "is_open": is_open,
        "over": clock.now() >= until,
    }
    may_appeal = (
        Event.APPEAL in possible and not is_open and not matter.appealed and not context["over"]
    )
    # What came back keeps what was typed, whatever happened meanwhile.
    context["appeal_form"] = appeal or (
        forms.AppealForm(initial=start, auto_id="appeal-%s") if may_appeal else None
    )
    context["statement_form"] = statement or (
        forms.StatementForm(initial=start, auto_id="statement-%s")
        if is_open and Event.BE_HEARD in possible
        else None
    )
    return render_desk(request, "arbiter/appeal.html", context, status=status)

"""The arbiter's room: what waits, one case with both sides, ruling on it, stepping back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from huiyin.appeals import queries, services
from huiyin.appeals.models import Appeal, Ruling
from huiyin.directory.models import Role, Staff
from huiyin.kernel import ids
from huiyin.kernel.problems import Invalid, NotFound, Problem
from huiyin.matters import kinds
from huiyin.matters.errors import Moved
from huiyin.matters.models import Matter
from huiyin.matters.table import ClockKind, Event, State
from huiyin.notices.services import mark_read
from huiyin.reviews.queries import for_unit
from huiyin.web.arbiter import forms
from huiyin.web.desk import history
from huiyin.web.desk.forms import StepForm
from huiyin.web.desk.frame import desk_page, member, render_desk, roles_of

PAGE_SIZE = 30
_DECIDED_SHOWN = 10


@dataclass(frozen=True)
class Row:
    """A matter as the queue shows it; ``clock`` fits components/clock_chip.html."""

    matter: Matter
    title: str
    appeal: Appeal | None
    clock: Any


@desk_page
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for this arbiter, what is due first at the top, and what they have decided."""
    staff = _arbiter(request)
    try:
        page = queries.to_decide(staff, cursor=request.GET.get("after"), size=PAGE_SIZE)
    except Invalid:
        return redirect("arbiter:queue")
    here = reverse("arbiter:queue")
    decided = list(queries.decided_by(staff)[:_DECIDED_SHOWN])
    return render_desk(
        request,
        "arbiter/queue.html",
        {
            "rows": _rows(page.rows),
            "decided": decided,
            "older_url": f"{here}?{urlencode({'after': page.next_cursor})}"
            if page.next_cursor
            else "",
            "newest_url": here if request.GET.get("after") else "",
        },
        here="arbitration",
    )


@desk_page
@require_safe
def case(request: HttpRequest, code: str) -> HttpResponse:
    """One case, with both sides next to each other."""
    return _show(request, code)


@desk_page
@require_http_methods(["GET", "POST"])
def rule(request: HttpRequest, code: str) -> HttpResponse:
    """The ruling as everybody will read it, and, once confirmed, the ruling itself."""
    if request.method != "POST":
        return redirect("arbiter:case", code=code)
    staff = _arbiter(request)
    matter, appeal = _case(staff, code)
    if appeal is None or appeal.decided:
        messages.info(request, _("There is no open appeal any more."))
        return redirect("arbiter:case", code=code)
    earlier = queries.precedents(appeal, request.POST.get("q", ""))
    form = forms.RulingForm(request.POST, appeal=appeal, matter=matter, earlier=earlier)
    if form.seen_version != matter.version:
        return _show(request, code, moved=form)
    if not form.is_valid():
        return _show(request, code, ruling=form, status=422)
    who: dict[str, Any] = {"matter": matter, "staff": staff, "seen_version": form.seen_version}
    final = "confirm" in request.POST
    try:
        with transaction.atomic():
            made = services.rule(**who, **form.said())
            # Asked first as it would be done: whatever stands in the way is told before the end.
            transaction.set_rollback(not final)
    except Moved:
        return _show(request, code, moved=form)
    except Problem as problem:
        form.refuse(problem)
        return _show(request, code, ruling=form, status=problem.status)
    if not final:
        return _confirm(request, matter, appeal, form, made)
    messages.success(request, _("The ruling is given. Both sides are being told."))
    return redirect("arbiter:queue")


@desk_page
@require_http_methods(["GET", "POST"])
def recuse(request: HttpRequest, code: str) -> HttpResponse:
    """Step back: another arbiter acts, and this one no longer sees the matter."""
    if request.method != "POST":
        return redirect("arbiter:case", code=code)
    staff = _arbiter(request)
    matter, _appeal = _case(staff, code)
    form = forms.RecusalForm(request.POST)
    if form.seen_version != matter.version:
        return _show(request, code, moved=form)
    if not form.is_valid():
        return _show(request, code, recusal=form, status=422)
    try:
        services.recuse(
            matter=matter,
            staff=staff,
            seen_version=form.seen_version,
            reason=form.cleaned_data["reason"],
        )
    except Moved:
        return _show(request, code, moved=form)
    except Problem as problem:
        form.refuse(problem)
        return _show(request, code, recusal=form, status=problem.status)
    messages.success(request, _("You have stepped back. The other arbiters have been told."))
    return redirect("arbiter:queue")


def _arbiter(request: HttpRequest) -> Staff:
    """Whoever is not an arbiter today finds no room here. Raises ``NotFound``."""
    staff = member(request)
    if Role.ARBITER not in roles_of(staff):
        raise NotFound
    return staff


def _case(staff: Staff, code: str) -> tuple[Matter, Appeal | None]:
    """The matter as an arbiter sees it and the appeal that waits, else the last one, if any."""
    typed = ids.read_code(code)
    if typed is None:
        raise NotFound
    matter = queries.case_of(staff, typed)
    appeals = queries.appeals_of(matter)
    waiting = next((appeal for appeal in appeals if not appeal.decided), None)
    return matter, waiting or (appeals[-1] if appeals else None)


def _rows(matters: list[Matter]) -> list[Row]:
    described, appeals = kinds.describe(matters), queries.latest_appeals(matters)
    found = []
    for matter in matters:
        to_rule: bool = matter.to_rule  # type: ignore[attr-defined]
        wanted = ClockKind.RULING if to_rule else ClockKind.RECTIFICATION
        running = (row for row in matter.running if row.kind == wanted)  # type: ignore[attr-defined]
        found.append(
            Row(
                matter=matter,
                title=described[matter.pk].title,
                appeal=appeals.get(matter.pk) if to_rule else None,
                clock=next(running, None),
            )
        )
    return found


def _show(
    request: HttpRequest,
    code: str,
    *,
    ruling: forms.RulingForm | None = None,
    recusal: forms.RecusalForm | None = None,
    moved: StepForm | None = None,
    status: int = 200,
) -> HttpResponse:
    staff = _arbiter(request)
    matter, appeal = _case(staff, code)
    mark_read(staff=staff, matter=matter)
    wanted = request.GET.get("q", "") or request.POST.get("q", "")
    earlier = queries.precedents(appeal, wanted) if appeal else []
    start = {"version": matter.version}
    is_open = appeal is not None and not appeal.decided
    to_approve = matter.state == State.REPLY_DRAFTED and matter.round > 1
    if is_open and ruling is None and appeal is not None:
        ruling = forms.RulingForm(
            initial=start, appeal=appeal, matter=matter, earlier=earlier, auto_id="ruling-%s"
        )
    if (is_open or to_approve) and recusal is None:
        recusal = forms.RecusalForm(initial=start, auto_id="recusal-%s")
    others = queries.other_arbiters(staff, matter).exists() if recusal else True
    context = {
        **both_sides(matter),
        "matter": matter,
        "appeal": appeal,
        "earlier_appeals": [one for one in queries.appeals_of(matter) if one != appeal],
        "precedents": earlier,
        "wanted": wanted,
        "ruling_form": ruling if is_open else None,
        "recusal_form": recusal,
        "nobody_else": not others,
        "to_approve": to_approve,
        "kept": [*moved.typed()] if moved else [],
        "moved": moved is not None,
    }
    code_of_answer = 409 if moved else status
    return render_desk(
        request, "arbiter/case.html", context, here="arbitration", status=code_of_answer
    )


def both_sides(matter: Matter) -> dict[str, Any]:
    """What the citizen and the unit have to show for themselves. A fixed number of queries."""
    verified = matter.steps.filter(event=Event.VERIFY).last()
    running = list(matter.clocks.filter(stopped_at__isnull=True))
    seen = for_unit(matter)
    return {
        "seen": seen,
        "facts": verified.data.get("facts", "") if verified else "",
        "running": running,
        "ruling_clock": next((row for row in running if row.kind == ClockKind.RULING), None),
        "rectifications": list(
            matter.rectifications.prefetch_related("measures", "milestones").order_by("at")
        ),
        "evidence": list(matter.evidence.all()),
        "replies": list(matter.replies.all()),
        "timeline": history.timeline(matter, erased=seen.erased),
    }


def _confirm(
    request: HttpRequest, matter: Matter, appeal: Appeal, form: forms.RulingForm, made: Ruling
) -> HttpResponse:
    decision = form.cleaned_data["decision"]
    context = {
        "matter": matter,
        "appeal": appeal,
        "form": form,
        "decision": forms.words_of(appeal, decision),
        "ruling": made,
        "held_back": bool(made.held_back),
        "sent": [
            (name, value)
            for name, values in request.POST.lists()
            if name != "csrfmiddlewaretoken"
            for value in values
        ],
    }
    return render_desk(request, "arbiter/confirm.html", context, here="arbitration")

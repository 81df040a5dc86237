"""Consequences for staff: recording one, reading those one may see, objecting, and deciding."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from huiyin.directory.models import Role, Staff
from huiyin.directory.queries import roles_over
from huiyin.kernel import clock, paging
from huiyin.kernel.problems import Invalid, NotFound, Problem
from huiyin.matters import services
from huiyin.matters.models import Consequence, Matter
from huiyin.matters.queries import consequences_visible_to, get_consequence, get_visible
from huiyin.web.desk.forms import day, long_text
from huiyin.web.desk.frame import desk_page, member, render_desk

PAGE_SIZE = 30


class Plain(forms.Form):
    """Checked here, with words in the page's language, not by the browser."""

    use_required_attribute = False

    def refuse(self, problem: Problem) -> None:
        field = problem.field if problem.field in self.fields else None
        self.add_error(field, str(problem.detail or problem.title))


class Record(Plain):
    concerned = forms.ModelChoiceField(
        Staff.objects.none(),
        label=gettext_lazy("Who is concerned?"),
        empty_label=gettext_lazy("Please choose"),
    )
    measure = forms.CharField(label=gettext_lazy("Consequence"), max_length=200)
    reason = long_text(gettext_lazy("Reason"))
    legal_basis = long_text(gettext_lazy("Legal basis"), rows=2)
    starts_on = day(gettext_lazy("From"))
    ends_on = day(gettext_lazy("Until and including"))

    def __init__(self, matter: Matter, data: Any = None) -> None:
        super().__init__(data)
        people = Staff.objects.filter(
            Q(organisation__path__startswith=matter.organisation.path)
            | Q(pk__in=matter.concerned.values("staff")),
            is_active=True,
        )
        self.fields["concerned"].queryset = people  # type: ignore[attr-defined]


class Objection(Plain):
    objection = long_text(gettext_lazy("Why do you object?"))


class Decision(Plain):
    answer = long_text(gettext_lazy("Reasons for the decision"))
    decision = forms.ChoiceField(choices=[("keep", ""), ("lift", "")])


def open_to_objection(staff: Staff) -> QuerySet[Consequence]:
    """What was recorded about ``staff`` and may still be objected to."""
    return Consequence.objects.filter(
        staff=staff, objected_at__isnull=True, objection_until__gt=clock.now()
    )


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, code: str) -> HttpResponseBase:
    """Record what a supervisor has decided. The page proposes nothing."""
    staff = member(request)
    matter = get_visible(staff, code)
    if Role.SUPERVISOR not in roles_over(staff, matter.organisation):
        raise NotFound
    form = Record(matter, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.record_consequence(matter=matter, staff=staff, **form.cleaned_data)
        except Problem as problem:
            form.refuse(problem)
        else:
            messages.success(request, _("It is on record, and the person concerned sees it."))
            return redirect("desk:consequence", made.pk)
    return render_desk(
        request,
        "desk/consequence_new.html",
        {"matter": matter, "form": form},
        status=422 if form.errors else 200,
    )


@desk_page
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    """Those about oneself, and those about people whom one supervises or audits."""
    staff = member(request)
    rows = consequences_visible_to(staff).select_related("staff__organisation", "matter")
    try:
        page = paging.page(rows, key="-decided_at", cursor=request.GET.get("after"), size=PAGE_SIZE)
    except Invalid:
        return redirect("desk:consequences")
    context = {"rows": page.rows, "next_cursor": page.next_cursor}
    return render_desk(request, "desk/consequences.html", context, here="consequences")


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def consequence(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """One, with the form that its reader may fill in: the objection, or the answer to it."""
    staff = member(request)
    found = get_consequence(staff, key)
    form = _form_for(staff, found, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form is None:
        raise NotFound
    if form is not None and form.is_valid():
        try:
            _take(staff, found, form)
        except Problem as problem:
            form.refuse(problem)
        else:
            messages.success(request, _("Recorded."))
            return redirect("desk:consequence", found.pk)
    return render_desk(
        request,
        "desk/consequence.html",
        {"row": found, "form": form, "objects": isinstance(form, Objection)},
        here="consequences",
        status=422 if form is not None and form.errors else 200,
    )


def _form_for(staff: Staff, row: Consequence, data: Any) -> Plain | None:
    if row.staff_id == staff.pk:
        in_time = row.objected_at is None and clock.now() < row.objection_until
        return Objection(data) if in_time else None
    waits = row.objected_at is not None and row.kept is None
    supervises = Role.SUPERVISOR in roles_over(staff, row.staff.organisation)
    decides = waits and supervises and row.decided_by_id != staff.pk
    return Decision(data) if decides else None


def _take(staff: Staff, row: Consequence, form: Plain) -> None:
    said = form.cleaned_data
    if isinstance(form, Objection):
        services.object_to_consequence(consequence=row, staff=staff, objection=said["objection"])
    else:
        services.decide_objection(
            consequence=row, staff=staff, keep=said["decision"] == "keep", answer=said["answer"]
        )

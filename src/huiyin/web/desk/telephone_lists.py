"""Lists for a call centre outside: to be fetched, and results to be handed in."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from huiyin.directory.models import Role
from huiyin.intake.channels.hotline import queries, services
from huiyin.intake.channels.hotline.services.lists import Kind
from huiyin.kernel import clock
from huiyin.kernel.problems import Problem
from huiyin.web.desk.frame import member, render_desk
from huiyin.web.desk.telephone import hotline_page

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_CONTRADICTIONS_SHOWN = 50


class Results(forms.Form):
    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("File of results"),
        help_text=gettext_lazy("csv or xlsx with the columns call, outcome, level, tags, text."),
    )


@hotline_page(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: HttpRequest) -> HttpResponseBase:
    """Fetch and hand in; with a file of results, the report on every row that was not taken."""
    staff = member(request)
    form = Results(request.POST, request.FILES) if request.method == "POST" else Results()
    verdicts = None
    if form.is_bound and form.is_valid():
        try:
            content = form.cleaned_data["file"].read()
            verdicts = services.import_results(staff=staff, content=content)
        except Problem as problem:
            form.add_error("file", str(problem))
    context = {
        "form": form,
        "waiting": queries.to_be_called(staff, Role.SUPERVISOR).filter(purpose="rating").count(),
        "contradictions": queries.contradictions(staff).select_related("listed", "agent")[
            :_CONTRADICTIONS_SHOWN
        ],
        "verdicts": verdicts,
        "refused": [one for one in verdicts or () if one.state == "refused"],
        "taken": sum(one.state == "taken" for one in verdicts or ()),
        "repeated": sum(one.state == "repeated" for one in verdicts or ()),
    }
    return render_desk(
        request,
        "desk/telephone/lists.html",
        context,
        here="telephone",
        status=422 if form.errors else 200,
    )


@hotline_page(Role.SUPERVISOR)
@require_POST
def fetch(request: HttpRequest) -> HttpResponseBase:
    """The calls to be made, as a file. That they were given out is on record."""
    kind: Kind = "xlsx" if request.POST.get("kind") == "xlsx" else "csv"
    content, count = services.export(staff=member(request), kind=kind)
    if not count:
        messages.info(request, _("Nobody is to be called at the moment."))
        return redirect("desk:telephone-lists")
    response = HttpResponse(content, content_type=_TYPES[kind])
    name = f"calls-{clock.today().isoformat()}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

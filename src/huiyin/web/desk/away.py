"""Being away: handing one's duties, and the matters one works on, to a colleague for a time."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from huiyin.directory import services
from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Problem
from huiyin.matters.queries import given_to
from huiyin.matters.services import give_to
from huiyin.web.desk.forms import day
from huiyin.web.desk.frame import desk_page, member, render_desk


class Away(forms.Form):
    use_required_attribute = False
    to = forms.ModelChoiceField(
        Staff.objects.none(),
        label=gettext_lazy("Who stands in for you?"),
        empty_label=gettext_lazy("Please choose"),
    )
    starts_on = day(gettext_lazy("First day"))
    ends_on = day(gettext_lazy("Last day"))
    matters = forms.BooleanField(
        label=gettext_lazy("Give them the matters I am working on"),
        required=False,
        help_text=gettext_lazy(
            "They change hands at once, whatever the first day is. "
            "You can take them back in your inbox."
        ),
    )

    def __init__(self, staff: Staff, data: Any = None) -> None:
        super().__init__(data, initial={"starts_on": clock.today()})
        colleagues = Staff.objects.filter(organisation=staff.organisation_id, is_active=True)
        self.fields["to"].queryset = colleagues.exclude(pk=staff.pk)  # type: ignore[attr-defined]


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def away(request: HttpRequest) -> HttpResponseBase:
    """Hand over, or, with ``end``, be back."""
    staff = member(request)
    if request.method == "POST" and "end" in request.POST:
        services.end_hand_over(staff=staff)
        messages.success(request, _("Your duties are yours alone again."))
        return redirect("desk:away")
    form = Away(staff, request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            services.hand_over(
                staff=staff, to=said["to"], starts_on=said["starts_on"], ends_on=said["ends_on"]
            )
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        else:
            messages.success(request, _("%(name)s stands in for you.") % {"name": said["to"]})
            if said["matters"]:
                _give_matters(request, staff, said["to"])
            return redirect("desk:away")
    given = staff.stood_in_for.filter(ends_on__gte=clock.today()).select_related("staff")
    return render_desk(
        request,
        "desk/away.html",
        {
            "form": form,
            "has_colleagues": form.fields["to"].queryset.exists(),  # type: ignore[attr-defined]
            "given": given.order_by("starts_on").first(),
            "standing_in": staff.duties.current()
            .filter(stands_in_for__isnull=False)
            .select_related("stands_in_for", "organisation", "region"),
        },
        here="away",
        status=422 if form.errors else 200,
    )


def _give_matters(request: HttpRequest, staff: Staff, to: Staff) -> None:
    given, left = 0, 0
    for matter in given_to(staff):
        try:
            give_to(matter=matter, staff=staff, seen_version=matter.version, to=to)
            given += 1
        except Problem:
            left += 1
    if given:
        said = ngettext("%d matter was given.", "%d matters were given.", given)
        messages.success(request, said % given)
    if left:
        said = ngettext(
            "%d matter could not be given: your colleague is not a handler there yet.",
            "%d matters could not be given: your colleague is not a handler there yet.",
            left,
        )
        messages.warning(request, said % left)

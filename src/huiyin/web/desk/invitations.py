"""Where invitations stand, the button that stops them, and recording that somebody wants none.

For administrators of the whole jurisdiction: figures of everybody together, no unit and no citizen.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from huiyin.intake.invitations import queries, services
from huiyin.intake.invitations.handing import outlet
from huiyin.intake.invitations.models import OptOut, RungChannel, State, Why
from huiyin.kernel.problems import NotFound
from huiyin.notices.sms import numbers
from huiyin.web.desk.frame import desk_page, member, render_desk


def _need_administrator(request: HttpRequest) -> None:
    if not member(request).is_staff:
        raise NotFound


@desk_page
@require_safe
def standing(request: HttpRequest) -> HttpResponse:
    """Counts by state, and how far it has come."""
    _need_administrator(request)
    found = queries.standing()
    share = round(100 * found.settled / found.total) if found.total else 0
    context = {
        "standing": found,
        "share": share,
        "days": queries.COUNTED_DAYS,
        "lines": _lines(found),
        "messages_planned": found.count(State.PLANNED, State.UNDER_WAY, channel=RungChannel.SMS),
        "messages_sent": found.count(
            *(State.HANDED, State.ARRIVED, State.LOST, State.UNSURE), channel=RungChannel.SMS
        ),
        "calls_planned": found.count(State.PLANNED, channel=RungChannel.HOTLINE),
        "connected": outlet.current() is not None,
    }
    return render_desk(request, "desk/invitations.html", context, here="administration")


def _lines(found: queries.Standing) -> list[dict[str, Any]]:
    return [
        {
            "channel": capfirst(str(RungChannel(channel).label)),
            "state": capfirst(str(State(state).label)),
            "why": capfirst(str(Why(why).label)) if why else "",
            "number": number,
        }
        for (channel, state, why), number in found.counts.items()
    ]


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Asks once more, then stops the invitations, or lets them go on."""
    _need_administrator(request)
    stopped = queries.is_stopped()
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        if request.POST.get("to") == "go-on":
            services.go_on(staff=member(request), reason=reason)
            messages.success(request, _("Invitations go on."))
        elif request.POST.get("to") == "stop":
            services.stop(staff=member(request), reason=reason)
            messages.success(request, _("Invitations are stopped: nothing more is handed over."))
        return redirect("desk:invitations")
    context = {"stopped": stopped, "standing": queries.standing()}
    return render_desk(request, "desk/invitations_switch.html", context, here="administration")


class _Number(forms.Form):
    use_required_attribute = False

    number = forms.CharField(
        label=gettext_lazy("Mobile number"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=gettext_lazy("It is not stored, only a keyed hash by which it is recognised."),
    )

    def clean_number(self) -> str:
        number = numbers.normal(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError(_("This is no telephone number."))
        return number


@sensitive_post_parameters("number")
@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest) -> HttpResponse:
    """Somebody said on the telephone or at a counter that they want no invitations."""
    _need_administrator(request)
    form = _Number(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number_hash = numbers.hash_of(form.cleaned_data["number"])
        services.opt_out(number_hash, OptOut.Via.ADMINISTRATION, by=member(request))
        # Whether it was recorded before is nobody's to know.
        messages.success(request, _("This number is not invited any more."))
        return redirect("desk:invitations-opt-out")
    status = 422 if form.is_bound else 200
    context = {"form": form}
    return render_desk(
        request, "desk/invitations_opt_out.html", context, here="administration", status=status
    )

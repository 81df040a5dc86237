"""Devices that citizens rate on: which there are, whether they are alive, new ones, their end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huiyin.directory.models import Counter, Staff
from huiyin.directory.queries import organisations_in_scope
from huiyin.intake.devices import queries, services
from huiyin.intake.devices.errors import AlreadyRevoked
from huiyin.intake.devices.models import Device, KeyLayout
from huiyin.intake.devices.queries import LOOK_AFTER, State
from huiyin.kernel import ids, paging
from huiyin.kernel.problems import Invalid, NotFound, Problem
from huiyin.web.desk.frame import desk_page, member, render_desk, roles_of
from huiyin.web.desk.further_forms import UnitField

PAGE_SIZE = 50
_OFFERED = 50
# Where the one look at a pairing code is kept until the page that shows it.
_ONCE = "device_code"

WORDS: dict[State, str | Promise] = {
    State.NOT_PAIRED: gettext_lazy("not paired yet"),
    State.ONLINE: gettext_lazy("there"),
    State.SILENT: gettext_lazy("silent"),
    State.REVOKED: gettext_lazy("revoked"),
}
_CHIPS = {
    State.NOT_PAIRED: "soon",
    State.ONLINE: "ok",
    State.SILENT: "late",
    State.REVOKED: "stopped",
}


class New(forms.Form):
    """A device to be registered."""

    use_required_attribute = False
    kind = forms.ChoiceField(
        label=gettext_lazy("What is it?"), choices=Device.Kind, widget=forms.RadioSelect
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("So that you find it again: “Counter 12”, “Terminal by the door”."),
    )
    organisation = UnitField(label=gettext_lazy("Which unit or hall?"))
    counter = forms.CharField(
        label=gettext_lazy("Counter number"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Of a device at a counter."),
    )
    layout = forms.ModelChoiceField(
        KeyLayout.objects.all(),
        label=gettext_lazy("Model, if it has keys and no page"),
        required=False,
        empty_label=gettext_lazy("It shows a page"),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        number, organisation = said.get("counter"), said.get("organisation")
        said["counter"] = None
        if number and organisation:
            found = Counter.objects.filter(organisation=organisation, number=number).first()
            if found is None:
                self.add_error("counter", _("This unit has no counter with this number."))
            said["counter"] = found
        return said


@desk_page
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    """All that the reader looks after, the newest first."""
    rows = queries.visible_to(_need_duty(request))
    try:
        page = paging.page(
            rows, key="-registered_at", cursor=request.GET.get("after"), size=PAGE_SIZE
        )
    except Invalid:
        return redirect("desk:devices")
    shown = [_told(device) for device in page.rows]
    context = {
        "devices": shown,
        "next_cursor": page.next_cursor,
        "later": bool(request.GET.get("after")),
    }
    return render_desk(request, "desk/devices.html", context, here="devices")


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Register one; its page then shows the code, once."""
    staff = _need_duty(request)
    form = New(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            device, code = services.register(staff=staff, **form.cleaned_data)
        except NotFound:
            form.add_error("organisation", _("You do not look after the devices of this unit."))
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        else:
            return _to_code(request, device, code)
    units = organisations_in_scope(staff, LOOK_AFTER).filter(active=True)[:_OFFERED]
    return render_desk(
        request,
        "desk/device_new.html",
        {"form": form, "units": units},
        here="devices",
        status=422 if form.errors else 200,
    )


@desk_page
@require_safe
def device(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """One device, and its pairing code when that has just been made."""
    found = _found(request, key)
    kept, code = request.session.pop(_ONCE, ("", ""))
    context = _told(found) | {
        "code": ids.grouped(code) if kept == str(found.pk) else "",
        "pair_url": f"{settings.HUIYIN_BASE_URL}{reverse('devices:pair')}",
        "minutes": int(services.CODE_LASTS.total_seconds() // 60),
    }
    if context["code"]:
        # After the hash, which browsers send to no server.
        context["qr"] = _qr(f"{context['pair_url']}#{code}")
    return render_desk(request, "desk/device.html", context, here="devices")


@desk_page
@require_POST
def renew(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Another pairing code."""
    found = _found(request, key)
    try:
        code = services.renew_code(device=found, staff=member(request))
    except AlreadyRevoked as problem:
        messages.error(request, str(problem))
        return redirect("desk:device", found.pk)
    return _to_code(request, found, code)


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Asks once more, then ends what the device may do."""
    found = _found(request, key)
    if request.method != "POST":
        return render_desk(request, "desk/device_revoke.html", _told(found), here="devices")
    try:
        services.revoke(device=found, staff=member(request))
    except AlreadyRevoked as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The device has been revoked."))
    return redirect("desk:device", found.pk)


def _need_duty(request: HttpRequest) -> Staff:
    staff = member(request)
    if not roles_of(staff) & LOOK_AFTER:
        raise NotFound
    return staff


def _found(request: HttpRequest, key: UUID) -> Device:
    found = queries.visible_to(member(request)).filter(pk=key).first()
    if found is None:
        raise NotFound
    return found


def _told(found: Device) -> dict[str, Any]:
    state = queries.state_of(found)
    return {"device": found, "state": state, "state_words": WORDS[state], "chip": _CHIPS[state]}


def _to_code(request: HttpRequest, found: Device, code: str) -> HttpResponseBase:
    request.session[_ONCE] = (str(found.pk), code)
    return redirect("desk:device", found.pk)


def _qr(text: str) -> str:
    picture: str = segno.make(text, error="m", micro=False).svg_data_uri(border=2, scale=5)
    return picture

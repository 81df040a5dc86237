"""QR codes at the counters: the list, new ones, new sheets, withdrawing them, and printing.

For supervisors and administrators, of the organisations that their duties cover; for everybody else
there is nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huiyin.directory.models import Counter, Organisation, ServiceItem, Staff
from huiyin.intake.channels.qr import sheets
from huiyin.kernel import paging
from huiyin.kernel.problems import Invalid, NotFound, Problem
from huiyin.reviews import places, services
from huiyin.reviews.models import Place, PlaceKind
from huiyin.reviews.services import MAX_LABEL
from huiyin.web.desk.frame import desk_page, member, render_desk

PAGE_SIZE = 50
# Sheets that one page prints, and counters that one form takes.
MOST_SHEETS = 200
_UNITS_OFFERED = 1000
SIZES = ("a4", "a6", "sticker")


class _Plain(forms.Form):
    """Checked here, with words in the page's language, not by the browser."""

    use_required_attribute = False


class NewPlaces(_Plain):
    counters = forms.ModelMultipleChoiceField(
        Counter.objects.none(),
        label=gettext_lazy("Counters"),
        help_text=gettext_lazy("One code is made for each counter that you tick."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    item = forms.ModelChoiceField(
        ServiceItem.objects.none(),
        label=gettext_lazy("Service item"),
        help_text=gettext_lazy("Only if nothing else is served there."),
        empty_label=gettext_lazy("Any"),
        required=False,
    )
    clerk = forms.ModelChoiceField(
        Staff.objects.none(),
        label=gettext_lazy("Clerk"),
        help_text=gettext_lazy(
            "Only if this code is one person's own. They are told of bad reviews as one who is "
            "concerned."
        ),
        empty_label=gettext_lazy("Nobody in particular"),
        required=False,
    )
    label = forms.CharField(
        label=gettext_lazy("Label"),
        help_text=gettext_lazy(
            "What citizens read on the sheet. Left empty it is the counter's number and name."
        ),
        max_length=MAX_LABEL,
        required=False,
    )

    def __init__(self, unit: Organisation, data: Any = None) -> None:
        super().__init__(data)
        choices: dict[str, Any] = {
            "counters": counters_for(unit),
            "item": ServiceItem.objects.filter(organisation=unit),
            "clerk": Staff.objects.filter(organisation__path__startswith=unit.path, is_active=True),
        }
        for name, queryset in choices.items():
            self.fields[name].queryset = queryset  # type: ignore[attr-defined]
        self.fields["counters"].label_from_instance = _counter_label  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        chosen = len(said.get("counters") or ())
        if not chosen and not said.get("label"):
            self.add_error("counters", _("Choose a counter, or write a label."))
        if chosen > 1 and said.get("clerk"):
            self.add_error("clerk", _("A code of one clerk belongs to one counter."))
        if chosen > 1 and said.get("label"):
            self.add_error("label", _("Several counters have their own labels. Leave it empty."))
        return said


class Rotation(_Plain):
    old = forms.ChoiceField(
        label=gettext_lazy("The sheets that hang there now"),
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"old": "grace"})
        days = settings.HUIYIN_QR_GRACE_DAYS
        grace = ngettext(
            "stay good for %d day, until the new ones hang",
            "stay good for %d days, until the new ones hang",
            days,
        )
        self.fields["old"].choices = [  # type: ignore[attr-defined]
            ("grace", grace % days),
            ("at_once", _("end at once, because they were misused")),
        ]


@dataclass(frozen=True)
class Printed:
    """One sheet, in both languages at once."""

    place: Place
    qr_src: str
    address: str


def counters_for(unit: Organisation) -> Any:
    """Counters where ``unit`` may serve: its own, and those of the halls of its region."""
    halls = Q(organisation__kind=Organisation.Kind.HALL, organisation__region=unit.region_id)
    return (
        Counter.objects.filter(Q(organisation=unit) | halls)
        .select_related("organisation")
        .order_by("organisation", "number")
    )


def _counter_label(counter: Counter) -> str:
    return f"{counter.organisation} · {counter}"


@desk_page
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    """The codes of the organisations one supervises or administers, newest first."""
    staff = member(request)
    _need_units(staff)
    found = places.shown(places.managed_by(staff)).filter(kind=PlaceKind.QR)
    shown = request.GET.get("show", "")
    if shown == "reported":
        found = places.reported(found)
    else:
        found = found.filter(revoked_at__isnull=shown != "withdrawn")
    try:
        after = request.GET.get("after")
        page = paging.page(found, key="-created_at", cursor=after, size=PAGE_SIZE)
    except Invalid:
        return redirect("desk:places")
    return render_desk(
        request,
        "desk/places.html",
        {
            "rows": page.rows,
            "shown": shown,
            "older_url": f"?{urlencode({'show': shown, 'after': page.next_cursor})}"
            if page.next_cursor
            else "",
        },
        here="places",
    )


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """First whose reviews it will be, then at which counters."""
    staff = member(request)
    _need_units(staff)
    units = places.units_managed_by(staff).select_related("region")
    asked = request.GET.get("unit", "")
    unit = units.filter(uscc=asked).first() if asked else _only(units)
    if unit is None:
        return render_desk(
            request,
            "desk/place_unit.html",
            {"units": units[:_UNITS_OFFERED], "unknown": bool(asked)},
            here="places",
            status=404 if asked else 200,
        )
    form = NewPlaces(unit, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = _add(staff, unit, form.cleaned_data)
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        else:
            said = ngettext("%d code was made.", "%d codes were made.", len(made))
            messages.success(request, said % len(made))
            return redirect("desk:places")
    return render_desk(
        request,
        "desk/place_new.html",
        {"form": form, "unit": unit},
        here="places",
        status=422 if form.errors else 200,
    )


@transaction.atomic
def _add(staff: Staff, unit: Organisation, said: dict[str, Any]) -> list[Place]:
    return [
        services.add_place(
            kind=PlaceKind.QR,
            organisation=unit,
            label=said["label"] or str(counter),
            counter=counter,
            item=said["item"],
            clerk=said["clerk"],
            by=staff,
        )
        for counter in said["counters"] or [None]
    ]


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def rotate(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Asks what becomes of the old sheets, then makes the next version."""
    staff = member(request)
    place = places.get_managed(staff, key)
    form = Rotation(request.POST if request.method == "POST" else None)
    if form.is_valid():
        at_once = form.cleaned_data["old"] == "at_once"
        grace = timedelta(0) if at_once else timedelta(days=settings.HUIYIN_QR_GRACE_DAYS)
        try:
            services.rotate_place(place, grace=grace, by=staff)
        except Problem as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("The next version is ready. Print it and hang it up."))
        return redirect("desk:places")
    return render_desk(
        request,
        "desk/place_rotate.html",
        {"place": place, "form": form},
        here="places",
        status=422 if form.errors else 200,
    )


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Asks once more, then nobody can rate with this code any more."""
    staff = member(request)
    place = places.get_managed(staff, key)
    if request.method == "POST":
        services.revoke_place(place, by=staff)
        messages.success(request, _("The code is withdrawn. Please take its sheets down."))
        return redirect("desk:places")
    return render_desk(request, "desk/place_revoke.html", {"place": place}, here="places")


@desk_page
@require_http_methods(["GET", "HEAD"])
def reports(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Where people said that they were when they scanned this sheet, and what was done to it."""
    place = places.get_managed(member(request), key)
    return render_desk(
        request,
        "desk/place.html",
        {
            "place": place,
            "reports": place.reports.filter(settled_at__isnull=True).order_by("-at"),
            "changes": place.changes.select_related("by").order_by("-at", "-pk"),
        },
        here="places",
    )


@desk_page
@require_POST
def settle(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """The sheet was looked after: its reports are settled."""
    staff = member(request)
    place = places.get_managed(staff, key)
    services.settle_reports(place, by=staff)
    messages.success(request, _("The reports are settled."))
    return redirect("desk:places")


@desk_page
@require_safe
def on_paper(request: HttpRequest) -> HttpResponse:
    """The sheets of the places asked for, ready to print. Withdrawn ones are left out."""
    staff = member(request)
    _need_units(staff)
    size = request.GET.get("size", SIZES[0])
    if "place" not in request.GET:
        messages.info(request, _("Tick the codes that you want to print."))
        return redirect("desk:places")
    found = _asked_for(staff, request.GET.getlist("place"))
    if size not in SIZES or not found:
        raise NotFound
    return render(
        request,
        "desk/sheets.html",
        {"sheets": [_printed(place) for place in found], "size": size},
    )


def _asked_for(staff: Staff, keys: list[str]) -> list[Place]:
    try:
        wanted = [UUID(key) for key in keys[:MOST_SHEETS]]
    except ValueError as error:
        raise NotFound from error
    found = places.shown(places.managed_by(staff)).filter(
        pk__in=wanted, kind=PlaceKind.QR, revoked_at__isnull=True
    )
    return sorted(found, key=lambda place: (place.label, place.pk))


def _printed(place: Place) -> Printed:
    return Printed(
        place,
        sheets.qr_of(place).svg_data_uri(border=4, scale=10),
        sheets.address_of(place).removeprefix("https://").removeprefix("http://"),
    )


def _only(units: Any) -> Organisation | None:
    """The unit, where there is one alone to choose."""
    some = list(units[:2])
    return some[0] if len(some) == 1 else None


def _need_units(staff: Staff) -> None:
    if not places.units_managed_by(staff).exists():
        raise NotFound

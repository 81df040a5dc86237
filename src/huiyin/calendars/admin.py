"""Administration of the working calendars: notices are read, looked at and published.

A notice is never edited: changing one publishes the year's next revision. Before that, a page shows
its days and the open deadlines that would move; they move when the administrator says so.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from huiyin.calendars import queries, services
from huiyin.calendars.arithmetic import YearTable
from huiyin.calendars.forms import NoticeForm, TextForm, amendment_of, as_lines
from huiyin.calendars.history import History
from huiyin.calendars.models import CalendarYear
from huiyin.calendars.notices import Reading, read, spans
from huiyin.calendars.wording import DOUBTS
from huiyin.kernel.problems import Problem

# So many deadlines are moved in one go; the page then offers the rest.
AT_ONCE = 500


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("reason"), max_length=200, widget=forms.TextInput(attrs={"size": 60})
    )


class PlaceFilter(admin.SimpleListFilter):
    """By where the days hold, everywhere being a place with a name."""

    title = gettext_lazy("region")
    parameter_name = "region"
    _EVERYWHERE = "-"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = CalendarYear.objects.order_by("region").values_list("region", flat=True).distinct()
        return [(code or self._EVERYWHERE, code or _("everywhere")) for code in found]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CalendarYear]
    ) -> QuerySet[CalendarYear]:
        wanted = self.value()
        if not wanted:
            return queryset
        return queryset.filter(region="" if wanted == self._EVERYWHERE else wanted)


@admin.register(CalendarYear)
class CalendarYearAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["__str__", "where", "state", "source", "published_on"]
    list_filter = ["provisional", PlaceFilter]
    search_fields = ["year", "source"]
    fields = ["where", "state", "source", "published_on", "the_days"]
    readonly_fields = ["where", "state", "the_days"]
    change_list_template = "calendars/list.html"
    change_form_template = "calendars/year.html"

    def has_change_permission(self, request: HttpRequest, obj: CalendarYear | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CalendarYear | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("read/", view(self.read_view), name="calendars_calendaryear_read"),
            path("deadlines/", view(self.deadlines_view), name="calendars_calendaryear_deadlines"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("region"), ordering="region")
    def where(self, obj: CalendarYear) -> str:
        return obj.region or _("everywhere")

    @admin.display(description=gettext_lazy("state"), ordering="provisional")
    def state(self, obj: CalendarYear) -> str:
        return _("provisional") if obj.provisional else _("as published")

    @admin.display(description=gettext_lazy("days off and worked"))
    def the_days(self, obj: CalendarYear) -> str:
        table = obj.table()
        parts = ((_("Days off"), table.off), (_("Worked weekends"), table.worked))
        return format_html_join(
            "",
            "<p>{}</p><pre>{}</pre>",
            ((name, as_lines(days) or "–") for name, days in parts),
        )

    def read_view(self, request: HttpRequest) -> HttpResponse:
        """The text of a notice becomes days in the form, to be checked there."""
        self._need_permission(request)
        form = TextForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reading = read(form.cleaned_data["text"], form.cleaned_data["year"])
            if not reading.empty:
                initial = _initial(reading, form.cleaned_data["region"])
                return self._edit(request, NoticeForm(initial=initial), reading)
            form.add_error("text", _("No day off and no worked weekend was found in it."))
        return self._page(
            request, "calendars/form.html", _("Read a notice"), form=form, verb=_("Read")
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Days are typed or amended, looked at with what they would move, and published."""
        self._need_permission(request)
        if request.method != "POST":
            return self._edit(request, NoticeForm(initial=_amended(request.GET.get("amends"))))
        form = NoticeForm(request.POST)
        if not form.is_valid() or "edit" in request.POST:
            return self._edit(request, form)
        history = queries.history()
        if "publish" in request.POST and request.POST.get("seen") == _seen(form, history):
            return self._publish(request, form)
        if "publish" in request.POST:
            messages.warning(
                request, _("Somebody published another version meanwhile. Please look again.")
            )
        return self._preview(request, form, history)

    def deadlines_view(self, request: HttpRequest) -> HttpResponse:
        """Open deadlines that the calendar in force would put elsewhere, and moving them."""
        self._need_permission(request)
        newest = CalendarYear.objects.order_by("-id").first()
        form = ReasonForm(request.POST or None, initial={"reason": newest.source if newest else ""})
        if request.method == "POST" and form.is_valid():
            self._move(request, form.cleaned_data["reason"])
            return redirect("admin:calendars_calendaryear_deadlines")
        return self._page(
            request,
            "calendars/deadlines.html",
            _("Open deadlines and the calendar in force"),
            form=form,
            moves=services.open_moves(queries.history()),
            at_once=AT_ONCE,
        )

    def _edit(
        self, request: HttpRequest, form: NoticeForm, reading: Reading | None = None
    ) -> HttpResponse:
        return self._page(
            request,
            "calendars/form.html",
            _("A notice or an amendment"),
            form=form,
            action=reverse("admin:calendars_calendaryear_add"),
            doubts=[str(DOUBTS[kind]) % text for kind, text in reading.doubts] if reading else [],
            read=reading is not None,
            verb=_("Look at it before publishing"),
        )

    def _preview(self, request: HttpRequest, form: NoticeForm, history: History) -> HttpResponse:
        notice = form.notice()
        new = notice.tables(history)
        then = history.later(notice.revisions(history))
        return self._page(
            request,
            "calendars/preview.html",
            _("Before publishing"),
            form=form,
            hidden=[(name, value) for name, value in request.POST.items() if name in form.fields],
            seen=_seen(form, history),
            tables=[_shown(each, history.table(each.year, notice.region)) for each in new],
            moves=services.open_moves(then),
        )

    def _publish(self, request: HttpRequest, form: NoticeForm) -> HttpResponse:
        try:
            rows = services.publish_notice(
                notice=form.notice(),
                source=form.cleaned_data["source"],
                published_on=form.cleaned_data["published_on"],
            )
        except (Problem, IntegrityError) as error:
            form.add_error(None, str(error))
            return self._edit(request, form)
        for row in rows:
            self.log_addition(request, row, [{"added": {}}])
        messages.success(request, _("Published: %s.") % ", ".join(str(row) for row in rows))
        if "move" not in request.POST:
            return redirect("admin:calendars_calendaryear_changelist")
        self._move(request, form.cleaned_data["source"])
        return redirect("admin:calendars_calendaryear_deadlines")

    def _move(self, request: HttpRequest, reason: str) -> None:
        moved = services.move_deadlines(staff=request.user, reason=reason, limit=AT_ONCE)
        messages.success(
            request,
            ngettext("%(count)d deadline was moved.", "%(count)d deadlines were moved.", moved)
            % {"count": moved},
        )

    def _need_permission(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _page(
        self, request: HttpRequest, template: str, title: str, **context: Any
    ) -> TemplateResponse:
        frame = self.admin_site.each_context(request)
        return TemplateResponse(
            request, template, {**frame, "title": title, "opts": self.opts, **context}
        )


def _initial(reading: Reading, region: str) -> dict[str, Any]:
    """How the form of what was read begins."""
    notice = reading.notice(queries.history(), region)
    return {
        "year": notice.year,
        "region": region,
        "source": reading.title,
        "published_on": reading.signed_on,
        "off": as_lines(notice.off),
        "worked": as_lines(notice.worked),
    }


def _shown(table: YearTable, before: YearTable | None) -> dict[str, Any]:
    """A table to be published, and what is new in it."""
    old_off, old_worked = (before.off, before.worked) if before else (frozenset(), frozenset())
    return {
        "name": f"{table.year}.{table.revision}",
        "off": spans(table.off),
        "worked": spans(table.worked),
        "before": before,
        "more_off": spans(table.off - old_off),
        "less_off": spans(old_off - table.off),
        "more_worked": spans(table.worked - old_worked),
        "less_worked": spans(old_worked - table.worked),
    }


def _seen(form: NoticeForm, history: History) -> str:
    """What would be published now; another administrator may have been faster."""
    return "+".join(f"{each.year}.{each.revision}" for each in form.notice().tables(history))


def _amended(key: str | None) -> dict[str, Any] | None:
    """What the form of an amendment begins with; None when nothing is amended."""
    try:
        row = CalendarYear.objects.filter(pk=UUID(key)).first() if key else None
    except ValueError:
        row = None
    return amendment_of(row) if row else None

"""Administration of the working calendars: notices are entered, never edited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from huiyin.calendars import services
from huiyin.calendars.models import CalendarYear, validate_days

_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*(?:\.\.|~|–|—|至)\s*(\d{4}-\d{2}-\d{2}))?")


def days_in(text: str) -> Iterator[str]:
    """The ISO dates in lines of dates and spans. Raises ``ValueError`` for anything else."""
    for entry in filter(None, map(str.strip, re.split(r"[\n,，、;；]", text))):
        span = _SPAN.fullmatch(entry)
        if span is None:
            raise ValueError(entry)
        first = date.fromisoformat(span[1])
        last = date.fromisoformat(span[2] or span[1])
        if not 0 <= (last - first).days < 366:
            raise ValueError(entry)
        for offset in range((last - first).days + 1):
            yield (first + timedelta(days=offset)).isoformat()


class DaysField(forms.CharField):
    """Dates such as ``2026-01-01``, and spans such as ``2026-02-15 ~ 2026-02-23``, one a line."""

    widget = forms.Textarea(attrs={"rows": 8, "placeholder": "2026-02-15 ~ 2026-02-23"})

    def clean(self, value: Any) -> list[str]:
        try:
            return list(days_in(super().clean(value)))
        except ValueError as error:
            raise forms.ValidationError(
                _("“%(text)s” is neither a date nor a span of dates."), params={"text": error}
            ) from error


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A notice as people read it; the revision is the year's next one."""

    off = DaysField(label=_("Days off"), help_text=_("One date or span of dates a line."))
    worked = DaysField(label=_("Worked weekends"), required=False)

    class Meta:
        model = CalendarYear
        fields = ["year", "source", "published_on", "provisional"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        days = dict.fromkeys(cleaned.get("off", []), CalendarYear.OFF)
        worked = cleaned.get("worked", [])
        if twice := sorted(days.keys() & set(worked)):
            self.add_error("worked", _("%s is a day off and worked as well.") % ", ".join(twice))
        days |= dict.fromkeys(worked, CalendarYear.WORKED)
        try:
            validate_days(days, year=cleaned.get("year"))
        except forms.ValidationError as error:
            self.add_error("off", error.messages)
        else:
            self.instance.days = days
        return cleaned


@admin.register(CalendarYear)
class CalendarYearAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An amendment is a new revision: deadlines name the revision they were computed with."""

    list_display = ["__str__", "year", "revision", "provisional", "source", "published_on"]
    list_filter = ["provisional"]
    search_fields = ["year", "source"]

    def get_form(
        self,
        request: HttpRequest,
        obj: CalendarYear | None = None,
        change: bool = False,
        **options: Any,
    ) -> type[forms.ModelForm[CalendarYear]]:
        if obj is None:
            return NoticeForm
        return super().get_form(request, obj, change, **options)

    def has_change_permission(self, request: HttpRequest, obj: CalendarYear | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CalendarYear | None = None) -> bool:
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: CalendarYear,
        form: forms.ModelForm[CalendarYear],
        change: bool,
    ) -> None:
        saved = services.publish_year(
            year=obj.year,
            days=obj.days,
            source=obj.source,
            published_on=obj.published_on,
            provisional=obj.provisional,
        )
        obj.pk, obj.revision = saved.pk, saved.revision

"""What an administrator types to publish a notice: its text, or its days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from huiyin.calendars.models import CalendarYear, validate_region
from huiyin.calendars.notices import Notice, spans, year_of

_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*(?:\.\.|~|–|—|至)\s*(\d{4}-\d{2}-\d{2}))?")
# A notice is a page.
_LONGEST_TEXT = 20_000
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


def days_in(text: str) -> Iterator[date]:
    """The days in lines of ISO dates and spans. Raises ``ValueError`` for anything else."""
    for entry in filter(None, map(str.strip, re.split(r"[\n,，、;；]", text))):
        span = _SPAN.fullmatch(entry)
        if span is None:
            raise ValueError(entry)
        first = date.fromisoformat(span[1])
        last = date.fromisoformat(span[2] or span[1])
        if not 0 <= (last - first).days < 366:
            raise ValueError(entry)
        for offset in range((last - first).days + 1):
            yield first + timedelta(days=offset)


def as_lines(days: Iterable[date]) -> str:
    """Days as they are typed: a date or a span a line."""
    return "\n".join(
        f"{first}" if first == last else f"{first} ~ {last}" for first, last in spans(days)
    )


class DaysField(forms.CharField):
    """Dates such as ``2026-01-01``, and spans such as ``2026-02-15 ~ 2026-02-23``, one a line."""

    widget = forms.Textarea(
        attrs={
            "rows": 9,
            "cols": 30,
            "spellcheck": "false",
            "placeholder": "2026-02-15 ~ 2026-02-23",
        }
    )

    def clean(self, value: Any) -> frozenset[date]:
        try:
            return frozenset(days_in(super().clean(value)))
        except ValueError as error:
            raise ValidationError(
                _("“%(text)s” is neither a date nor a span of dates."), params={"text": error}
            ) from error


class _Place(forms.Form):
    """Which year and region it is about."""

    year = forms.IntegerField(label=_("year"), min_value=_FIRST_YEAR, max_value=_LAST_YEAR)
    region = forms.CharField(
        label=_("region"),
        required=False,
        max_length=12,
        validators=[validate_region],
        help_text=_("Division code of 12 digits for days that hold there only; empty: everywhere."),
    )


class TextForm(_Place):
    """The notice as it was published."""

    text = forms.CharField(
        label=_("text of the notice"),
        max_length=_LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 16, "cols": 90}),
        help_text=_(
            "Paste all of it. An amendment is read too: it changes the newest version of its year."
        ),
    )
    year = forms.IntegerField(
        label=_("year"),
        required=False,
        help_text=_("Needed only when the text does not name it."),
        min_value=_FIRST_YEAR,
        max_value=_LAST_YEAR,
    )
    field_order = ["text", "year", "region"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("text") and "year" in cleaned and cleaned["year"] is None:
            cleaned["year"] = year_of(cleaned["text"])
            if cleaned["year"] is None:
                self.add_error("year", _("The text names no year."))
        return cleaned


class NoticeForm(_Place):
    """A notice as days; publishing it is the year's next revision."""

    source = forms.CharField(
        label=_("legal source"),
        max_length=200,
        help_text=_("The notice, with its number if it has one."),
        widget=forms.TextInput(attrs={"size": 60}),
    )
    published_on = forms.DateField(
        label=_("published on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Deadlines asked as of an earlier day do not know it. Empty: today."),
    )
    provisional = forms.BooleanField(
        label=_("provisional"),
        required=False,
        help_text=_("A guess: the notice is still to come. Deadlines that ask it are marked."),
    )
    off = DaysField(
        label=_("Days off"),
        required=False,
        help_text=_(
            "All of the year, one date or span of dates a line. Days of December before belong "
            "here when the New Year's holiday begins there."
        ),
    )
    worked = DaysField(label=_("Worked weekends"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        off, worked = cleaned.get("off", frozenset()), cleaned.get("worked", frozenset())
        if twice := sorted(off & worked):
            self.add_error(
                "worked",
                _("%s is a day off and worked as well.")
                % ", ".join(day.isoformat() for day in twice),
            )
        if (year := cleaned.get("year")) is not None:
            for name, days in (("off", off), ("worked", worked)):
                if strange := sorted(day for day in days if not _may_name(year, day)):
                    self.add_error(
                        name,
                        _("%(day)s is not a day of the year %(year)s.")
                        % {"day": strange[0].isoformat(), "year": year},
                    )
            if not off and not cleaned.get("region") and "off" not in self.errors:
                self.add_error("off", _("A year without a single day off cannot be meant."))
        return cleaned

    def notice(self) -> Notice:
        """What a valid form says."""
        data = self.cleaned_data
        return Notice(
            data["year"], data["off"], data["worked"], data["region"], data["provisional"]
        )


def _may_name(year: int, day: date) -> bool:
    return day.year == year or (day.year == year - 1 and day.month == 12)


def amendment_of(row: CalendarYear) -> dict[str, Any]:
    """How a form that amends ``row`` begins: with its days."""
    table = row.table()
    return {
        "year": row.year,
        "region": row.region,
        "source": row.source,
        "provisional": row.provisional,
        "off": as_lines(table.off),
        "worked": as_lines(table.worked),
    }

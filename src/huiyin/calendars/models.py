"""Which days are worked, year by year, as the State Council's notices and amendments say."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.calendars.arithmetic import YearTable
from huiyin.calendars.history import Revision
from huiyin.kernel.models import Row

validate_region = RegexValidator(r"^[1-9]\d{11}\Z", _("A division code has 12 digits."))


class CalendarYear(Row):
    """One revision of one year. Never changed: an amendment is a new row with the next revision.

    The highest revision of a year is in force. Deadlines name the revisions they were computed
    with, so an old one must stay readable as it was. A region's rows hold its own days only (三月三
    in Guangxi); they lie over the national ones and are revised on their own.
    """

    OFF, WORKED = "off", "worked"

    year = models.PositiveSmallIntegerField(_("year"))
    region = models.CharField(
        _("region"),
        max_length=12,
        blank=True,
        help_text=_("Division code of 12 digits for days that hold there only; empty: everywhere."),
        validators=[validate_region],
    )
    revision = models.PositiveSmallIntegerField(_("revision"))
    provisional = models.BooleanField(
        _("provisional"), default=False, help_text=_("The State Council's notice is still to come.")
    )
    source = models.CharField(
        _("legal source"), max_length=200, help_text=_("The notice, with its number if it has one.")
    )
    published_on = models.DateField(_("published on"), null=True, blank=True)
    days = models.JSONField(
        _("days off and worked"),
        default=dict,
        blank=True,
        help_text=_("Days off and worked weekends. Other weekends are off, other days are worked."),
    )

    class Meta:
        ordering = ["-year", "region", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "region", "revision"], name="one_calendar_a_revision"
            )
        ]
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")

    def __str__(self) -> str:
        return self.as_revision().name

    def clean(self) -> None:
        validate_days(self.days, year=self.year)
        if not self.days and not self.region:
            raise ValidationError({"days": _("A notice for the whole country names its days.")})

    def as_revision(self) -> Revision:
        return Revision(self.region, self.published_on, self.table())

    def table(self) -> YearTable:
        return YearTable(
            year=self.year,
            revision=self.revision,
            provisional=self.provisional,
            off=self._days(self.OFF),
            worked=self._days(self.WORKED),
        )

    def _days(self, kind: str) -> frozenset[date]:
        return frozenset(date.fromisoformat(day) for day, what in self.days.items() if what == kind)


def validate_days(days: Any, *, year: int | None) -> None:
    """Raise ``ValidationError`` unless ``days`` maps days of ``year`` to ``off`` or ``worked``."""
    kinds = {CalendarYear.OFF, CalendarYear.WORKED}
    if not isinstance(days, dict) or not all(kind in kinds for kind in days.values()):
        raise ValidationError({"days": _("Each day is either “off” or “worked”.")})
    for text in days:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.year != year:
            raise ValidationError(
                {
                    "days": _("%(day)s is not a day of the year %(year)s.")
                    % {"day": text, "year": year}
                }
            )

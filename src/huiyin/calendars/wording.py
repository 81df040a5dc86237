"""What is said of a notice that was read, on pages and by commands."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huiyin.calendars.notices import Doubt

# Each followed by the sentence it is about.
DOUBTS: dict[Doubt, str | Promise] = {
    Doubt.NO_SUCH_DAY: _("There is no such day: “%s”"),
    Doubt.WEEKDAY: _("The weekday is not that of the date: “%s”"),
    Doubt.COUNT: _("The number of days is another one: “%s”"),
    Doubt.UNREAD: _("Not understood, please check: “%s”"),
}

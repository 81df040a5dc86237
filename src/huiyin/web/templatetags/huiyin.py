"""Template tags and filters shared by all pages: ``{% load huiyin %}``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from huiyin.calendars.arithmetic import Unit
from huiyin.kernel import clock, ids

register = template.Library()

LEVEL_WORDS: dict[int, Promise] = {
    5: _("Very satisfied"),
    4: _("Satisfied"),
    3: _("Fairly satisfied"),
    2: _("Dissatisfied"),
    1: _("Very dissatisfied"),
}
_NOTHING = "—"


# Drawings


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A drawing of the sprite. Decorative unless ``label`` says what it means."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="#i-{}"/></svg>', label, name
        )
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>', name
    )


@register.filter
def level_word(level: int | None) -> str:
    """The words for a level, 5 (very satisfied) to 1 (very dissatisfied)."""
    return str(LEVEL_WORDS[level]) if level in LEVEL_WORDS else _NOTHING


@register.simple_tag
def level_face(level: int, words: bool = True) -> SafeString:
    """The face of a level with its words beside it; ``words=False`` gives them to readers only."""
    if words:
        return format_html(
            '<span class="level"><svg class="face face-{0}" aria-hidden="true" focusable="false">'
            '<use href="#i-face-{0}"/></svg><span>{1}</span></span>',
            level,
            level_word(level),
        )
    return format_html(
        '<svg class="face face-{0}" role="img" aria-label="{1}"><use href="#i-face-{0}"/></svg>',
        level,
        level_word(level),
    )


# Times, durations, numbers


@register.filter
def local_datetime(moment: datetime | None) -> str:
    """``moment`` (aware) where the platform is: 2026年11月23日 14:05, or 23 Nov 2026, 14:05."""
    if moment is None:
        return _NOTHING
    return dateformat.format(clock.local(moment), pgettext("date format", "j M Y, H:i"))


@register.filter
def local_date(value: datetime | date | None) -> str:
    """The day of a moment (aware) or a date: 2026年11月23日, or 23 Nov 2026."""
    if value is None:
        return _NOTHING
    day = clock.local(value) if isinstance(value, datetime) else value
    return dateformat.format(day, pgettext("date format", "j M Y"))


@register.filter
def local_due(moment: datetime | None) -> str:
    """A deadline. One that falls on midnight ends the day before, at 24:00, as people say it."""
    if moment is None:
        return _NOTHING
    local = clock.local(moment)
    if local.time() != time():
        return local_datetime(moment)
    day_before = local.date() - timedelta(days=1)
    return dateformat.format(day_before, pgettext("date format", "j M Y, \\2\\4:\\0\\0"))


@register.filter
def human(duration: timedelta | None) -> str:
    """A length of time in its two largest units, rounded down; below a minute, in seconds."""
    if duration is None:
        return _NOTHING
    microseconds = abs(duration) // timedelta(microseconds=1)
    if microseconds < 60_000_000:
        # Thousandths below a second, tenths above.
        step = 1_000 if microseconds < 1_000_000 else 100_000
        number = f"{microseconds // step * step / 1_000_000:g}"
        return gettext("%(number)s s") % {"number": number}
    days, rest = divmod(microseconds // 1_000_000, 86400)
    hours, rest = divmod(rest, 3600)
    minutes = rest // 60
    parts = [
        words % {"n": n}
        for n, words in (
            (days, ngettext("%(n)d day", "%(n)d days", days)),
            (hours, ngettext("%(n)d hour", "%(n)d hours", hours)),
            (minutes, ngettext("%(n)d minute", "%(n)d minutes", minutes)),
        )
    ]
    first = 0 if days else 1 if hours else 2
    counts = (days, hours, minutes)
    shown = [parts[i] for i in range(first, min(first + 2, 3)) if counts[i]]
    return " ".join(shown)


@register.filter
def period(amount: int, unit: str) -> str:
    """``amount`` of a clock's unit, in words."""
    words = {
        Unit.NATURAL_DAY: ngettext("%(n)d day", "%(n)d days", amount),
        Unit.WORKING_DAY: ngettext("%(n)d working day", "%(n)d working days", amount),
        Unit.MONTH: ngettext("%(n)d month", "%(n)d months", amount),
    }
    return words[Unit(unit)] % {"n": amount}


@register.filter
def percent(share: float | Decimal | Fraction | None) -> str:
    """A share (0 to 1) in per cent with one decimal, as it is read by sceptics.

    Nothing short of everything becomes 100 %, nothing above nothing becomes 0 %; None, a share of
    no cases, is a dash.
    """
    if share is None:
        return _NOTHING
    exact = Fraction(share) * 100
    value = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(
        Decimal("0.1"), ROUND_HALF_UP
    )
    if exact < 100 <= value:
        value = Decimal("99.9")
    if exact > 0 and value == 0:
        return gettext("< %(number)s%%") % {"number": "0.1"}
    text = f"{value:.0f}" if exact in (0, 100) else f"{value:.1f}"
    return gettext("%(number)s%%") % {"number": text}


@register.simple_tag
def share(numerator: int | None, denominator: int | None) -> str:
    """``numerator`` of ``denominator`` in per cent, or a dash when there are no cases."""
    if numerator is None or not denominator:
        return _NOTHING
    return percent(Fraction(numerator, denominator))


@register.filter
def thousands(number: int | None) -> str:
    """A count with separators: 2,010,000."""
    return _NOTHING if number is None else f"{number:,}"


@register.filter
def grouped(code: str) -> str:
    """A public code in groups of four, for people."""
    return ids.grouped(code)


# Components with content of their own


@register.simple_block_tag(takes_context=True)
def card(context: Context, content: str, **options: Any) -> SafeString:
    """components/card.html around the content: ``{% card title=_("…") %}…{% endcard %}``."""
    return _around("card", context, content, options)


@register.simple_block_tag(takes_context=True)
def banner(context: Context, content: str, **options: Any) -> SafeString:
    """components/banner.html around the content: ``{% banner kind="error" %}…{% endbanner %}``."""
    return _around("banner", context, content, options)


@register.simple_block_tag(takes_context=True)
def datatable(context: Context, content: str, **options: Any) -> SafeString:
    """components/table.html around <thead> and <tbody>."""
    return _around("table", context, content, options)


def _around(name: str, context: Context, content: str, options: dict[str, Any]) -> SafeString:
    return render_to_string(
        f"components/{name}.html", options | {"content": content}, context.get("request")
    )


@register.inclusion_tag("components/clock_chip.html")
def clock_chip(clock_row: Any) -> dict[str, Any]:
    """A deadline as a traffic light with words; parameters in the template."""
    return clock_state(clock_row)


def clock_state(clock_row: Any) -> dict[str, Any]:
    """What the chip says of a clock with due_at, warn_at, stopped_at, breached, provisional."""
    now = clock.now()
    stopped_at = getattr(clock_row, "stopped_at", None)
    warn_at = getattr(clock_row, "warn_at", None)
    until = clock_row.due_at - (stopped_at or now)
    breached = bool(getattr(clock_row, "breached", False)) or until < timedelta()
    if stopped_at is not None:
        state = "stopped"
    elif breached:
        state = "late"
    elif warn_at is not None and now >= warn_at:
        state = "soon"
    else:
        state = "ok"
    return {
        "state": state,
        "breached": breached,
        "due_at": clock_row.due_at,
        "stopped_at": stopped_at,
        "difference": abs(until),
        # Seconds would count down on no page: they say nothing to anybody.
        "moments": abs(until) < timedelta(minutes=1),
        "provisional": bool(getattr(clock_row, "provisional", False)),
    }


@register.inclusion_tag("components/level_group.html")
def level_group(
    tags_by_level: Mapping[int, Iterable[tuple[str, str | Promise]]],
    chosen: int | str | None = None,
    chosen_tags: Iterable[str] = (),
    legend: str | Promise = "",
    error: str | Promise = "",
) -> dict[str, Any]:
    """Five levels as radio buttons with each one's tags; parameters in the template."""
    selected = set(chosen_tags)
    return {
        "legend": legend,
        "error": error,
        "options": [
            {
                "level": level,
                "word": word,
                "checked": str(level) == str(chosen),
                "tags": [
                    {"code": code, "label": label, "checked": code in selected}
                    for code, label in tags_by_level.get(level, ())
                ],
            }
            for level, word in LEVEL_WORDS.items()
        ],
    }

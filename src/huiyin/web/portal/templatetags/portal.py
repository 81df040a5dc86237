"""How a published figure is written: ``{% load portal %}``."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.conf import settings
from django.utils.translation import gettext, pgettext

from huiyin.indicators.definitions import Kind
from huiyin.indicators.figures import Figure, State
from huiyin.web.templatetags.huiyin import human, percent, thousands

register = template.Library()
_FAST = 120  # seconds


@register.filter
def figure_value(figure: Figure) -> str:
    """The figure in large: a count, a share, a median; or in words why there is none."""
    if figure.state == State.NO_DATA:
        return gettext("No data yet")
    if figure.state == State.SUPPRESSED:
        return pgettext("portal", "Not shown")
    if figure.state == State.NO_SHARE:
        return "—"
    if figure.indicator.kind == Kind.SHARE:
        return percent(figure.share)
    if figure.indicator.kind == Kind.QUANTILES:
        return milliseconds(figure.median)
    return thousands(figure.numerator)


@register.filter
def figure_note(figure: Figure) -> str:
    """The small line under a figure: how sure it is, or why it is not shown."""
    if figure.state == State.SUPPRESSED:
        return gettext("Too few cases to be shown")
    if figure.state == State.NO_SHARE:
        return gettext("More reviews than services in this period")
    if figure.p99 is not None:
        return gettext("99 of 100 within %(time)s") % {"time": milliseconds(figure.p99)}
    if figure.interval is not None:
        return gettext("95%% interval: %(low)s to %(high)s") % {
            "low": percent(figure.interval.low),
            "high": percent(figure.interval.high),
        }
    return ""


@register.filter
def milliseconds(number: int | None) -> str:
    """A delay in people's units: 240 ms is 0.24 s."""
    return human(None if number is None else timedelta(milliseconds=number))


@register.simple_tag
def moves_fast() -> bool:
    """Whether epochs are so short, as in the demo, that a time of day says nothing of the next."""
    return bool(settings.HUIYIN_EPOCH_SECONDS < _FAST)


@register.filter
def seconds(number: int) -> str:
    """A length of time given in seconds."""
    return human(timedelta(seconds=number))

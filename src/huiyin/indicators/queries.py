"""Reading published figures. Everything is as of the newest epoch in the tallies, time included:
between two sealings nothing here gives another answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _

from huiyin.directory.models import Organisation
from huiyin.indicators.errors import PeriodInvalid
from huiyin.indicators.figures import Counted, Snapshot, snapshot
from huiyin.indicators.models import FoldedEpoch, Tally
from huiyin.kernel import clock
from huiyin.log.models import Epoch

_USUAL_MONTHS = 12
_LONGEST_MONTHS = 120


@dataclass(frozen=True)
class Period:
    """Whole calendar months: single days would be found out by subtracting two periods."""

    first: date
    last: date


@dataclass(frozen=True)
class Picture:
    """The public state: the newest epoch in the tallies (None before the first) and a period."""

    epoch: Epoch | None
    period: Period
    figures: Snapshot


def latest() -> FoldedEpoch | None:
    """The newest epoch whose entries are in the published figures. One query."""
    return FoldedEpoch.objects.select_related("epoch").order_by("-epoch_id").first()


def picture(*, first: date | None = None, last: date | None = None) -> Picture:
    """All figures of the months from that of ``first`` to that of ``last``.

    By default the twelve months up to the newest epoch. At most three queries, whatever the number
    of places; none but the first until the next epoch. Raises ``PeriodInvalid``.
    """
    folded = latest()
    today = clock.local(folded.epoch.sealed_at).date() if folded else clock.today()
    period = months(first, last, today=today)
    if folded is None:
        return Picture(None, period, snapshot((), parents={}, below=1))
    figures = _snapshot(folded.pk, period, settings.HUIYIN_SUPPRESS_BELOW)
    return Picture(folded.epoch, period, figures)


def months(first: date | None, last: date | None, *, today: date) -> Period:
    """The whole months from ``first`` to ``last``. Raises ``PeriodInvalid``."""
    end = last or max(today, first or today)
    start = first or _months_before(end, _USUAL_MONTHS - 1)
    if start > end:
        raise PeriodInvalid(_("The first month comes after the last."), field="from")
    if not 2000 <= start.year <= end.year <= 9000:
        raise PeriodInvalid(
            _("Choose months of the years 2000 to 9000."),
            field="from" if start.year < 2000 else "to",
        )
    if (end.year - start.year) * 12 + end.month - start.month >= _LONGEST_MONTHS:
        raise PeriodInvalid(
            _("A period may have %(months)d months at most.") % {"months": _LONGEST_MONTHS},
            field="from",
        )
    following = end.replace(day=28) + timedelta(days=4)
    return Period(start.replace(day=1), following.replace(day=1) - timedelta(days=1))


def _months_before(day: date, number: int) -> date:
    months = day.year * 12 + day.month - 1 - number
    return date(months // 12, months % 12 + 1, 1)


# By the folded epoch's own key, so that a picture is never of another database or another epoch.
@lru_cache(maxsize=16)
def _snapshot(folded: UUID, period: Period, below: int) -> Snapshot:
    rows = (
        Tally.objects.filter(day__range=(period.first, period.last))
        .values_list("organisation", "region", "metric", "value", "trust")
        .annotate(total=Sum("amount"))
        .order_by()
    )
    parents = dict(Organisation.objects.order_by().values_list("uscc", "parent__uscc"))
    return snapshot((Counted(*row) for row in rows), parents=parents, below=below)

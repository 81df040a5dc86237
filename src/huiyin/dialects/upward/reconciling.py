"""Whether what we reported and what the platform above has are the same: by state, row by row, and
against a list that it gives out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from huiyin.dialects.models import UpwardPlatform, UpwardReport
from huiyin.dialects.upward import contents
from huiyin.dialects.upward.services import hash_of
from huiyin.kernel import clock

State = UpwardReport.State
_AT_ONCE = 500
COLUMNS = (
    *("kind", "projectNo", "serviceNumber", "assessNumber", "satisfaction", "standing"),
    *("attempts", "sent", "answered", "reason"),
)
_KEY = ("projectNo", "serviceNumber", "assessNumber")


class Standing(StrEnum):
    """Where a report stands. Only the first means that both sides have the same."""

    ACKNOWLEDGED = "acknowledged"
    DIFFERING = "differing"  # acknowledged, and we would say something else today
    REFUSED = "refused"
    UNCERTAIN = "uncertain"  # sent, and nobody answered clearly
    WAITING = "waiting"  # not sent yet
    WITHHELD = "withheld"
    MISSING_ABOVE = "missing above"  # acknowledged, but not in their list
    UNKNOWN_HERE = "unknown here"  # in their list, but not reported by us


class Line(NamedTuple):
    """One report, as the operator compares it. No name and no text of a citizen."""

    kind: str
    project_no: str
    service_number: str
    assess_number: str
    satisfaction: str
    standing: Standing
    attempts: int = 0
    sent: str = ""
    answered: str = ""
    reason: str = ""


def lines(
    platform: UpwardPlatform,
    *,
    begins: date | None = None,
    ends: date | None = None,
    theirs: Iterable[Mapping[str, str]] | None = None,
) -> Iterator[Line]:
    """All that was planned on the days from ``begins`` to ``ends``, oldest first.

    ``theirs`` is the list of reviews that the platform above has of the same days, by the names of
    the national table; what is in only one of both lists is said. Memory grows with ``theirs``
    alone.
    """
    listed = None if theirs is None else {_key(row): row for row in theirs}
    reports = iter(_planned(platform, begins, ends).iterator(_AT_ONCE))
    while some := list(islice(reports, _AT_ONCE)):
        found = contents.prepared(some)
        for report in some:
            line = _line(report, found[report.pk])
            if listed is not None and report.kind == UpwardReport.Kind.REVIEW:
                line = _compared(
                    line,
                    listed.pop((line.project_no, line.service_number, line.assess_number), None),
                )
            yield line
    for (project_no, service_number, assess_number), row in (listed or {}).items():
        level = row.get("satisfaction") or ""
        yield Line(
            UpwardReport.Kind.REVIEW.value,
            project_no,
            service_number,
            assess_number,
            level,
            Standing.UNKNOWN_HERE,
        )


def tally(found: Iterable[Line]) -> Counter[tuple[str, Standing]]:
    """How many of each kind stand how."""
    return Counter((line.kind, line.standing) for line in found)


def _planned(
    platform: UpwardPlatform, begins: date | None, ends: date | None
) -> QuerySet[UpwardReport]:
    reports = UpwardReport.objects.filter(platform=platform).select_related("platform")
    if begins:
        reports = reports.filter(planned_at__gte=_midnight(begins))
    if ends:
        reports = reports.filter(planned_at__lte=_midnight(ends, time.max))
    return reports.order_by("planned_at", "pk")


def _midnight(day: date, at: time = time.min) -> datetime:
    return timezone.make_aware(datetime.combine(day, at), clock.LOCAL)


def _line(report: UpwardReport, now: contents.Prepared) -> Line:
    content = now.content or {}
    return Line(
        kind=report.kind,
        project_no=content.get("projectNo", ""),
        service_number=content.get("serviceNumber", ""),
        assess_number=content.get("assessNumber", ""),
        satisfaction=content.get("satisfaction", ""),
        standing=_standing(report, now),
        attempts=report.attempts,
        sent=_day_and_time(report.last_sent_at),
        answered=_day_and_time(report.answered_at),
        reason=report.reason,
    )


def _standing(report: UpwardReport, now: contents.Prepared) -> Standing:
    if report.state == State.ACKNOWLEDGED:
        sent = bytes(report.content_hash or b"")
        same = now.content is not None and hash_of(now.content) == sent
        return Standing.ACKNOWLEDGED if same else Standing.DIFFERING
    if report.state == State.WAITING:
        return Standing.UNCERTAIN if report.attempts else Standing.WAITING
    return Standing(report.state)


def _compared(line: Line, theirs: Mapping[str, str] | None) -> Line:
    if theirs is None:
        missing = line.standing in {Standing.ACKNOWLEDGED, Standing.DIFFERING}
        return line._replace(standing=Standing.MISSING_ABOVE) if missing else line
    if theirs.get("satisfaction", "") != line.satisfaction:
        return line._replace(standing=Standing.DIFFERING)
    return line


def _key(row: Mapping[str, str]) -> tuple[str, str, str]:
    """The review that a row of their list is about; without a number it is the first."""
    project_no, service_number, assess_number = ((row.get(name) or "").strip() for name in _KEY)
    return project_no, service_number or "1", assess_number or "1"


def _day_and_time(moment: datetime | None) -> str:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M:%S") if moment else ""

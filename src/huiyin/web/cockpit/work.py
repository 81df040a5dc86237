"""The work lists: what is late, what soon will be, and what waits for the reader's decision.

They follow the matters at once. All of them are bounded: a page reads one page of rows, and a count
stops at ``MOST``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Role, Staff
from huiyin.directory.queries import (
    Organisations,
    by_key_if_few,
    line_of_command,
    organisations_in_scope,
)
from huiyin.kernel import clock
from huiyin.matters import kinds
from huiyin.matters.models import Clock, Extension, Matter, Reply, SupervisionOrder
from huiyin.matters.table import AT_WORK, MINDERS, ClockKind, State

SOON = timedelta(hours=24)
# Beyond this a count says “more than”.
MOST = 1_000
# Clocks that few matters have: the lists of these go by their own deadlines.
RARE = (ClockKind.RULING, ClockKind.SUPERVISION)
# The clocks that somebody of the staff has to mind; nobody is late with a follow-up review.
MINDED: tuple[ClockKind, ...] = tuple(kind for kind, who in MINDERS.items() if who is not None)


@dataclass(frozen=True)
class Count:
    number: int
    more: bool


def count(rows: QuerySet[Any]) -> Count:
    """How many rows there are, counted up to ``MOST``. One query."""
    number = rows.order_by().values("pk")[: MOST + 1].count()
    return Count(min(number, MOST), number > MOST)


def late(organisations: Organisations, kind: ClockKind | None = None) -> QuerySet[Matter]:
    """Open matters of ``organisations`` of which a clock (of ``kind``) is overdue, with ``due``:
    since when it is, or where the kind does not matter, any of them."""
    now = clock.now()
    if kind in RARE:
        return (
            _open(organisations)
            .filter(
                clocks__kind=kind,
                clocks__stopped_at__isnull=True,
                clocks__paused_at__isnull=True,
                clocks__due_at__lte=now,
            )
            .annotate(due=F("clocks__due_at"))
        )
    found = _open(organisations).filter(_runs(kind, due_at__lte=now), next_due_at__lte=now)
    return found.annotate(due=F("next_due_at"))


def soon(organisations: Organisations, kind: ClockKind | None = None) -> QuerySet[Matter]:
    """Open matters in which nothing is overdue yet, but will be within 24 hours."""
    now = clock.now()
    return (
        _open(organisations)
        .filter(
            _runs(kind, due_at__gt=now, due_at__lte=now + SOON),
            next_due_at__gt=now,
            next_due_at__lte=now + SOON,
        )
        .annotate(due=F("next_due_at"))
    )


def _open(organisations: Organisations) -> QuerySet[Matter]:
    return Matter.objects.filter(closed_at__isnull=True, organisation__in=organisations)


def _runs(kind: ClockKind | None, **due: Any) -> Exists:
    running = Clock.objects.filter(
        matter=OuterRef("pk"), stopped_at__isnull=True, paused_at__isnull=True, **due
    )
    return Exists(running.filter(kind=kind) if kind else running.filter(kind__in=MINDED))


@dataclass(frozen=True)
class Decision:
    """Something only the supervisor can decide."""

    name: str
    title: str | Promise
    what: str | Promise


DECISIONS = (
    Decision(
        "extension",
        _("Extensions"),
        _("The unit asks for more time. Grant or refuse it before the deadline."),
    ),
    Decision(
        "unreachable",
        _("Unreachable"),
        _("The unit says that the citizen cannot be reached. Agree, or have it keep trying."),
    ),
    Decision(
        "returned",
        _("Whose matter"),
        _("The unit says that the matter is another one's. Decide who handles it, for good."),
    ),
    Decision("reply", _("Replies"), _("By the rules here, you approve the reply or send it back.")),
)


def to_decide(staff: Staff) -> dict[str, QuerySet[Matter]]:
    """The matters that wait for a decision of ``staff``, by the name of the decision."""
    here = _open(by_key_if_few(organisations_in_scope(staff, [Role.SUPERVISOR])))
    author = Reply.objects.filter(matter=OuterRef("pk")).order_by("-number").values("author")[:1]
    return {
        # Whoever grants more time may not belong to the unit.
        "extension": here.filter(
            pk__in=Extension.objects.filter(granted__isnull=True).values("matter"),
            state__in=AT_WORK,
        ).exclude(organisation__in=line_of_command(staff.organisation)),
        "unreachable": here.filter(state=State.UNREACHABLE_ASKED),
        "returned": here.filter(state=State.RETURNED),
        # Nobody approves what they wrote themselves.
        "reply": here.filter(
            state=State.REPLY_DRAFTED, round=1, policy__document__approvals__reply="supervisor"
        )
        .annotate(drafted_by=Subquery(author))
        .exclude(drafted_by=staff.pk),
    }


def orders(organisations: Organisations, show: str) -> QuerySet[SupervisionOrder]:
    """The supervision orders to ``organisations``: ``open``, ``overdue`` or ``answered``."""
    given = SupervisionOrder.objects.filter(matter__organisation__in=organisations)
    if show == "answered":
        return given.filter(answered_at__isnull=False)
    waiting = given.filter(answered_at__isnull=True)
    if show == "open":
        return waiting
    overdue = Clock.objects.filter(
        matter=OuterRef("matter"),
        kind=ClockKind.SUPERVISION,
        stopped_at__isnull=True,
        due_at__lte=clock.now(),
    )
    return waiting.filter(Exists(overdue))


@dataclass(frozen=True)
class Row:
    """A matter as the work lists show it."""

    matter: Matter
    title: str
    clocks: list[Clock]
    order: SupervisionOrder | None = None


def with_clocks(matters: QuerySet[Matter]) -> QuerySet[Matter]:
    """``matters`` with what ``rows`` needs."""
    return matters.select_related("organisation").prefetch_related(
        Prefetch("clocks", queryset=running(), to_attr="running")
    )


def running() -> QuerySet[Clock]:
    """The running clocks that somebody has to mind, first due first."""
    return Clock.objects.filter(
        stopped_at__isnull=True, paused_at__isnull=True, kind__in=MINDED
    ).order_by("due_at")


def rows(matters: Iterable[Matter], *, due_by: datetime | None = None) -> list[Row]:
    """``matters`` (of ``with_clocks``) as rows, with the clocks that are due by then (None: all).

    A fixed number of queries.
    """
    matters = list(matters)
    described = kinds.describe(matters)
    return [
        Row(
            matter,
            described[matter.pk].title,
            [row for row in matter.running if due_by is None or row.due_at <= due_by],  # type: ignore[attr-defined]
        )
        for matter in matters
    ]

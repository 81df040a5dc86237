"""Reading appeals and rulings. Who may see a matter may see its appeals."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import (
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce

from huiyin.appeals.models import Appeal, AppealEvidence, Ruling, Statement
from huiyin.directory.models import Role, Staff
from huiyin.directory.queries import line_of_command, staff_with
from huiyin.kernel.paging import Page, merged, row_by_row
from huiyin.kernel.problems import NotFound
from huiyin.matters.models import NEVER, OF_ARBITERS, Clock, Matter, Step
from huiyin.matters.queries import arbitrable_by
from huiyin.matters.table import ClockKind, Event, State

PRECEDENTS_SHOWN = 8


def appeals_of(matter: Matter) -> list[Appeal]:
    """The appeals of ``matter``, oldest first, with all that was said and decided. Four queries."""
    return list(_whole(Appeal.objects.filter(matter=matter)))


def open_appeal(matter: Matter) -> Appeal | None:
    """The appeal that waits for a ruling; there is one at most."""
    return Appeal.objects.filter(matter=matter, ruling__isnull=True).last()


def case_of(staff: Staff, code: str) -> Matter:
    """The matter called ``code``, as an arbiter sees it. Raises ``NotFound`` when there is none, or
    it is not ``staff``'s to arbitrate."""
    found = (
        Matter.objects.filter(arbitrable_by(staff), code=code)
        .select_related("organisation__region", "policy")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def evidence_of(matter: Matter, evidence_id: UUID) -> AppealEvidence:
    """A file of an appeal of the unit. Raises ``NotFound``."""
    found = AppealEvidence.objects.filter(appeal__matter=matter, pk=evidence_id).first()
    if found is None:
        raise NotFound
    return found


def to_decide(staff: Staff, *, cursor: str | None, size: int) -> Page[Matter]:
    """A page of the matters that wait for an arbiter whom ``staff`` may be, what is due first at
    the top: to be ruled on (``to_rule``), or, after a reopening, with a reply to approve. Those
    stepped back from are not there. Each has its running clocks at hand. Raises ``Invalid``."""
    running = Clock.objects.filter(stopped_at__isnull=True)
    ruling = running.filter(matter=OuterRef("pk"), kind=ClockKind.RULING)
    matters = (
        Matter.objects.filter(closed_at__isnull=True)
        .select_related("organisation")
        .prefetch_related(Prefetch("clocks", queryset=running, to_attr="running"))
    )
    theirs = row_by_row(arbitrable_by(staff))
    to_rule = matters.filter(
        theirs, clocks__kind=ClockKind.RULING, clocks__stopped_at__isnull=True
    ).annotate(to_rule=Value(True), due=F("clocks__due_at"))
    to_approve = matters.filter(
        OF_ARBITERS,
        row_by_row(~Exists(ruling) & Q(state=State.REPLY_DRAFTED, round__gt=1)),
        theirs,
    ).annotate(
        to_rule=Value(False),
        due=Coalesce("next_due_at", Value(NEVER), output_field=DateTimeField()),
    )
    return merged([to_rule, to_approve], key="due", cursor=cursor, size=size)


def decided_by(staff: Staff) -> QuerySet[Ruling]:
    """What ``staff`` has ruled themselves, as far as they may still see it."""
    return Ruling.objects.filter(
        arbiter=staff, appeal__matter__in=Matter.objects.filter(arbitrable_by(staff))
    ).select_related("appeal__matter__organisation")


def latest_appeals(matters: Iterable[Matter]) -> dict[UUID, Appeal]:
    """By matter: its last appeal. One query."""
    found = Appeal.objects.filter(matter__in=list(matters)).select_related("ruling")
    return {appeal.matter_id: appeal for appeal in found.order_by("filed_at")}


def precedents(appeal: Appeal, wanted: str = "") -> list[Ruling]:
    """Earlier rulings on the same ground about the same kind of matter, newest first; with
    ``wanted`` those whose published reasons or unit contain it. One query.

    What is held back from the public is held back here, too: an arbiter needs no names of others.
    """
    found = Ruling.objects.filter(
        appeal__ground=appeal.ground, appeal__matter__kind=appeal.matter.kind
    ).exclude(appeal=appeal)
    if wanted:
        found = found.filter(
            Q(reasons__icontains=wanted, held_back=[])
            | Q(appeal__organisation__name__icontains=wanted)
        )
    return list(found.select_related("appeal__organisation", "organisation")[:PRECEDENTS_SHOWN])


def other_arbiters(staff: Staff, matter: Matter) -> QuerySet[Staff]:
    """Who else could act as arbiter on ``matter``. One query."""
    unit = matter.organisation
    own_line = Q(organisation__path__startswith=unit.path) | Q(
        organisation__in=line_of_command(unit)
    )
    stepped_back = Step.objects.filter(matter=matter, event=Event.RECUSE).values("actor")
    return (
        staff_with(Role.ARBITER, unit)
        .exclude(own_line)
        .exclude(pk__in=stepped_back)
        .exclude(pk=staff.pk)
    )


def _whole(appeals: QuerySet[Appeal]) -> QuerySet[Appeal]:
    return appeals.select_related(
        "matter",
        "organisation",
        "filed_by",
        "ruling__organisation",
        "ruling__arbiter",
        "ruling__unit",
    ).prefetch_related(
        "evidence",
        Prefetch("statements", queryset=Statement.objects.select_related("staff")),
        Prefetch(
            "ruling__precedents",
            queryset=Ruling.objects.select_related("appeal__organisation", "organisation"),
        ),
    )

"""Reading matters. ``visible_to`` is the one place that decides who may see which."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact

from huiyin.directory.codes import region_lineage
from huiyin.directory.models import Region, Role, Staff
from huiyin.directory.queries import (
    by_key_if_few,
    in_scope,
    line_of_command,
    organisations_in_scope,
    roles_over,
)
from huiyin.kernel import clock
from huiyin.kernel.problems import NotFound
from huiyin.matters.errors import NoPolicy
from huiyin.matters.guards import (
    approver_decides,
    not_reopened_yet,
    supervisor_decides,
    was_reopened,
)
from huiyin.matters.models import (
    OF_ARBITERS,
    Assignment,
    Clock,
    Concerned,
    Consequence,
    Evidence,
    Extension,
    Matter,
    Policy,
    Rectification,
    Reply,
    Step,
    SupervisionOrder,
)
from huiyin.matters.table import TRANSITIONS, ClockKind, Event, Party, State, Transition

_UNIT_ROLES = (Role.HANDLER, Role.APPROVER, Role.SUPERVISOR, Role.AUDITOR)
# How many a query names one by one.
_FEW_MATTERS = 500


def visible_to(staff: Staff) -> QuerySet[Matter]:
    """The matters ``staff`` may see: those in the scope of their duties, those in which a unit of
    theirs was asked to join, those about their own work, and, for an arbiter, the reopened and
    appealed ones outside their own line of command from which they have not stepped back."""
    theirs = by_key_if_few(organisations_in_scope(staff, _UNIT_ROLES))
    joined = Assignment.objects.filter(
        part=Assignment.Part.JOINT, until__isnull=True, organisation__in=theirs
    ).order_by()
    concerned = Concerned.objects.filter(staff=staff).order_by()
    visible = Q(organisation__in=theirs) | arbitrable_by(staff)
    # Mostly few or none. As keys, or not there at all, they leave the database free to use the
    # index of the organisation. Whoever has many of them has so many matters that almost each one
    # the database comes upon is theirs.
    others = [
        key
        for (key,) in joined.values_list("matter").union(concerned.values_list("matter"), all=True)[
            : _FEW_MATTERS + 1
        ]
    ]
    if len(others) > _FEW_MATTERS:
        of_matter = {"matter": OuterRef("pk")}
        visible |= Exists(joined.filter(**of_matter)) | Exists(concerned.filter(**of_matter))
    elif others:
        visible |= Q(pk__in=others)
    return Matter.objects.filter(visible)


def arbitrable_by(staff: Staff) -> Q:
    """The matters that ``staff`` sees as an arbiter: reopened or appealed, outside their own line
    of command, and not stepped back from."""
    scope = in_scope(staff, [Role.ARBITER], of="organisation__")
    if not scope:
        return Q(pk__in=())
    own_line = Q(organisation__path__startswith=staff.organisation.path) | Q(
        organisation__in=line_of_command(staff.organisation)
    )
    stepped_back = Step.objects.filter(matter=OuterRef("pk"), event=Event.RECUSE, actor=staff)
    return scope & ~own_line & OF_ARBITERS & ~Q(Exists(stepped_back))


def get_visible(staff: Staff, code: str) -> Matter:
    """The matter called ``code``. Raises ``NotFound`` when there is none or it is not visible:
    an outsider must not learn which codes exist."""
    matter = (
        visible_to(staff)
        .select_related("organisation__region", "policy")
        .filter(code=code.upper())
        .first()
    )
    if matter is None:
        raise NotFound
    return matter


def given_to(staff: Staff) -> QuerySet[Matter]:
    """The open matters that were given to ``staff`` to work on."""
    given = Matter.objects.filter(handler=staff, closed_at__isnull=True)
    return given.select_related("organisation__region", "policy")


def waiting_for(staff: Staff, roles: Iterable[str]) -> Q:
    """The open matters that wait for ``staff`` in one of ``roles``: for a step that the transition
    table expects of them, for an answer to a supervision order, for a decision on more time, for a
    ruling. One query for each role; nothing per matter.
    """
    waiting = Q(pk__in=())
    for role in sorted(set(roles)):
        scope = by_key_if_few(organisations_in_scope(staff, [Role(role)]))
        waiting |= (_expected_of(Party(role)) | _asked_of(role, staff)) & Q(organisation__in=scope)
    # Nobody approves what they wrote themselves.
    author = Reply.objects.filter(matter=OuterRef("pk")).order_by("-number").values("author")[:1]
    own_draft = Q(state=State.REPLY_DRAFTED) & Q(Exact(Subquery(author), staff.pk))
    return waiting & ~own_draft & Q(closed_at__isnull=True)


def _expected_of(party: Party) -> Q:
    """The matters on which ``party`` has the next step."""
    places = {
        (row.source, was_reopened in row.guards, not_reopened_yet in row.guards, _decides(row))
        for row in TRANSITIONS
        if party in row.by and not row.optional
    }
    expected = Q(pk__in=())
    for state, second_round, first_round, decides in places:
        rounds = Q(round__gt=1) if second_round else Q(round=1) if first_round else Q()
        expected |= Q(state=state) & rounds & decides
    return expected


def _asked_of(role: str, staff: Staff) -> Q:
    """The matters on which something else was asked of those who hold ``role``."""
    if role == Role.HANDLER:
        orders = SupervisionOrder.objects.filter(matter=OuterRef("pk"), answered_at__isnull=True)
        return Q(Exists(orders))
    if role == Role.SUPERVISOR:
        asked = Extension.objects.filter(matter=OuterRef("pk"), granted__isnull=True)
        # Decided outside the unit.
        own = Q(organisation__in=line_of_command(staff.organisation))
        return Q(Exists(asked)) & ~own
    if role == Role.ARBITER:
        rulings = Clock.objects.filter(
            matter=OuterRef("pk"), kind=ClockKind.RULING, stopped_at__isnull=True
        )
        return Q(Exists(rulings))
    return Q(pk__in=())


def _decides(row: Transition) -> Q:
    """The matters whose policy gives this decision to the party of ``row``."""
    by_supervisor = Q(policy__document__approvals__reply="supervisor")
    if supervisor_decides in row.guards:
        return by_supervisor
    return ~by_supervisor if approver_decides in row.guards else Q()


def parties_of(staff: Staff | None, matter: Matter) -> set[Party]:
    """As whom ``staff`` may act on ``matter`` today."""
    if staff is None:
        return set()
    organisation = matter.organisation
    parties = {Party(role) for role in roles_over(staff, organisation) if role in Party.values}
    if Party.HANDLER not in parties and _handles_a_joint_unit(staff, matter):
        parties.add(Party.CO_HANDLER)
    if matter.concerned.filter(staff=staff).exists():
        parties.add(Party.CONCERNED)
    return parties


def _handles_a_joint_unit(staff: Staff, matter: Matter) -> bool:
    joined = matter.assignments.filter(part=Assignment.Part.JOINT, until__isnull=True)
    return joined.filter(organisation__in=organisations_in_scope(staff, [Role.HANDLER])).exists()


def possible_events(staff: Staff, matter: Matter) -> set[Event]:
    """The steps that the table offers this actor now; guards may still ask for more first."""
    parties = parties_of(staff, matter)
    return {row.event for row in TRANSITIONS if row.source == matter.state and row.by & parties}


def plan_of(matter: Matter) -> Rectification | None:
    """Root cause and plan in force: the matter's own, or those of the improvement it shares."""
    leading = matter.improvement_of or matter
    found: Rectification | None = leading.rectifications.order_by("at").last()
    return found


def evidence_of(matter: Matter) -> QuerySet[Evidence]:
    """What shows that it was put right: the matter's own, and that of the shared improvement."""
    return Evidence.objects.filter(matter__in=[matter.pk, matter.improvement_of_id or matter.pk])


def consequences_visible_to(staff: Staff) -> QuerySet[Consequence]:
    """Those about ``staff``, and those about people whom they supervise or audit; nobody else
    learns of one, whatever matter it came from."""
    line = organisations_in_scope(staff, [Role.SUPERVISOR, Role.AUDITOR])
    return Consequence.objects.filter(Q(staff=staff) | Q(staff__organisation__in=line))


def get_consequence(staff: Staff, key: UUID) -> Consequence:
    """Raises ``NotFound`` when there is none or it is not visible."""
    found = (
        consequences_visible_to(staff)
        .select_related("staff", "matter", "decided_by", "answered_by")
        .filter(pk=key)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def clocks_waiting() -> tuple[int, datetime | None]:
    """How many clocks ask for something that the sweeper has not done yet, and since when the
    oldest does; a held or stopped clock asks for nothing. One query."""
    found = Clock.objects.filter(next_at__lte=clock.now()).aggregate(
        waiting=Count("pk"), oldest=Min("next_at")
    )
    return found["waiting"], found["oldest"]


def policy_for(kind: str, region: Region, policies: Iterable[Policy] | None = None) -> Policy:
    """The policy in force today for ``kind``: of the region, else of the nearest one above it.

    ``policies`` are those of ``policies_in_force``, from who has read them already. Raises
    ``NoPolicy``.
    """
    policy = in_force(kind, region, policies)
    if policy is None:
        raise NoPolicy(kind)
    return policy


def in_force(kind: str, region: Region, policies: Iterable[Policy] | None = None) -> Policy | None:
    """Like ``policy_for``; None where nobody has made rules."""
    found = policies_in_force(kind) if policies is None else policies
    lineage = region_lineage(region.code)
    # Codes of one line grow from left to right, so the nearest region has the greatest code.
    return max(
        (policy for policy in found if policy.jurisdiction.code in lineage),
        key=lambda policy: (policy.jurisdiction.code, policy.version),
        default=None,
    )


def policies_in_force(kind: str) -> list[Policy]:
    """All policies for ``kind`` that hold today, wherever. One query."""
    today = clock.today()
    return list(
        Policy.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=today), kind=kind, valid_from__lte=today
        ).select_related("jurisdiction")
    )


def told_replies(matter: Matter) -> list[Reply]:
    """The replies the citizen was told, oldest first: the last one of each round that got there."""
    rounds = set(answered_rounds(matter.steps.all()))
    last_of_round = {reply.round: reply for reply in matter.replies.all() if reply.round in rounds}
    return [last_of_round[number] for number in sorted(last_of_round)]


def answered_rounds(steps: Iterable[Step]) -> list[int]:
    """The rounds in which the citizen was told a reply. Of a voided review it is the ruling that
    the citizen is told, whatever the unit had drafted."""
    rounds, voided = [], False
    for step in steps:
        if step.event == Event.VOID:
            voided = True
        elif step.event == Event.TELL and not voided:
            rounds.append(step.round)
    return rounds

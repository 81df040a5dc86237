"""Reading matters. ``visible_to`` is the one place that decides who may see which."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from huiyin.directory.codes import parent_region_code
from huiyin.directory.models import Duty, Organisation, Region, Role, Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import NotFound
from huiyin.matters.errors import NoPolicy
from huiyin.matters.models import Matter, Policy, Reply
from huiyin.matters.table import TRANSITIONS, Event, Party

_UNIT_ROLES = (Role.HANDLER, Role.APPROVER, Role.SUPERVISOR, Role.AUDITOR)


def visible_to(staff: Staff) -> QuerySet[Matter]:
    """The matters ``staff`` may see: those in the scope of their duties, and, for an arbiter, the
    reopened ones outside their own line of command. One query, whatever the number of duties."""
    if not staff.is_active:
        return Matter.objects.none()
    allowed = Q(pk__in=())
    for duty in staff.duties.current().select_related("organisation", "region"):
        if duty.role in _UNIT_ROLES:
            allowed |= _covers(duty)
        elif duty.role == Role.ARBITER:
            own_line = Q(organisation__path__startswith=staff.organisation.path) | Q(
                organisation_id__in=_keys_of(staff.organisation.path)
            )
            allowed |= _covers(duty) & Q(round__gt=1) & ~own_line
    return Matter.objects.filter(allowed)


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


def roles_over(staff: Staff | None, organisation: Organisation) -> set[Party]:
    """As whom ``staff`` may act for ``organisation`` today."""
    if staff is None or not staff.is_active:
        return set()
    keys, regions = _keys_of(organisation.path), _codes_above(organisation.region)
    roles = (
        staff.duties.current()
        .filter(Q(organisation_id__in=keys) | Q(region__code__in=regions))
        .values_list("role", flat=True)
    )
    return {Party(role) for role in roles if role in Party.values}


def possible_events(staff: Staff, matter: Matter) -> set[Event]:
    """The steps that the table offers this actor now; guards may still ask for more first."""
    parties = roles_over(staff, matter.organisation)
    return {row.event for row in TRANSITIONS if row.source == matter.state and row.by & parties}


def policy_for(kind: str, region: Region) -> Policy:
    """The policy in force today for ``kind``: of the region, else of the nearest one above it.

    Raises ``NoPolicy``.
    """
    today = clock.today()
    candidates = (
        Policy.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=today),
            kind=kind,
            valid_from__lte=today,
            jurisdiction__code__in=_codes_above(region),
        )
        .select_related("jurisdiction")
        .order_by("-jurisdiction__code", "-version")
    )
    # Codes of one line grow from left to right, so the nearest region has the greatest code.
    policy = candidates.first()
    if policy is None:
        raise NoPolicy(kind)
    return policy


def told_replies(matter: Matter) -> list[Reply]:
    """The replies the citizen was told, oldest first: the last one of each round that got there."""
    rounds = set(matter.steps.filter(event=Event.TELL).values_list("round", flat=True))
    last_of_round = {reply.round: reply for reply in matter.replies.all() if reply.round in rounds}
    return [last_of_round[number] for number in sorted(last_of_round)]


def _covers(duty: Duty) -> Q:
    if duty.organisation is not None:
        return Q(organisation__path__startswith=duty.organisation.path)
    if duty.region is not None:
        return Q(organisation__region__code__startswith=duty.region.prefix)
    return Q(pk__in=())


def _keys_of(path: str) -> list[str]:
    return path.rstrip("/").split("/")


def _codes_above(region: Region) -> list[str]:
    """The codes of ``region`` and of all regions it lies in, without asking the database."""
    codes: list[str] = []
    code: str | None = region.code
    while code is not None:
        codes.append(code)
        code = parent_region_code(code)
    return codes

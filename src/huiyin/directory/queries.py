"""Who may act where, and finding rows by the codes that people and systems use."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from huiyin.directory import codes
from huiyin.directory.models import Duty, Organisation, Region, Role, ServiceItem, Staff


def organisations_in_scope(staff: Staff, roles: Iterable[Role]) -> QuerySet[Organisation]:
    """The organisations that a duty of today gives ``staff`` one of ``roles`` over.

    A duty in an organisation covers all bodies below it; a duty in a region all bodies of that
    region and the regions within. One query for the duties; the result is lazy.
    """
    scope = in_scope(staff, roles)
    return Organisation.objects.filter(scope) if scope else Organisation.objects.none()


def in_scope(staff: Staff, roles: Iterable[Role], *, of: str = "") -> Q:
    """The same as a condition; empty where there is no such duty. With ``of`` it is about the
    organisation that rows name in a field, such as ``organisation__``. One query."""
    scope = Q()
    if not staff.is_active:
        return scope
    duties = staff.duties.current().filter(role__in=list(roles)).order_by()
    for path, region_code in duties.values_list("organisation__path", "region__code"):
        if path:
            scope |= Q(**{f"{of}path__startswith": path})
        else:
            scope |= Q(**{f"{of}region__code__startswith": codes.significant(region_code)})
    return scope


# How many organisations a query names one by one.
FEW = 200
Organisations = QuerySet[Organisation] | list[uuid.UUID]


def by_key_if_few(organisations: QuerySet[Organisation]) -> Organisations:
    """The keys of ``organisations`` where they are few, else the query itself. One query.

    By the keys the database knows from its statistics how much there is of each: it then collects
    the little that a quiet county has, instead of walking along everybody's rows in search of it.
    """
    keys = list(organisations.order_by().values_list("pk", flat=True)[: FEW + 1])
    return keys if len(keys) <= FEW else organisations


def staff_with(role: Role, organisation: Organisation) -> QuerySet[Staff]:
    """Everybody whose duty of today gives them ``role`` over ``organisation``. One query.

    The scope is read from the organisation's path and its region's code, the mirror image of
    ``organisations_in_scope``.
    """
    region = Region.objects.filter(organisations=organisation)
    within = (
        Q(region__in=region)
        | Q(region__children__in=region)
        | Q(region__children__children__in=region)
        | Q(region__children__children__children__in=region)
    )
    duties = (
        Duty.objects.current()
        .filter(role=role)
        .filter(Q(organisation__in=line_of_command(organisation)) | within)
    )
    return Staff.objects.filter(is_active=True, pk__in=duties.values("staff"))


def roles_with_people(
    organisation: Organisation, roles: Iterable[Role]
) -> list[tuple[uuid.UUID, str, str]]:
    """Everybody whose duty of today gives them one of ``roles`` over ``organisation``: who, the
    role, and the path of the body they belong to. One query; the organisation's region loaded."""
    covers = Q(organisation__in=line_of_command(organisation)) | Q(
        region__code__in=codes.region_lineage(organisation.region.code)
    )
    found = Duty.objects.current().filter(covers, role__in=list(roles), staff__is_active=True)
    return list(found.order_by().values_list("staff", "role", "staff__organisation__path"))


def roles_over(staff: Staff, organisation: Organisation) -> set[str]:
    """The roles that the duties of today give ``staff`` over ``organisation``. One query."""
    if not staff.is_active:
        return set()
    covers = Q(organisation__in=line_of_command(organisation)) | Q(
        region__code__in=codes.region_lineage(organisation.region.code)
    )
    return set(staff.duties.current().filter(covers).values_list("role", flat=True))


def away() -> QuerySet[Duty, uuid.UUID]:
    """The keys of those whose duties somebody else does today."""
    handed_over = Duty.objects.current().filter(stands_in_for__isnull=False)
    return handed_over.values_list("stands_in_for", flat=True)


@dataclass(frozen=True)
class OnDuty:
    """Somebody whose duty of today covers an organisation."""

    staff_id: uuid.UUID
    role: str
    # How far above the organisation the duty lies: 0 is the body itself, then the bodies above it,
    # then its region and the regions around that.
    reach: int
    # The administrative level that the duty belongs to (``Region.Level``).
    level: str
    # Of the body that they themselves belong to.
    path: str


@dataclass(frozen=True)
class Supervisors:
    """Those who supervise an organisation from one place, and its administrative level."""

    level: str
    people: tuple[OnDuty, ...]


def on_duty_over(
    organisations: Iterable[Organisation], roles: Iterable[Role]
) -> dict[uuid.UUID, list[OnDuty]]:
    """Whose duties of today give them one of ``roles`` over each of ``organisations`` (their
    regions loaded), by its key, the nearest first. One query, however many there are.

    Who is away is left out: their stand-in has the same duties."""
    wanted = list(organisations)
    if not wanted:
        return {}
    bodies = {organisation.pk: line_of_command(organisation)[::-1] for organisation in wanted}
    regions = {
        code: codes.region_lineage(code)[::-1]
        for code in {organisation.region.code for organisation in wanted}
    }

    def places(organisation: Organisation) -> list[uuid.UUID | str]:
        return [*bodies[organisation.pk], *regions[organisation.region.code]]

    scopes: defaultdict[uuid.UUID | str, list[tuple[uuid.UUID, str, str, str]]] = defaultdict(list)
    found = (
        Duty.objects.current()
        .filter(
            Q(organisation__in={key for line in bodies.values() for key in line})
            | Q(region__code__in={code for line in regions.values() for code in line}),
            role__in=list(roles),
            staff__is_active=True,
        )
        .exclude(staff__in=away())
        .order_by("staff")
    )
    for body, where, of_body, of_region, staff_id, role, path in found.values_list(
        "organisation",
        "region__code",
        "organisation__region__level",
        "region__level",
        "staff",
        "role",
        "staff__organisation__path",
    ):
        scopes[where or body].append((staff_id, role, of_body or of_region, path))
    return {
        organisation.pk: [
            OnDuty(staff_id, role, reach, level, path)
            for reach, scope in enumerate(places(organisation))
            for staff_id, role, level, path in scopes.get(scope, ())
        ]
        for organisation in wanted
    }


def supervisors_by_level(people: Iterable[OnDuty]) -> list[Supervisors]:
    """The supervisors among ``people`` (of ``on_duty_over``), group by group from the nearest
    upward: the first is the head of the unit, each further one the next level above.

    Everybody belongs to the nearest group only; places where nobody is on duty are no level.
    """
    groups: defaultdict[int, list[OnDuty]] = defaultdict(list)
    seen: set[uuid.UUID] = set()
    for person in sorted(people, key=lambda one: one.reach):
        if person.role == Role.SUPERVISOR and person.staff_id not in seen:
            seen.add(person.staff_id)
            groups[person.reach].append(person)
    return [Supervisors(group[0].level, tuple(group)) for group in groups.values()]


def line_of_command(organisation: Organisation) -> list[uuid.UUID]:
    """The keys of ``organisation`` and of all bodies above it, read from its path."""
    return [uuid.UUID(key) for key in organisation.path.split("/") if key]


def find_organisation(code: str) -> Organisation | None:
    """The organisation with a credit code, alone or after a 12-digit area and "_"; or None."""
    uscc = codes.organisation_in(code)
    if uscc is None:
        return None
    return Organisation.objects.select_related("region").filter(uscc=uscc).first()


def names_in_words(recorded: Iterable[str]) -> dict[str, str]:
    """What bodies put on record under these names are called in English, where they have such a
    name; nothing, and no query, for a reader of Chinese. At most one query."""
    wanted = {name for name in recorded if name}
    if not wanted or get_language() != "en":
        return {}
    found = Organisation.objects.filter(name__in=wanted).exclude(name_en="")
    return dict(found.values_list("name", "name_en"))


def regions_by_code(wanted: Iterable[str]) -> dict[str, Region]:
    """The regions with these 12-digit codes. One query."""
    return {region.code: region for region in Region.objects.filter(code__in=set(wanted))}


def organisations_by_uscc(wanted: Iterable[str]) -> dict[str, Organisation]:
    """The organisations with these credit codes, their regions loaded. One query."""
    found = Organisation.objects.select_related("region").filter(uscc__in=set(wanted))
    return {organisation.uscc: organisation for organisation in found}


class At(NamedTuple):
    """An organisation's key, and the code of its region."""

    key: uuid.UUID
    region: str


def places_by_uscc(wanted: Iterable[str]) -> dict[str, At]:
    """Where the organisations with these credit codes are, for who needs no more of thousands of
    them. One query."""
    found = Organisation.objects.filter(uscc__in=set(wanted)).order_by()
    return {
        uscc: At(key, region)
        for uscc, key, region in found.values_list("uscc", "pk", "region__code")
    }


def items_by_code(wanted: Iterable[str]) -> dict[tuple[uuid.UUID, str], ServiceItem]:
    """The items with these 31-character codes, by organisation key and code. One query."""
    found = ServiceItem.objects.filter(code__in=set(wanted))
    return {(item.organisation_id, item.code): item for item in found}


def staff_by_username(wanted: Iterable[str]) -> dict[str, Staff]:
    """The members of staff with these user names. One query."""
    return {staff.username: staff for staff in Staff.objects.filter(username__in=set(wanted))}

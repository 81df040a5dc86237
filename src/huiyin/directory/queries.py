"""Who may act where, and finding rows by the codes that people and systems use."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from huiyin.directory import codes
from huiyin.directory.models import Counter, Duty, Organisation, Region, Role, ServiceItem, Staff


def organisations_in_scope(staff: Staff, roles: Iterable[Role]) -> QuerySet[Organisation]:
    """The organisations that a duty of today gives ``staff`` one of ``roles`` over.

    A duty in an organisation covers all bodies below it; a duty in a region all bodies of that
    region and the regions within. One query for the duties; the result is lazy.
    """
    if not staff.is_active:
        return Organisation.objects.none()
    duties = staff.duties.current().filter(role__in=list(roles))
    scope = Q()
    for path, region_code in duties.values_list("organisation__path", "region__code"):
        if path:
            scope |= Q(path__startswith=path)
        else:
            scope |= Q(region__code__startswith=codes.significant(region_code))
    return Organisation.objects.filter(scope) if scope else Organisation.objects.none()


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


def roles_over(staff: Staff, organisation: Organisation) -> set[str]:
    """The roles that the duties of today give ``staff`` over ``organisation``. One query."""
    if not staff.is_active:
        return set()
    covers = Q(organisation__in=line_of_command(organisation)) | Q(
        region__code__in=codes.region_lineage(organisation.region.code)
    )
    return set(staff.duties.current().filter(covers).values_list("role", flat=True))


def line_of_command(organisation: Organisation) -> list[uuid.UUID]:
    """The keys of ``organisation`` and of all bodies above it, read from its path."""
    return [uuid.UUID(key) for key in organisation.path.split("/") if key]


def find_organisation(code: str) -> Organisation | None:
    """The organisation with a credit code, alone or after a 12-digit area and "_"; or None."""
    uscc = codes.organisation_in(code)
    if uscc is None:
        return None
    return Organisation.objects.select_related("region").filter(uscc=uscc).first()


def regions_by_code(wanted: Iterable[str]) -> dict[str, Region]:
    """The regions with these 12-digit codes. One query."""
    return {region.code: region for region in Region.objects.filter(code__in=set(wanted))}


def organisations_by_uscc(wanted: Iterable[str]) -> dict[str, Organisation]:
    """The organisations with these credit codes, their regions loaded. One query."""
    found = Organisation.objects.select_related("region").filter(uscc__in=set(wanted))
    return {organisation.uscc: organisation for organisation in found}


def items_by_code(wanted: Iterable[str]) -> dict[tuple[uuid.UUID, str], ServiceItem]:
    """The items with these 31-character codes, by organisation key and code. One query."""
    found = ServiceItem.objects.filter(code__in=set(wanted))
    return {(item.organisation_id, item.code): item for item in found}


def counters_of(halls: Iterable[Organisation]) -> dict[tuple[uuid.UUID, str], Counter]:
    """The counters of these halls, by hall key and number. One query."""
    found = Counter.objects.filter(organisation__in=list(halls))
    return {(counter.organisation_id, counter.number): counter for counter in found}


def staff_by_username(wanted: Iterable[str]) -> dict[str, Staff]:
    """The members of staff with these user names. One query."""
    return {staff.username: staff for staff in Staff.objects.filter(username__in=set(wanted))}

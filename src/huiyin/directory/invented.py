"""Offices of every county, invented: for demos that play a whole province."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Duty, Organisation, Region, Role, Staff
from huiyin.directory.services import synthetic_uscc
from huiyin.kernel import ids
from huiyin.kernel.problems import Forbidden

# The demo's own offices have smaller numbers.
_FIRST_SERIAL = 1000
# Before any period that is played.
_LONG_AGO = date(2019, 1, 1)


@transaction.atomic
def invent_offices(bureaus: Sequence[str]) -> list[Organisation]:
    """In each county a government with a supervisor, and below it ``bureaus`` (the ends of their
    names), each with a handler and an approver; the bureaus. Nobody can sign in.

    Raises ``Forbidden`` outside the demo.
    """
    if not settings.HUIYIN_DEMO:
        raise Forbidden(_("Offices are invented in a demo alone."))
    bodies: list[Organisation] = []
    people: list[Staff] = []
    duties: list[Duty] = []

    def office(name: str, region: Region, above: Organisation | None) -> Organisation:
        key = ids.uuid7()
        body = Organisation(
            id=key,
            uscc=synthetic_uscc(region.code, _FIRST_SERIAL + len(bodies)),
            name=name,
            region=region,
            parent=above,
            path=f"{above.path if above else ''}{key.hex}/",
        )
        bodies.append(body)
        return body

    def person(role: Role, of: Organisation) -> None:
        name = f"invented-{len(people) + 1}"
        staff = Staff(username=name, display_name=str(role.label), organisation=of)
        staff.set_unusable_password()
        people.append(staff)
        duties.append(Duty(staff=staff, role=role, organisation=of, starts_on=_LONG_AGO))

    found = []
    for region in Region.objects.filter(level=Region.Level.COUNTY).order_by("code"):
        government = office(f"{region.name}人民政府", region, None)
        person(Role.SUPERVISOR, government)
        for bureau in bureaus:
            found.append(office(f"{region.name}{bureau}", region, government))
            person(Role.HANDLER, found[-1])
            person(Role.APPROVER, found[-1])
    Organisation.objects.bulk_create(bodies)
    Staff.objects.bulk_create(people, batch_size=1000)
    Duty.objects.bulk_create(duties, batch_size=1000)
    return found

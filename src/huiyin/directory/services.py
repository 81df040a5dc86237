"""The writers of the directory: real divisions, staff with duties, and the demo's offices."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from huiyin.directory import codes
from huiyin.directory.models import Counter, Duty, Organisation, Region, Role, ServiceItem, Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Forbidden, Invalid

# The divisions that come with the program are those of Zhejiang.
SHIPPED_PROVINCE = "330000000000"


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in to the demo."""

    role: str
    username: str
    display_name: str
    organisation: str


@transaction.atomic
def seed_regions() -> None:
    """Insert the divisions of Zhejiang that are missing; rows that exist are left alone.

    Province, prefectures and counties are complete (1, 11 and 90 as of the Hangzhou re-division
    of April 2021), with the sub-districts of Xihu and Longquan that the demo uses.
    """
    known = {region.code: region for region in Region.objects.all()}
    missing = []
    for line in csv.DictReader(_data("regions.csv").splitlines()):
        if line["code"] not in known:
            region = Region(
                code=line["code"],
                name=line["name"],
                name_en=line["name_en"],
                level=line["level"],
                parent=known[line["parent"]] if line["parent"] else None,
            )
            known[region.code] = region
            missing.append(region)
    Region.objects.bulk_create(missing)


@transaction.atomic
def add_staff(
    *,
    username: str,
    display_name: str,
    organisation: Organisation,
    password: str,
    role: Role,
    region: Region | None = None,
) -> Staff:
    """Add a member of staff with a duty in ``region``, or else in their own organisation.

    Raises ``Invalid`` for a user name that is taken or a password that is too weak.
    """
    staff = Staff(username=username, display_name=display_name, organisation=organisation)
    _check_password(password, staff)
    staff.set_password(password)
    try:
        staff.full_clean()
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field="staff") from error
    staff.save(force_insert=True)
    _give_duty(staff, role, region)
    return staff


@transaction.atomic
def seed_demo(*, password: str) -> list[Account]:
    """Make the demo's offices and people; every account has ``password``. Safe to run again.

    Names are invented and the codes synthetic (organisation codes start with XXXX). Raises
    ``Forbidden`` outside the demo, ``Invalid`` for a weak password.
    """
    if not settings.HUIYIN_DEMO:
        raise Forbidden(_("Only a demo has demo accounts."))
    seed_regions()
    demo = json.loads(_data("demo.json"))
    bodies = _demo_organisations(demo["organisations"])
    for row in demo["counters"]:
        Counter.objects.get_or_create(
            organisation=bodies[row["hall"]],
            number=row["number"],
            defaults={"name": row["name"]},
        )
    for row in demo["items"]:
        owner = bodies[row["organisation"]]
        ServiceItem.objects.get_or_create(
            organisation=owner,
            code=owner.uscc + row["number"],
            defaults={"name": row["name"], "name_en": row["name_en"]},
        )
    return _demo_staff(demo["staff"], bodies, password)


def _demo_organisations(rows: list[dict[str, Any]]) -> dict[str, Organisation]:
    regions = {region.code: region for region in Region.objects.all()}
    bodies: dict[str, Organisation] = {}
    for serial, row in enumerate(rows, start=1):
        body, _created = Organisation.objects.get_or_create(
            uscc=synthetic_uscc(row["region"], serial),
            defaults={
                "name": row["name"],
                "name_en": row["name_en"],
                "kind": row["kind"],
                "region": regions[row["region"]],
                "parent": bodies.get(row.get("parent", "")),
            },
        )
        bodies[row["key"]] = body
    return bodies


def synthetic_uscc(region_code: str, serial: int) -> str:
    """A credit code (GB 32100-2015) of an organ of state that cannot be anybody's."""
    organisation_code = f"XXXX{serial:04}"
    organisation_code += codes.organisation_code_check_character(organisation_code)
    body = f"11{region_code[:6]}{organisation_code}"
    return body + codes.uscc_check_character(body)


def _demo_staff(
    rows: list[dict[str, Any]], bodies: dict[str, Organisation], password: str
) -> list[Account]:
    people = Staff.objects.in_bulk([row["username"] for row in rows], field_name="username")
    regions = {region.code: region for region in Region.objects.filter(level="province")}
    # Hashing is slow on purpose: once for all, and not at all when the password is unchanged.
    encoded = ""
    accounts = []
    for row in rows:
        staff = people.get(row["username"])
        organisation = bodies[row["organisation"]]
        if staff is None:
            staff = Staff(
                username=row["username"], display_name=row["name"], organisation=organisation
            )
            _check_password(password, staff)
            encoded = encoded or make_password(password)
            staff.password = encoded
            staff.save(force_insert=True)
            _give_duty(staff, Role(row["role"]), regions.get(row.get("region", "")))
        accounts.append(Account(row["role"], staff.username, staff.display_name, organisation.name))
    known = list(people.values())
    if known and not known[0].check_password(password):
        _check_password(password, known[0])
        Staff.objects.filter(pk__in=[staff.pk for staff in known]).update(
            password=encoded or make_password(password)
        )
    return accounts


def _check_password(password: str, staff: Staff) -> None:
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field="password") from error


def _give_duty(staff: Staff, role: Role, region: Region | None) -> None:
    Duty.objects.create(
        staff=staff,
        role=role,
        region=region,
        organisation=None if region else staff.organisation,
    )


def _data(name: str) -> str:
    return (resources.files("huiyin.directory") / "data" / name).read_text(encoding="utf-8")


# What can be handed over: work on matters, not the running of the installation.
_HANDED_OVER = (Role.HANDLER, Role.APPROVER, Role.SUPERVISOR, Role.ARBITER, Role.AUDITOR)
_LONGEST_ABSENCE = timedelta(days=366)


@transaction.atomic
def hand_over(*, staff: Staff, to: Staff, starts_on: date, ends_on: date) -> list[Duty]:
    """Give the duties of ``staff``, who is away from ``starts_on`` to ``ends_on``, to somebody of
    the same organisation for that time. They are duties like any other, and end by themselves.

    An earlier hand-over that has not ended is replaced. Raises ``Invalid``.
    """
    Staff.objects.select_for_update().get(pk=staff.pk)
    if to.pk == staff.pk or not to.is_active or to.organisation_id != staff.organisation_id:
        raise Invalid(_("Choose a colleague of your own organisation."), field="to")
    if starts_on < clock.today():
        raise Invalid(_("An absence cannot begin in the past."), field="starts_on")
    if not starts_on <= ends_on <= starts_on + _LONGEST_ABSENCE:
        raise Invalid(_("Give a last day after the first, within a year."), field="ends_on")
    if to.stood_in_for.filter(ends_on__gte=starts_on, starts_on__lte=ends_on).exists():
        raise Invalid(_("This colleague is away at that time as well."), field="to")
    end_hand_over(staff=staff)
    theirs = staff.duties.filter(role__in=_HANDED_OVER, stands_in_for__isnull=True)
    running = theirs.filter(starts_on__lte=ends_on).exclude(ends_on__lt=starts_on)
    given = [
        Duty(
            staff=to,
            role=duty.role,
            organisation=duty.organisation,
            region=duty.region,
            stands_in_for=staff,
            starts_on=max(starts_on, duty.starts_on),
            ends_on=min(ends_on, duty.ends_on or ends_on),
        )
        for duty in running.select_related("organisation", "region")
    ]
    if not given:
        raise Invalid(_("There is no duty to hand over for that time."), field="starts_on")
    return Duty.objects.bulk_create(given)


@transaction.atomic
def end_hand_over(*, staff: Staff) -> None:
    """Take the duties of ``staff`` back: what has begun ends today, what has not is taken away."""
    today = clock.today()
    given = staff.stood_in_for.filter(ends_on__gte=today)
    given.filter(starts_on__gte=today).delete()
    given.update(ends_on=today - timedelta(days=1))

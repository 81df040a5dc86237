from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from huiyin.directory.models import Duty, Organisation, Region, Role, ServiceItem, Staff

MakeOrganisation = Callable[..., Organisation]
MakePerson = Callable[..., Staff]


def test_moving_a_body_takes_all_below_it_along_in_few_queries(
    organisation: MakeOrganisation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    top, other = organisation("top", "330000"), organisation("other", "330000")
    middle = organisation("middle", "330100", top)
    leaves = [organisation(f"leaf {n}", "330106", middle) for n in range(5)]
    below = organisation("below", "330106", leaves[0])

    middle.parent = other
    with django_assert_num_queries(5):  # savepoint, look, move, take along, release
        middle.save()

    below.refresh_from_db()
    assert below.path == "".join(f"{body.id.hex}/" for body in (other, middle, leaves[0], below))
    assert Organisation.objects.filter(path__startswith=top.path).get() == top


def test_a_stale_copy_does_not_lose_the_paths_below(organisation: MakeOrganisation) -> None:
    top, other = organisation("top", "330000"), organisation("other", "330000")
    middle = organisation("middle", "330100", top)
    leaf = organisation("leaf", "330106", middle)
    stale = Organisation.objects.get(pk=middle.pk)
    middle.parent = None
    middle.save()

    stale.parent = other
    stale.save()

    leaf.refresh_from_db()
    assert leaf.path == f"{other.path}{middle.id.hex}/{leaf.id.hex}/"


def test_no_body_can_report_to_itself_or_to_one_below_it(
    organisation: MakeOrganisation,
) -> None:
    top = organisation("top", "330000")
    leaf = organisation("leaf", "330106", organisation("middle", "330100", top))
    for superior in (top, leaf):
        top.parent = superior
        with pytest.raises(ValidationError):
            top.full_clean()
        with pytest.raises(ValidationError):
            top.save()

    top.refresh_from_db()
    assert top.parent is None
    assert top.path == f"{top.id.hex}/"


def test_two_moves_that_would_form_a_ring_together_do_not(
    organisation: MakeOrganisation,
) -> None:
    one, two = organisation("one", "330100"), organisation("two", "331100")
    first, second = Organisation.objects.get(pk=one.pk), Organisation.objects.get(pk=two.pk)
    first.parent, second.parent = two, one
    first.full_clean()
    second.full_clean()  # both were looked at before either was moved
    first.save()
    with pytest.raises(ValidationError):
        second.save()


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("330199000000", "county", "331100000000"),
        ("330199000000", "county", None),
        ("330199000000", "prefecture", "330100000000"),
        ("330106002001", "subdistrict", "330106000000"),
    ],
)
def test_a_region_stands_where_its_code_says(
    regions: dict[str, Region], code: str, level: str, parent: str | None
) -> None:
    region = Region(code=code, name="x", level=level, parent=regions.get(parent or ""))
    with pytest.raises(ValidationError):
        region.full_clean()


def test_a_duty_has_exactly_one_scope(
    organisation: MakeOrganisation, person: MakePerson, regions: dict[str, Region]
) -> None:
    staff = person("s", organisation("office", "330106"))
    region = regions["330106000000"]
    for scope in ({}, {"region": region, "organisation": staff.organisation}):
        duty = Duty(staff=staff, role=Role.HANDLER, **scope)
        with pytest.raises(ValidationError):
            duty.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            duty.save()


def test_only_administrators_of_the_whole_jurisdiction_enter_the_administration(
    organisation: MakeOrganisation, person: MakePerson, regions: dict[str, Region]
) -> None:
    top = organisation("top", "330000")

    assert person("all", top, Role.ADMINISTRATOR, regions["330000000000"]).is_staff
    assert not person("city", top, Role.ADMINISTRATOR, regions["330100000000"]).is_staff
    assert not person("body", top, Role.ADMINISTRATOR).is_staff
    assert not person("auditor", top, Role.AUDITOR, regions["330000000000"]).is_staff
    assert not person("nobody", top).is_staff


def test_names_follow_the_language(regions: dict[str, Region]) -> None:
    longquan = regions["331181000000"]
    with override("en"):
        assert str(longquan) == "Longquan City"
    with override("zh-hans"):
        assert str(longquan) == "龙泉市"


def test_a_local_item_is_told_by_its_code() -> None:
    assert ServiceItem(code="11331181XXXX0012014330000000001").local
    assert not ServiceItem(code="11331181XXXX0012014330715003000").local

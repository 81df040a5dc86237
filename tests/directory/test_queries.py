from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from huiyin.directory import queries
from huiyin.directory.models import Organisation, Region, Role, Staff
from huiyin.kernel import clock

MakeOrganisation = Callable[..., Organisation]
MakePerson = Callable[..., Staff]


@pytest.fixture
def house(organisation: MakeOrganisation) -> dict[str, Organisation]:
    """A province, two cities, an office in one and a hotline that reports to nobody."""
    province = organisation("province", "330000")
    hangzhou = organisation("hangzhou", "330100", province)
    xihu = organisation("xihu", "330106", hangzhou)
    office = organisation("office", "330106", xihu)
    lishui = organisation("lishui", "331100", province)
    hotline = organisation("hotline", "330000")
    bodies = [province, hangzhou, xihu, office, lishui, hotline]
    return {body.name: body for body in bodies}


def names(staff: Staff, *roles: Role) -> set[str]:
    return set(queries.organisations_in_scope(staff, roles).values_list("name", flat=True))


def test_a_duty_in_an_organisation_covers_all_below_it(
    house: dict[str, Organisation], person: MakePerson
) -> None:
    supervisor = person("s", house["hangzhou"], Role.SUPERVISOR)

    assert names(supervisor, Role.SUPERVISOR) == {"hangzhou", "xihu", "office"}


def test_a_duty_in_a_region_covers_all_bodies_in_it(
    house: dict[str, Organisation], person: MakePerson, regions: dict[str, Region]
) -> None:
    city = person("c", house["hotline"], Role.ARBITER, regions["330100000000"])
    province = person("p", house["hotline"], Role.ARBITER, regions["330000000000"])

    assert names(city, Role.ARBITER) == {"hangzhou", "xihu", "office"}
    assert names(province, Role.ARBITER) == set(house)


def test_several_duties_add_up_and_only_the_asked_roles_count(
    house: dict[str, Organisation], person: MakePerson
) -> None:
    staff = person("s", house["office"], Role.HANDLER)
    staff.duties.create(role=Role.APPROVER, organisation=house["lishui"])

    assert names(staff, Role.HANDLER) == {"office"}
    assert names(staff, Role.HANDLER, Role.APPROVER) == {"office", "lishui"}
    assert names(staff, Role.SUPERVISOR) == set()
    assert names(staff) == set()


def test_an_outsider_sees_nothing(house: dict[str, Organisation], person: MakePerson) -> None:
    assert names(person("nobody", house["province"]), *Role) == set()


def test_a_duty_counts_from_its_first_day_to_its_last(
    house: dict[str, Organisation], person: MakePerson
) -> None:
    staff = person("s", house["office"], Role.HANDLER)
    duty = staff.duties.get()
    day, today = timedelta(days=1), clock.today()
    for starts, ends, holds in [
        (today, today, True),
        (today + day, None, False),
        (today - day, today - day, False),
    ]:
        duty.starts_on, duty.ends_on = starts, ends
        duty.save()
        assert bool(names(staff, Role.HANDLER)) is holds
        assert staff.holds(Role.HANDLER) is holds
        assert queries.staff_with(Role.HANDLER, house["office"]).exists() is holds


def test_a_closed_account_has_no_scope(house: dict[str, Organisation], person: MakePerson) -> None:
    staff = person("s", house["office"], Role.HANDLER)
    staff.is_active = False
    staff.save()

    assert names(staff, Role.HANDLER) == set()
    assert not queries.staff_with(Role.HANDLER, house["office"]).exists()


def test_who_is_responsible_mirrors_who_sees(
    house: dict[str, Organisation], person: MakePerson, regions: dict[str, Region]
) -> None:
    people = [
        person("handler", house["office"], Role.HANDLER),
        person("above", house["hangzhou"], Role.SUPERVISOR),
        person("beside", house["lishui"], Role.SUPERVISOR),
        person("city", house["hotline"], Role.ARBITER, regions["330100000000"]),
        person("other-city", house["hotline"], Role.ARBITER, regions["331100000000"]),
        person("street", house["hotline"], Role.ARBITER, regions["330106002000"]),
        person("everywhere", house["hotline"], Role.AUDITOR, regions["330000000000"]),
        person("nobody", house["province"]),
    ]
    for body in house.values():
        for role in Role:
            seeing = {staff for staff in people if body.name in names(staff, role)}
            assert set(queries.staff_with(role, body)) == seeing


def test_finding_the_responsible_takes_one_query(
    house: dict[str, Organisation],
    person: MakePerson,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    person("one", house["office"], Role.HANDLER)
    person("two", house["xihu"], Role.HANDLER)
    office = Organisation.objects.get(name="office")
    with django_assert_num_queries(1):
        assert queries.staff_with(Role.HANDLER, office).count() == 2


def test_nobody_is_named_twice_for_two_duties(
    house: dict[str, Organisation], person: MakePerson
) -> None:
    staff = person("s", house["office"], Role.HANDLER)
    staff.duties.create(role=Role.HANDLER, organisation=house["xihu"])

    assert list(queries.staff_with(Role.HANDLER, house["office"])) == [staff]


def test_an_organisation_is_found_by_either_form_of_its_code(
    house: dict[str, Organisation],
) -> None:
    office = house["office"]

    assert queries.find_organisation(office.uscc) == office
    assert queries.find_organisation(f"330106000000_{office.uscc.lower()}") == office
    assert queries.find_organisation("91350100M000100Y43") is None
    assert queries.find_organisation("'; DROP TABLE directory_organisation; --") is None


def test_bulk_look_ups_take_one_query_each(
    demo: object, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    organisations = list(Organisation.objects.all())
    usccs = [body.uscc for body in organisations]
    with django_assert_num_queries(4):
        found = queries.organisations_by_uscc([*usccs, "unknown"])
        assert {body.region.name for body in found.values()} >= {"龙泉市", "西湖区"}
        items = queries.items_by_code(
            [f"{uscc}{number}" for uscc in usccs for number in ("4330131001000", "4330000000001")]
        )
        assert len(queries.regions_by_code(["330106000000", "990000000000"])) == 1
        assert set(queries.staff_by_username(["arbiter", "ghost"])) == {"arbiter"}
    assert len(found) == 13
    assert len(items) == 3

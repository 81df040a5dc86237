from collections import Counter as Tally

import pytest
from django.contrib.auth import authenticate
from django.test import override_settings

from huiyin.directory import codes, queries, services
from huiyin.directory.models import Organisation, Region, Role, ServiceItem, Staff
from huiyin.kernel.problems import Forbidden, Invalid

pytestmark = pytest.mark.django_db

# As in conftest.py, where the demo is seeded.
PASSWORD = "celadon-glaze-27"


def test_the_province_is_complete(regions: dict[str, Region]) -> None:
    levels = Tally(region.level for region in regions.values())

    assert levels["province"] == 1
    assert levels["prefecture"] == 11
    assert levels["county"] == 90
    assert levels["subdistrict"] > 0


def test_every_region_passes_its_own_validators(regions: dict[str, Region]) -> None:
    for region in regions.values():
        region.full_clean(validate_unique=False)
        assert region.name_en.isascii()


def test_hangzhou_is_as_it_is_since_2021(regions: dict[str, Region]) -> None:
    hangzhou = {code[:6] for code in regions if code.startswith("3301") and code[4:6] != "00"}

    assert hangzhou == {
        "330102", "330105", "330106", "330108", "330109", "330110", "330111", "330112", "330113",
        "330114", "330122", "330127", "330182",
    }  # fmt: skip
    assert regions["330113000000"].name == "临平区"
    assert regions["330114000000"].name == "钱塘区"


def test_seeding_regions_again_keeps_what_was_edited(regions: dict[str, Region]) -> None:
    Region.objects.filter(code="330114000000").update(name_en="Qiantang New District")
    services.seed_regions()

    assert Region.objects.count() == len(regions)
    assert Region.objects.get(code="330114000000").name_en == "Qiantang New District"


def test_the_demo_can_be_seeded_again_and_keeps_its_passwords() -> None:
    first = services.seed_demo(password=PASSWORD)
    hashes = dict(Staff.objects.values_list("username", "password"))
    counts = [model.objects.count() for model in (Region, Organisation, ServiceItem, Staff)]

    assert services.seed_demo(password=PASSWORD) == first
    assert dict(Staff.objects.values_list("username", "password")) == hashes
    assert [m.objects.count() for m in (Region, Organisation, ServiceItem, Staff)] == counts


def test_a_new_demo_password_opens_every_account(demo: list[services.Account]) -> None:
    services.seed_demo(password="another-glaze-81")

    for account in demo:
        assert authenticate(username=account.username, password="another-glaze-81")
        assert authenticate(username=account.username, password=PASSWORD) is None


@pytest.mark.parametrize("password", ["demo", "password123", "administrator"])
def test_a_weak_demo_password_is_refused_and_nothing_is_made(password: str) -> None:
    with pytest.raises(Invalid):
        services.seed_demo(password=password)

    assert not Staff.objects.exists()


@override_settings(HUIYIN_DEMO=False)
def test_there_are_no_demo_accounts_outside_the_demo() -> None:
    with pytest.raises(Forbidden):
        services.seed_demo(password=PASSWORD)


def test_every_demo_code_is_sound(demo: object) -> None:
    for body in Organisation.objects.all():
        body.full_clean()
        assert codes.organisation_code_check_character(body.uscc[8:16]) == body.uscc[16]
    for item in ServiceItem.objects.all():
        item.full_clean()
    assert {item.local for item in ServiceItem.objects.all()} == {True, False}


def test_every_unit_with_items_has_a_handler_another_approver_and_a_supervisor(
    demo: object,
) -> None:
    for unit in Organisation.objects.filter(items__isnull=False).distinct():
        handlers = set(queries.staff_with(Role.HANDLER, unit))
        approvers = set(queries.staff_with(Role.APPROVER, unit))
        assert handlers
        assert approvers - handlers
        assert queries.staff_with(Role.SUPERVISOR, unit).exists()


def test_the_arbiter_stands_outside_every_line_of_command(demo: object) -> None:
    arbiter = Staff.objects.get(username="arbiter")
    own = arbiter.organisation
    scope = queries.organisations_in_scope(arbiter, [Role.ARBITER])

    assert set(scope) == set(Organisation.objects.all())
    assert own.parent is None
    assert not own.children.exists()


def test_the_demo_has_somebody_for_every_role(demo: list[services.Account]) -> None:
    assert {account.role for account in demo} == set(Role.values)
    assert Staff.objects.get(username="administrator").is_staff


def test_adding_somebody_with_a_weak_password_or_a_taken_name_is_refused(demo: object) -> None:
    own = Organisation.objects.first()
    assert own is not None
    for username, password in [("newcomer", "short"), ("arbiter", PASSWORD)]:
        with pytest.raises(Invalid):
            services.add_staff(
                username=username,
                display_name="x",
                organisation=own,
                password=password,
                role=Role.HANDLER,
            )
    assert not Staff.objects.filter(username="newcomer").exists()


def test_somebody_added_can_sign_in_and_act(demo: object) -> None:
    own = Organisation.objects.get(name="龙泉市市场监督管理局")
    added = services.add_staff(
        username="newcomer",
        display_name="新人",
        organisation=own,
        password=PASSWORD,
        role=Role.HANDLER,
    )

    assert authenticate(username="newcomer", password=PASSWORD) == added
    assert added in queries.staff_with(Role.HANDLER, own)

"""QR codes at counters: for supervisors and administrators of the unit, and for nobody else."""

from typing import Any

import pytest
from django.test import Client

from huiyin.directory.models import Organisation, Role
from huiyin.intake.channels.qr import sheets
from huiyin.reviews import services
from huiyin.reviews.models import Place, PlaceChange
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Organisation:
    return factories.organisation("人社局")


@pytest.fixture
def boss(unit: Organisation, signed_in: Any) -> Client:
    client: Client = signed_in(factories.staff(Role.SUPERVISOR, of=unit))
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_codes_are_made_for_many_counters_at_once(boss: Client, unit: Organisation) -> None:
    hall = factories.organisation("政务大厅", kind=Organisation.Kind.HALL)
    counters = [factories.counter(hall, number) for number in ("A01", "A02")]
    abroad = factories.counter(
        factories.organisation(
            "外地大厅", at=factories.region("331100000000"), kind=Organisation.Kind.HALL
        ),
        "Z9",
    )
    page = text(boss.get("/desk/places/new"))
    assert "政务大厅 · A01" in page
    assert "Z9" not in page
    answer = boss.post("/desk/places/new", {"counters": [each.pk for each in counters]})
    assert answer["Location"] == "/desk/places/"
    made = Place.objects.order_by("label")
    assert [(one.label, one.organisation, one.kind) for one in made] == [
        ("A01", unit, "qr"),
        ("A02", unit, "qr"),
    ]
    assert {change.by.organisation for change in PlaceChange.objects.all()} == {unit}
    assert boss.post("/desk/places/new", {"counters": [abroad.pk]}).status_code == 422
    listed = text(boss.get("/desk/places/"))
    assert "A01" in listed
    assert "A02" in listed


def test_what_cannot_be_is_said_in_the_form(boss: Client, unit: Organisation) -> None:
    two = [factories.counter(unit, number).pk for number in ("1", "2")]
    clerk = factories.colleague(unit).pk
    for said in ({}, {"counters": two, "clerk": clerk}, {"counters": two, "label": "X"}):
        assert boss.post("/desk/places/new", said).status_code == 422
    assert not Place.objects.exists()
    assert boss.post("/desk/places/new", {"counters": two[:1], "clerk": clerk}).status_code == 302
    assert Place.objects.get().clerk_id == clerk


def test_who_has_several_units_chooses_first(signed_in: Any, unit: Organisation) -> None:
    other = factories.organisation("民政局")
    abroad = factories.organisation(at=factories.region("331100000000"))
    admin = signed_in(factories.staff(Role.ADMINISTRATOR, over=factories.region()))
    page = text(admin.get("/desk/places/new"))
    assert unit.uscc in page
    assert other.uscc in page
    assert abroad.uscc not in page
    assert "人社局" in text(admin.get("/desk/places/new", {"unit": unit.uscc}))
    assert admin.get("/desk/places/new", {"unit": abroad.uscc}).status_code == 404


def test_new_sheets_after_confirmation(boss: Client, unit: Organisation) -> None:
    place = factories.place(unit)
    address = f"/desk/places/{place.pk}/rotate"
    assert "out of date" in text(boss.get(address))
    assert Place.objects.get().version == 1
    assert boss.post(address, {"old": "nonsense"}).status_code == 422
    boss.post(address, {"old": "grace"})
    turned = Place.objects.get()
    assert turned.version == 2
    assert (turned.old_until - turned.version_at).days == 14
    boss.post(address, {"old": "at_once"})
    turned = Place.objects.get()
    assert (turned.version, turned.old_until) == (3, turned.version_at)


def test_withdrawing_after_confirmation(boss: Client, unit: Organisation) -> None:
    place = factories.place(unit)
    address = f"/desk/places/{place.pk}/revoke"
    assert "cannot be undone" in text(boss.get(address))
    assert Place.objects.get().revoked_at is None
    boss.post(address)
    assert Place.objects.get().revoked_at is not None
    assert place.label not in text(boss.get("/desk/places/"))
    assert place.label in text(boss.get("/desk/places/?show=withdrawn"))
    assert boss.get("/desk/places/sheets", {"place": place.pk}).status_code == 404


@pytest.mark.parametrize("size", ["a4", "a6", "sticker"])
def test_sheets_say_where_and_how_in_both_languages(
    boss: Client, unit: Organisation, size: str
) -> None:
    hall = factories.organisation("政务大厅", kind=Organisation.Kind.HALL)
    places = [
        factories.place(
            unit, label=f"{number} 社保", counter=factories.counter(hall, number), item=item
        )
        for number, item in (("A01", factories.item(unit)), ("A02", None))
    ]
    asked = {"place": [one.pk for one in places], "size": size}
    page = text(boss.get("/desk/places/sheets", asked))
    for shown in ("政务大厅", "A01 社保", "A02 社保", "社会保障卡申领", "人社局", "Scan to rate"):
        assert shown in page
    for place in places:
        assert sheets.address_of(place).removeprefix("http://") in page
        assert sheets.qr_of(place).svg_data_uri(border=4, scale=10)[:200] in page
    assert f"sheets-{size}.css" in page


def test_reports_are_shown_and_settled(boss: Client, unit: Organisation) -> None:
    place, quiet = (
        factories.place(unit, label="reported one"),
        factories.place(unit, label="B9 window"),
    )
    services.report_elsewhere(place, where="余杭大厅")
    assert "1 report" in text(boss.get("/desk/places/"))
    assert quiet.label not in text(boss.get("/desk/places/?show=reported"))
    assert "余杭大厅" in text(boss.get(f"/desk/places/{place.pk}"))
    boss.post(f"/desk/places/{place.pk}/settle")
    assert "Nothing is reported" in text(boss.get(f"/desk/places/{place.pk}"))


def test_outsiders_find_nothing(signed_in: Any, unit: Organisation) -> None:
    place = factories.place(unit)
    elsewhere = factories.organisation()
    addresses = [f"/desk/places/{place.pk}{tail}" for tail in ("", "/rotate", "/revoke", "/settle")]
    for role, of in (
        (Role.HANDLER, unit),
        (Role.AUDITOR, unit),
        (Role.SUPERVISOR, elsewhere),
        (Role.ADMINISTRATOR, elsewhere),
    ):
        client = signed_in(factories.staff(role, of=of))
        for address in addresses:
            assert client.get(address).status_code in (404, 405), (role, address)
            assert client.post(address, {"old": "at_once"}).status_code in (404, 405)
        assert client.get("/desk/places/sheets", {"place": place.pk}).status_code == 404
        if role in (Role.HANDLER, Role.AUDITOR):
            assert client.get("/desk/places/").status_code == 404
            assert client.get("/desk/places/new").status_code == 404
        else:
            assert place.label not in text(client.get("/desk/places/"))
    assert Client().get("/desk/places/").status_code == 302
    again = Place.objects.get()
    assert (again.version, again.revoked_at) == (1, None)


def test_the_list_costs_the_same_however_long_it_is(boss: Client, unit: Organisation) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            boss.get("/desk/places/")
        return len(seen)

    hall = factories.organisation("政务大厅", kind=Organisation.Kind.HALL)
    factories.place(unit, counter=factories.counter(hall, "0"))
    one = queries()
    for number in range(1, 60):
        factories.place(unit, counter=factories.counter(hall, str(number)), item=None)
    assert queries() == one
    assert 'rel="next"' in text(boss.get("/desk/places/"))


def test_nonsense_in_the_address_is_nothing(boss: Client) -> None:
    for query in ("place=x", "place=", "place=00000000-0000-7000-8000-000000000000"):
        assert boss.get(f"/desk/places/sheets?{query}").status_code == 404
    assert boss.get("/desk/places/sheets?size=a5")["Location"] == "/desk/places/"
    assert "Tick the codes" in text(boss.get("/desk/places/"))
    assert boss.get("/desk/places/?after=nonsense").status_code == 302

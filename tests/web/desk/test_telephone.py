"""The agent's pages, by an agent and by others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from huiyin.directory.models import Organisation, Role, Staff
from huiyin.intake.channels.hotline import services
from huiyin.intake.channels.hotline.models import ListedCall
from huiyin.kernel import clock
from huiyin.notices import relay
from huiyin.reviews.models import Review
from tests import factories
from tests.notices.support import ObedientRelay
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def hotline() -> Organisation:
    return factories.organisation(
        "热线", at=factories.region(factories.PROVINCE), kind=Organisation.Kind.HOTLINE
    )


@pytest.fixture
def agent(hotline: Organisation) -> Staff:
    return factories.staff(Role.HANDLER, of=hotline)


@pytest.fixture(autouse=True)
def telephone() -> Iterator[ObedientRelay]:
    using = ObedientRelay()
    before = relay.use(using)
    yield using
    relay.use(before)


@pytest.fixture
def call() -> ListedCall:
    services.list_calls([services.Wanted(factories.event(), clock.now() - timedelta(hours=1))])
    return ListedCall.objects.get()


def _said(**more: Any) -> dict[str, Any]:
    return {"outcome": "rated", "level": "1", "text": "等了两个小时。", "again": ""} | more


def _placed(client: Client, call: ListedCall) -> str:
    assert client.post("/desk/telephone/next").status_code == 302
    address = f"/desk/telephone/{call.code}"
    assert client.post(f"{address}/place").status_code == 302
    return address


def test_an_agent_takes_places_looks_over_and_records(
    signed_in: SignedIn, agent: Staff, call: ListedCall, telephone: ObedientRelay
) -> None:
    client = signed_in(agent)
    assert "One citizen is to be called now." in client.get("/desk/telephone/").content.decode()
    client.post("/desk/telephone/next")
    address = f"/desk/telephone/{call.code}"
    page = client.get(address).content.decode()
    assert "张**" in page
    for hidden in (factories.MOBILE, factories.NAME, factories.IDENTITY, 'name="outcome"'):
        assert hidden not in page
    client.post(f"{address}/place")
    assert telephone.calls[0][0] == factories.MOBILE
    page = client.get(address).content.decode()
    assert 'name="outcome"' in page
    assert factories.MOBILE not in page
    confirm = client.post(f"{address}/record", _said())
    assert "等了两个小时。" in confirm.content.decode()
    assert not Review.objects.exists()
    done = client.post(f"{address}/record", _said(sure="1"), follow=True)
    assert "It cannot be changed any more." in done.content.decode()
    assert (Review.objects.get().level, Review.objects.get().text) == (1, "等了两个小时。")
    # The same form sent once more finds no call.
    assert client.post(f"{address}/record", _said(sure="1")).status_code == 404
    assert Review.objects.count() == 1


def test_what_was_typed_comes_back_when_it_is_to_be_changed(
    signed_in: SignedIn, agent: Staff, call: ListedCall
) -> None:
    client = signed_in(agent)
    address = _placed(client, call)
    page = client.post(f"{address}/record", _said(change="1"))
    assert "等了两个小时。" in page.content.decode()
    assert 'value="1" id="level-1" required checked' in page.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"outcome": ""}, {"outcome": "praised"}, {"level": ""}, {"outcome": "later"}],
)
def test_what_cannot_be_recorded_is_shown_at_the_form(
    signed_in: SignedIn, agent: Staff, call: ListedCall, wrong: dict[str, str]
) -> None:
    client = signed_in(agent)
    address = _placed(client, call)
    for more in ({}, {"sure": "1"}):
        assert client.post(f"{address}/record", _said(**wrong, **more)).status_code == 422
    assert not Review.objects.exists()


def test_without_a_placed_call_there_is_nothing_to_record(
    signed_in: SignedIn, agent: Staff, call: ListedCall, telephone: ObedientRelay
) -> None:
    telephone.down = True
    client = signed_in(agent)
    address = _placed(client, call)
    page = client.post(f"{address}/record", _said(sure="1"), follow=True)
    assert "Place the call first." in page.content.decode()
    assert not Review.objects.exists()


def test_another_outcome_takes_no_words_along(
    signed_in: SignedIn, agent: Staff, call: ListedCall
) -> None:
    client = signed_in(agent)
    address = _placed(client, call)
    client.post(f"{address}/record", _said(outcome="not_reached", sure="1"))
    call.refresh_from_db()
    assert (call.outcome, call.state) == ("not_reached", "waiting")
    assert not Review.objects.exists()


def test_a_call_is_put_back(signed_in: SignedIn, agent: Staff, call: ListedCall) -> None:
    client = signed_in(agent)
    client.post("/desk/telephone/next")
    client.post(f"/desk/telephone/{call.code}/put-back")
    call.refresh_from_db()
    assert call.state == "waiting"


def test_colleagues_and_outsiders_find_nothing(
    signed_in: SignedIn, agent: Staff, hotline: Organisation, call: ListedCall
) -> None:
    _placed(signed_in(agent), call)
    colleague = signed_in(factories.staff(Role.HANDLER, of=hotline))
    outsider = signed_in(factories.staff(Role.HANDLER))
    arbiter = signed_in(factories.staff(Role.ARBITER, of=hotline))
    for client in (colleague, outsider, arbiter):
        address = f"/desk/telephone/{call.code}"
        assert client.get(address).status_code == 404
        for step in ("place", "put-back", "record"):
            assert client.post(f"{address}/{step}", _said(sure="1")).status_code == 404
    assert outsider.get("/desk/telephone/").status_code == 404
    assert signed_in(agent).get("/desk/telephone/lists").status_code == 404
    assert not Review.objects.exists()


def test_the_navigation_leads_to_the_telephone_only_there(
    signed_in: SignedIn, agent: Staff
) -> None:
    assert 'href="/desk/telephone/"' in signed_in(agent).get("/desk/").content.decode()
    other = signed_in(factories.staff(Role.HANDLER)).get("/desk/").content.decode()
    assert 'href="/desk/telephone/"' not in other
    assert 'href="/desk/paper/"' in other


def test_a_list_goes_out_and_its_results_come_back(
    signed_in: SignedIn, hotline: Organisation, call: ListedCall
) -> None:
    client = signed_in(factories.staff(Role.SUPERVISOR, of=hotline))
    file = client.post("/desk/telephone/lists/fetch", {"kind": "csv"})
    assert call.code in file.content.decode("utf-8-sig")
    assert "no-store" in file.headers["Cache-Control"]
    services.place_for_centre(code=call.code, line="057112345")
    results = f"call,outcome,level,tags,text\n{call.code},rated,5,,\nXX,rated,5,,\n".encode()
    upload = SimpleUploadedFile("r.csv", results)
    page = client.post("/desk/telephone/lists", {"file": upload}).content.decode()
    assert "Recorded: 1. Recorded before: 0. Refused: 1." in page
    assert "There is no such call." in page
    assert Review.objects.get().level == 5
    bad = client.post("/desk/telephone/lists", {"file": SimpleUploadedFile("r.csv", b"x")})
    assert bad.status_code == 422

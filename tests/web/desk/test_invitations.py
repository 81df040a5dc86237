"""The administrator's pages of inviting."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from huiyin.directory.models import Role
from huiyin.intake.invitations import queries
from huiyin.intake.invitations.models import Ladder, OptOut, Switch, Wording
from huiyin.kernel import clock
from tests import factories
from tests.intake.invitations import support
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(signed_in: SignedIn) -> Client:
    return signed_in(factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE)))


def test_the_page_counts_what_is_planned(administrator: Client) -> None:
    support.ladder()
    support.served()
    support.plan()
    text = administrator.get("/desk/invitations/").content.decode()
    assert "0 of 2 need nothing more" in text
    assert "Call by the hotline" in text


def test_stopping_asks_once_more_and_going_on_too(administrator: Client) -> None:
    assert "Stop all invitations?" in administrator.get("/desk/invitations/switch").content.decode()
    assert not Switch.objects.exists()
    administrator.post("/desk/invitations/switch", {"to": "stop", "reason": "Complaints"})
    assert queries.is_stopped()
    text = administrator.get("/desk/invitations/").content.decode()
    assert "Complaints" in text
    administrator.post("/desk/invitations/switch", {"to": "go-on"})
    assert not queries.is_stopped()
    assert [turn.going for turn in Switch.objects.order_by("pk")] == [False, True]


def test_an_opt_out_is_recorded_and_the_number_is_not_kept(administrator: Client) -> None:
    answer = administrator.post("/desk/invitations/opt-out", {"number": "+86 138 0000 1234"})
    assert answer.status_code == 302
    assert queries.opted_out([support.hash_of(factories.MOBILE)])
    assert factories.MOBILE not in repr(list(OptOut.objects.values()))
    again = administrator.post("/desk/invitations/opt-out", {"number": "no number"})
    assert again.status_code == 422


def test_the_pages_ask_as_little_for_many_as_for_few(
    administrator: Client, django_assert_max_num_queries: Any
) -> None:
    support.ladder()
    for _service in range(10):
        support.served()
    support.plan()
    with django_assert_max_num_queries(16):
        administrator.get("/desk/invitations/")


# The administration


def _typed(**changes: str) -> dict[str, str]:
    return {
        "jurisdiction": str(factories.region(factories.PROVINCE).pk),
        "valid_from": clock.today().isoformat(),
        "rung1_channel": "sms",
        "rung1_after": "24",
        "rung1_unit": "hour",
        "rung2_channel": "hotline",
        "rung2_after": "3",
        "rung2_unit": "day",
        "rung3_unit": "hour",
        "services": "finished",
        "quiet_from": "20:00",
        "quiet_to": "09:00",
        **changes,
    }


def test_a_ladder_is_looked_at_before_it_is_in_force(administrator: Client) -> None:
    support.served()
    for code in ("three-days", "message-then-call", "none"):
        page = administrator.get(f"/admin/invitations/ladder/add/?preset={code}")
        assert page.status_code == 200
    looked_at = administrator.post("/admin/invitations/ladder/add/", _typed())
    text = looked_at.content.decode()
    assert "What this ladder does" in text
    assert "text message, 24 hours after the service" in text
    assert looked_at.context["backlog"] == 1
    assert not Ladder.objects.exists()
    administrator.post("/admin/invitations/ladder/add/", _typed(_confirm="1"))
    stored = Ladder.objects.get()
    assert stored.document["rungs"][1] == {"channel": "hotline", "after": 3, "unit": "day"}
    assert stored.author is not None
    assert administrator.get("/admin/invitations/ladder/").status_code == 200
    assert administrator.get(f"/admin/invitations/ladder/{stored.pk}/change/").status_code == 200
    assert administrator.get(f"/admin/invitations/ladder/add/?from={stored.pk}").status_code == 200


def test_a_ladder_that_goes_backwards_is_refused(administrator: Client) -> None:
    answer = administrator.post(
        "/admin/invitations/ladder/add/", _typed(rung2_after="1", _confirm="1")
    )
    assert answer.status_code == 200
    assert "each rung comes later" in answer.content.decode()
    assert not Ladder.objects.exists()


def test_a_wording_is_looked_at_and_refused_when_it_lacks_the_way_out(
    administrator: Client,
) -> None:
    add = "/admin/invitations/wording/add/"
    lacks = administrator.post(add, {"kind": "invitation", "text": "请评价 {url}"})
    assert "TD or 退订" in lacks.content.decode()
    typed = {"kind": "invitation", "text": "{unit}请您评价 {url} 回复TD退订"}
    assert "text messages on the bill" in administrator.post(add, typed).content.decode()
    assert not Wording.objects.exists()
    administrator.post(add, typed | {"_confirm": "1"})
    assert Wording.objects.get().version == 1


@pytest.mark.parametrize(
    "text", ["{mobile} {url} TD", "打电话 13800001234 {url} TD", "http://evil.example/ {url} TD"]
)
def test_a_wording_holds_nothing_personal_and_no_foreign_link(
    administrator: Client, text: str
) -> None:
    typed = {"kind": "invitation", "text": text, "_confirm": "1"}
    assert administrator.post("/admin/invitations/wording/add/", typed).status_code == 200
    assert not Wording.objects.exists()

"""Shandong over HTTP: the envelope, answers without null, services without numbers, page links."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from huiyin.dialects.shandong import codec
from huiyin.reviews.models import ImportedReview, Invitation, ServiceEvent
from tests import factories
from tests.dialects.support import Shandong, review_row

pytestmark = pytest.mark.django_db


def row_of(**changes: Any) -> dict[str, Any]:
    """An event as Shandong's clients send it: no number, no kind of item, another spelling."""
    row = factories.event_row(
        factories.organisation(), serviceNumber=None, taskType=None, certKey=None, **changes
    )
    return row | {"certkeyGOV": factories.IDENTITY}


def test_an_event_without_a_number_is_stored_and_the_answer_is_success() -> None:
    system = Shandong()
    answer = system.push(row_of())

    assert answer["C-Response-Desc"] == system.answer["C-Response-Desc"] == "success"
    assert json.loads(answer["C-Response-Body"])["code"] == "0"
    event = ServiceEvent.objects.select_related("case").get()
    assert event.service_number == 3
    assert event.case.task_type == "99"


def test_a_service_is_known_by_how_far_the_case_has_come() -> None:
    system, row = Shandong(), row_of(proStatus="2", resultDate=None)
    system.push(row)
    system.push(row | {"proStatus": "3", "resultDate": row["acceptDate"]})
    again = system.push(row)

    assert sorted(ServiceEvent.objects.values_list("service_number", flat=True)) == [2, 3]
    assert "不能重复" in again["C-Response-Desc"]


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"txnBodyCom": null}', b"\xff\xfe", b"[]"])
def test_the_description_is_never_null(body: bytes) -> None:
    answer = Shandong().send_body(body)

    assert all(isinstance(value, str) and value for value in answer.values())


def test_assess_number_is_the_service_and_eight_is_the_mini_program() -> None:
    system, row = Shandong(), row_of()
    system.push(row)
    answer = system.push(
        review_row(row, assessNumber="3", serviceNumber=None, pf="8", satisfaction="5")
    )

    assert answer["C-Response-Desc"] == "success"
    assert ImportedReview.objects.get().channel == "mobile"


def test_with_a_single_service_any_number_means_it() -> None:
    system, row = Shandong(), row_of()
    system.push(row)

    assert (
        system.push(review_row(row, assessNumber="1", serviceNumber=None))["C-Response-Desc"]
        == "success"
    )


def link(system: Shandong, **about: Any) -> str:
    query = codec.page_query(about, app_mark=system.client.app_mark, secrets=system.secrets)
    return f"/gateways/shandong/page?{query}"


def test_a_page_link_leads_to_an_opaque_token() -> None:
    system, row = Shandong(), row_of()
    system.push(row)
    address = link(system, projectNo=row["projectNo"])
    answer = Client().get(address)

    assert address.split("params=")[1][:2] == "04"
    assert address.split("params=")[1] == address.split("params=")[1].upper()
    assert answer.status_code == 303
    assert "/r/" in answer["Location"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert Invitation.objects.get().event == ServiceEvent.objects.get()


def test_a_link_that_tells_the_service_in_full_brings_it_along() -> None:
    system, row = Shandong(), row_of()

    assert Client().get(link(system, **row)).status_code == 303
    assert ServiceEvent.objects.get().case.project_no == row["projectNo"]


def test_links_of_nobody_and_of_unknown_services_lead_nowhere() -> None:
    system, row = Shandong(), row_of()
    system.push(row)
    good = link(system, projectNo=row["projectNo"])
    other = Shandong(app_mark="other")
    bad = (
        link(system, projectNo="unknown"),
        good[:-2] + "00",
        good.replace("appMark=hcp-test", "appMark=other"),
        link(other, projectNo=row["projectNo"]),
        "/gateways/shandong/page",
    )

    assert {Client().get(address).status_code for address in bad} == {404}
    assert not Invitation.objects.exists()

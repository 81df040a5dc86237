"""Fujian, Zhejiang, Anhui and Pingtan over HTTP: what is stored, what their clients are told."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from huiyin.conf.redaction import cut
from huiyin.dialects import keys
from huiyin.dialects.anhui import codec as anhui
from huiyin.dialects.anhui import views as anhui_views
from huiyin.dialects.fujian import codec as fujian
from huiyin.dialects.models import GatewayClient, Quarantined
from huiyin.dialects.pingtan import codec as pingtan
from huiyin.dialects.services import quarantine
from huiyin.dialects.structs import Call
from huiyin.dialects.zhejiang import codec as zhejiang
from huiyin.directory.models import Organisation
from huiyin.kernel import clock
from huiyin.kernel.throttle import Throttle
from huiyin.reviews import tokens
from huiyin.reviews.models import (
    ImportedChunk,
    ImportedReview,
    Integrator,
    Review,
    ServiceEvent,
)
from tests import factories
from tests.dialects.pushing import System
from tests.dialects.support import gateway_client, review_row

pytestmark = pytest.mark.django_db
Row = dict[str, Any]


DIALECTS = ["fujian", "zhejiang", "pingtan"]


@pytest.fixture(params=DIALECTS)
def system(request: pytest.FixtureRequest) -> System:
    return System(request.param)


def event(of: Organisation | None = None, **changes: Any) -> Row:
    return factories.event_row(of or factories.organisation(), **changes)


def test_an_event_is_stored_and_has_a_key(system: System) -> None:
    said = system.push(event(userName="𠮷田王䶮"))
    assert said["fine"]
    stored = ServiceEvent.objects.get()
    assert stored.integrator == system.client.integrator
    if "unid" in said:
        assert said["unid"].startswith(stored.pk.hex)


def test_the_same_event_again_must_not_be_repeated(system: System) -> None:
    row = event()
    first, second = system.push(row), system.push(row)
    assert first["fine"]
    assert not second["fine"]
    assert "不能重复" in second["text"]
    assert second.get("unid") == first.get("unid")
    assert ServiceEvent.objects.count() == 1


def test_a_missing_field_is_a_parameter_error(system: System) -> None:
    said = system.push(event(taskName=None))
    assert not said["fine"]
    assert said.get("code", "0") == "0"
    assert "参数错误" in said["text"]
    assert "taskName" in said["text"]
    assert not ServiceEvent.objects.exists()


def test_a_wrong_key_and_an_unknown_mark_are_answered_alike(system: System) -> None:
    row = event()
    wrong = system.send(system.call(row, keys.Secrets(word="wrong")))
    nobody = System(system.dialect, app_mark="nobody")
    GatewayClient.objects.filter(pk=nobody.client.pk).update(active=False)
    assert nobody.push(row) == wrong
    assert not wrong["fine"]
    assert not ServiceEvent.objects.exists()


def test_a_key_is_for_its_own_client_alone(system: System) -> None:
    other = System(system.dialect, app_mark="other")
    assert not system.send(system.call(event(), other.secrets))["fine"]


def test_unknown_fields_are_kept_sealed(system: System) -> None:
    assert system.push(event(weather="晴"))["fine"]
    kept = Quarantined.objects.get()
    assert kept.names == ["weather"]
    assert quarantine.opened(kept) == {"weather": '"晴"'}


def test_a_review_is_imported_once_and_never_counts(system: System) -> None:
    row = event()
    system.push(row)
    first, second = system.push(review_row(row)), system.push(review_row(row))
    assert first["fine"]
    assert not second["fine"]
    assert "不能重复" in second["text"]
    assert ImportedReview.objects.count() == 1
    assert not Review.objects.exists()


def test_a_follow_up_review_is_another_one(system: System) -> None:
    row = event()
    system.push(row)
    assert all(system.push(review_row(row, assessNumber=n))["fine"] for n in "12")
    assert ImportedReview.objects.count() == 2


def test_a_review_of_an_unknown_event_is_refused(system: System) -> None:
    assert not system.push(review_row(event()))["fine"]
    assert not ImportedReview.objects.exists()


def test_a_bad_review_needs_a_tag_or_a_text(system: System) -> None:
    row = event()
    system.push(row)
    bad = review_row(row, satisfaction="2")
    assert not system.push(bad)["fine"]
    assert system.push(bad | {"writingEvaluation": "等了两小时"})["fine"]


def test_a_handling_item_of_33_characters_is_taken(system: System) -> None:
    row = event()
    row["taskHandleItem"] = row["taskCode"] + "01"
    assert system.push(row)["fine"]


def test_an_abolished_division_is_the_one_that_took_its_place(system: System) -> None:
    assert system.push(event(areaCode="330103"))["fine"]
    assert ServiceEvent.objects.get().case.jurisdiction == "330105000000"
    assert quarantine.opened(Quarantined.objects.get()) == {"areaCode": '"330103"'}


def test_a_division_that_became_several_is_refused_by_name(system: System) -> None:
    said = system.push(event(areaCode="330104"))
    assert not said["fine"]
    assert "areaCode" in said["text"]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"<a>", b"{", b"=", b"%%%", b"a=1"])
def test_garbage_is_refused_in_the_words_of_the_dialect(system: System, body: bytes) -> None:
    call = Call(body=body, content_type="text/plain", authorization=zhejiang.basic("x", "y"))
    assert not system.send(call)["fine"]


def test_a_system_of_another_region_may_not_push(system: System) -> None:
    Integrator.objects.filter(pk=system.client.integrator_id).update(
        region=factories.region("330200000000")
    )
    assert not system.push(event())["fine"]
    assert not ServiceEvent.objects.exists()


# Fujian


@pytest.mark.parametrize("in_json", [False, True])
def test_soap_is_answered_in_soap(in_json: bool) -> None:
    system = System("fujian")
    GatewayClient.objects.update(replies_in_json=in_json)
    call = fujian.request(
        [event()], app_mark="hcp-test", secrets=system.secrets, operation="saveEvaluate"
    )
    assert system.send(call)["fine"]
    assert b"saveEvaluateResponse" in system.answer.content
    assert system.answer["Content-Type"].startswith("text/xml")
    assert (b"&lt;response&gt;" in system.answer.content) != in_json


def test_a_client_that_names_itself_nowhere_is_known_by_its_address() -> None:
    system = System("fujian")
    sealed = fujian.seal(b"<a><projectNo>1</projectNo></a>", system.secrets.word).encode()
    assert system.send(Call(body=sealed))["code"] == "401"
    assert system.send(Call(body=sealed, query=b"appMark=hcp-test"))["code"] == "0"


def test_a_bomb_does_not_go_off() -> None:
    system = System("fujian")
    bomb = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a><projectNo>&b;'
    sealed = fujian.seal(bomb + b"</projectNo></a>", system.secrets.word)
    said = system.send(Call(body=sealed.encode(), query=b"appMark=hcp-test"))
    assert said["code"] == "0"
    assert b"root:" not in system.answer.content


# Zhejiang


def test_the_answer_is_in_gb_18030_and_success_is_what_the_client_takes_for_it() -> None:
    system = System("zhejiang")
    GatewayClient.objects.update(success_code="00")
    system.push(event())
    assert "gb18030" in system.answer["Content-Type"].lower()
    assert json.loads(system.answer.content.decode("gb18030"))["result"] == "00"


def test_what_the_system_gave_by_default_is_counted_and_no_review() -> None:
    system, row = System("zhejiang"), event()
    system.push(row)
    assert system.push(review_row(row, pf="7", satisfaction="5"))["fine"]
    assert not ImportedReview.objects.exists()
    assert ImportedChunk.objects.get().defaults == 1


# Pingtan


def test_a_client_that_cannot_change_proves_itself_by_its_address() -> None:
    system = System("pingtan")
    call = pingtan.request([event()], app_mark="hcp-test", secrets=system.secrets, in_address=True)
    assert not call.authorization
    assert system.send(call)["fine"]


# Anhui


class Anhui:
    def __init__(self) -> None:
        self.client, _secrets = gateway_client("anhui", app_mark="hf-1")
        self.event = factories.event(projectNo="HF1")
        self.said = {
            "evaluateChannel": "PJQ",
            "projNo": "HF1",
            "serviceCode": "1",
            "regionCode": self.event.case.jurisdiction[:6],
            "source": "hf-1",
            "version": "2",
        }
        self.http = Client()

    def open(self, **changes: str) -> Any:
        query = anhui.query_of(self.said | changes, name="p")
        return self.http.get(f"/gateways/anhui/page?{query.decode()}")


def test_whoever_comes_is_led_to_an_opaque_token_at_once() -> None:
    there = Anhui()
    answer = there.open(userName="张三丰", certKey=factories.IDENTITY)
    assert answer.status_code == 303
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    token = tokens.read(answer["Location"].rpartition("/r/")[2])
    assert token.event_id == there.event.pk
    assert answer.content == b""
    assert there.open()["Location"] == answer["Location"]


def test_what_else_the_address_held_is_kept_sealed_and_once() -> None:
    there = Anhui()
    for name in ("张三丰", "李四"):
        there.open(userName=name)
    kept = Quarantined.objects.get()
    assert kept.names == ["userName"]
    assert quarantine.opened(kept) == {"userName": '"张三丰"'}


@pytest.mark.parametrize(
    "changes",
    [
        {"projNo": "HF2"},
        {"serviceCode": "2"},
        {"regionCode": "340100"},
        {"regionCode": "x"},
        {"source": "nobody"},
        {"version": "1"},
        {"projNo": ""},
    ],
    ids=str,
)
def test_another_address_leads_nowhere(changes: dict[str, str]) -> None:
    assert Anhui().open(**changes).status_code == 404


def test_a_service_code_that_is_no_number_means_the_only_service() -> None:
    there = Anhui()
    assert there.open(serviceCode="11340100MB").status_code == 303
    factories.event(there.event.organisation, projectNo="HF1", serviceNumber="2")
    assert there.open(serviceCode="11340100MB").status_code == 404
    assert there.open(serviceCode="002").status_code == 303


def test_an_event_of_long_ago_is_not_found(settings: Any) -> None:
    there = Anhui()
    later = clock.now() + timedelta(days=settings.HUIYIN_INVITATION_DAYS + 1)
    with clock.frozen(later):
        assert there.open().status_code == 404


def test_who_guesses_is_held_up_and_who_hits_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anhui_views, "strangers", Throttle(burst=5, per_minute=1))
    there = Anhui()
    assert [there.open(projNo=f"HF{n}").status_code for n in range(2, 8)][-1] == 429
    assert there.open().status_code == 303


def test_no_log_holds_what_stood_in_the_address(caplog: pytest.LogCaptureFixture) -> None:
    there = Anhui()
    query = anhui.query_of(there.said | {"projNo": "HF9"}, name="p").decode()
    with caplog.at_level(logging.DEBUG):
        there.http.get(f"/gateways/anhui/page?{query}")
    assert query not in caplog.text
    line = f"<ASGIRequest: GET '/gateways/anhui/page?{query}'> failed"
    assert cut(line) == "<ASGIRequest: GET '/gateways/anhui/page?…'> failed"

"""The national style over HTTP: what is stored, and what its clients are told."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from huiyin.dialects.models import Quarantined, SeenRequest
from huiyin.dialects.national import codec
from huiyin.dialects.services import quarantine
from huiyin.kernel import clock
from huiyin.reviews.models import ImportedChunk, ImportedReview, Review, ServiceEvent
from tests import factories
from tests.dialects.support import National, now_text, review_row

pytestmark = pytest.mark.django_db


def test_an_event_is_stored_as_if_it_had_come_through_the_api() -> None:
    system, body = National(), factories.organisation()
    answer = system.push(factories.event_row(body, projectNo="GJ1"))

    assert (answer["code"], answer["success"]) == ("0", "true")
    event = ServiceEvent.objects.select_related("case").get()
    assert event.organisation == body
    assert event.integrator == system.client.integrator
    assert event.case.project_no == "GJ1"


def test_the_same_event_again_must_not_be_repeated() -> None:
    system = National()
    row = factories.event_row(factories.organisation())
    system.push(row)
    answer = system.push(row)

    assert answer["success"] == "false"
    assert answer["code"] == "1"
    assert "不能重复" in answer["message"]
    assert ServiceEvent.objects.count() == 1


def test_a_missing_field_is_a_parameter_error_and_others_are_stored() -> None:
    system, body = National(), factories.organisation()
    bad, good = factories.event_row(body, taskName=None), factories.event_row(body)
    answer = system.push(bad, good)

    assert (answer["code"], answer["success"]) == ("0", "false")
    assert "taskName" in answer["message"]
    assert [one["success"] for one in answer["data"]] == ["false", "true"]
    assert ServiceEvent.objects.get().case.project_no == good["projectNo"]


def test_a_wrong_sign_an_unknown_mark_and_garbage_are_answered_alike() -> None:
    system = National()
    row = factories.event_row(factories.organisation())
    good = system.request(row)
    foreign = National(app_mark="other").request(row)
    wrong_sign = good | {"sign": foreign["sign"]}
    unknown = good | {"appMark": "nobody"}
    garbage = good | {"params": '{"evaluate": ["04' + "ab" * 200 + '"]}'}
    tampered = json.loads(good["params"])
    tampered["evaluate"][0] = tampered["evaluate"][0][:-2] + "00"
    altered = good | {"params": json.dumps(tampered)}
    answers = [system.send(one) for one in (wrong_sign, unknown, garbage, altered)]

    assert all(one == answers[0] for one in answers)
    assert answers[0]["success"] == "false"
    assert not ServiceEvent.objects.exists()


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_request_of_another_time_is_refused(minutes: int) -> None:
    system = National()
    at = clock.local(clock.now() + timedelta(minutes=minutes)).strftime("%Y%m%d%H%M%S")
    answer = system.send(system.request(factories.event_row(factories.organisation()), time=at))

    assert answer["success"] == "false"
    assert not ServiceEvent.objects.exists()


def test_a_sign_with_other_content_is_refused_and_the_same_request_is_a_repetition() -> None:
    system, body = National(), factories.organisation()
    first, second = (
        system.request(factories.event_row(body)),
        system.request(factories.event_row(body)),
    )
    system.send(first)
    stolen = system.send(second | {"sign": first["sign"], "time": first["time"]})
    again = system.send(first)

    assert stolen["success"] == "false"
    assert ServiceEvent.objects.count() == 1
    assert "不能重复" in again["message"]
    assert SeenRequest.objects.count() == 1


def test_unknown_fields_are_kept_sealed_and_go_with_the_person() -> None:
    from huiyin.reviews.services import erase_person

    system = National()
    row = factories.event_row(factories.organisation()) | {"ouguid": "张三", "x y": 1}
    system.push(row)
    system.push(row)

    kept = Quarantined.objects.get()
    assert kept.names == ["ouguid"]
    assert "张三".encode() not in bytes(kept.sealed)
    assert quarantine.opened(kept) == {"ouguid": '"张三"', "x y": "1"}
    erase_person(case=ServiceEvent.objects.get().case, reason="本人申请", by="test")
    assert not Quarantined.objects.exists()


def test_a_review_of_a_business_system_is_imported_and_counts_nowhere() -> None:
    system = National()
    row = factories.event_row(factories.organisation())
    system.push(row)
    answer = system.push(review_row(row, satisfaction="5", pf="7", evalDetail="510"))
    again = system.push(review_row(row, satisfaction="1", evalDetail="101"))

    assert answer["success"] == "true"
    assert not Review.objects.exists()
    stored = ImportedReview.objects.get()
    assert (stored.level, stored.channel, stored.tags) == (5, "sms", "510")
    assert "不能重复" in again["message"]


def test_a_review_without_an_event_or_a_bad_one_without_a_reason_is_refused() -> None:
    system = National()
    row = factories.event_row(factories.organisation())
    unknown = system.push(review_row(row))
    system.push(row)
    silent = system.push(review_row(row, satisfaction="2"))

    assert (unknown["code"], unknown["success"]) == ("1", "false")
    assert (silent["code"], silent["success"]) == ("0", "false")
    assert not ImportedReview.objects.exists()


def test_a_default_is_counted_as_nobodys() -> None:
    system = National()
    row = factories.event_row(factories.organisation())
    system.push(row)
    answer = system.push(review_row(row, isdefault="1"))

    assert answer["success"] == "true"
    assert ImportedChunk.objects.get().defaults == 1
    assert not ImportedReview.objects.exists()


def test_events_of_another_system_cannot_be_rated() -> None:
    one, other = National(app_mark="one"), National(app_mark="other")
    row = factories.event_row(factories.organisation())
    one.push(row)

    assert other.push(review_row(row))["success"] == "false"


@pytest.mark.parametrize(
    "form",
    ["json", "fields", "whole", "single", "base64", "old-order"],
)
def test_the_list_is_read_in_every_way_in_which_it_is_written(form: str) -> None:
    import base64

    from huiyin.dialects import sm2

    system = National()
    row = factories.event_row(factories.organisation(), userName="𠮷野家")
    fields = dict(system.request(row))
    cipher = json.loads(fields["params"])["evaluate"][0]
    key = system.secrets.key()
    if form == "json":
        body = json.dumps(fields | {"params": {"evaluate": [cipher]}})
        answer = system.http.post("/gateways/national/events", body, "application/json")
        assert json.loads(answer.content)["success"] == "true"
        return
    if form == "fields":
        del fields["params"]
        fields["params.evaluate[]"] = cipher
    elif form == "whole":
        fields["params"] = codec.sealed(json.dumps({"evaluate": [row]}), system.secrets)
    elif form == "single":
        fields["params"] = json.dumps({"evaluate": codec.sealed(json.dumps(row), system.secrets)})
    elif form == "base64":
        written = base64.b64encode(bytes.fromhex(cipher)).decode()
        fields["params"] = json.dumps({"evaluate": [written]})
    else:
        plain = json.dumps([row]).encode()
        written = sm2.encrypt(plain, key, layout=sm2.Layout.C1C2C3, lead=False).hex().upper()
        fields["params"] = json.dumps({"evaluate": [written]})
    assert system.send(fields)["success"] == "true"


def test_the_answer_costs_a_fixed_number_of_queries(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    system, body = National(), factories.organisation()
    system.push(factories.event_row(body))
    request = system.request(*(factories.event_row(body) for _ in range(30)))
    with django_assert_max_num_queries(30):
        system.send(request)


def test_time_is_that_of_china() -> None:
    assert len(now_text()) == 14

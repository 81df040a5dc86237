"""``POST /api/v1/events``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.reviews import services
from huiyin.reviews.models import Case, ServiceEvent
from tests import factories
from tests.api.client import Api
from tests.factories import event_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def pusher() -> Api:
    return Api(factories.integrator()[1])


def push(pusher: Api, *rows: Any) -> Any:
    answer = pusher.post("/events", {"events": list(rows)})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_each_row_gets_its_verdict_in_order(pusher: Api) -> None:
    good = event_row(factories.organisation(), invite=True)

    told = push(pusher, good, good | {"mobile": "1", "foo": "bar"}, good, 5)

    first, wrong, again, number = told["results"]
    assert [row["verdict"] for row in told["results"]] == [
        "created",
        "rejected",
        "duplicate",
        "rejected",
    ]
    assert [row["index"] for row in told["results"]] == [0, 1, 2, 3]
    assert first["invitation"].startswith("http://testserver/r/")
    assert (again["event"], again["invitation"]) == (first["event"], first["invitation"])
    assert {error["field"] for error in wrong["errors"]} == {"foo", "mobile"}
    assert wrong["event"] is wrong["invitation"] is None
    assert number["errors"][0]["field"] == "(row)"
    assert (told["created"], told["duplicate"], told["rejected"]) == (1, 1, 2)


def test_an_invitation_from_an_event_can_be_answered(pusher: Api, api: Api) -> None:
    told = push(pusher, event_row(factories.organisation(), invite=True))
    token = told["results"][0]["invitation"].rpartition("/")[2]

    assert api.post("/reviews", {"token": token, "level": 5}).status_code == 201


def test_a_thousand_events_with_a_third_faulty(pusher: Api) -> None:
    body = factories.organisation()
    rows = [
        event_row(body) | ({"proStatus": "9"} if place % 3 == 0 else {}) for place in range(1000)
    ]

    told = push(pusher, *rows)

    assert (told["created"], told["rejected"]) == (666, 334)
    assert ServiceEvent.objects.count() == Case.objects.count() == 666


def test_a_row_that_repeats_a_key_is_refused_alone(pusher: Api) -> None:
    good = json.dumps(event_row(factories.organisation()))
    twice = good[:-1] + ', "userName": "别人"}'

    answer = pusher.raw("/events", f'{{"events": [{good}, {twice}]}}'.encode())

    created, refused = answer.json()["results"]
    assert (created["verdict"], refused["verdict"]) == ("created", "rejected")
    assert refused["errors"][0]["field"] == "userName"
    assert pusher.raw("/events", b'{"events": [], "events": []}').status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "events"),
        ({"events": {}}, "events"),
        ({"events": []}, "events"),
        ({"events": [{}] * 1001}, "events"),
        ({"events": [{}], "more": 1}, "more"),
    ],
)
def test_a_body_of_another_shape_is_refused_whole(pusher: Api, body: Any, field: str) -> None:
    answer = pusher.post("/events", body)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_errors_never_repeat_personal_values(pusher: Api) -> None:
    row = event_row(factories.organisation(), mobile="99988887777", userPageType="8888888888")

    answer = pusher.post("/events", {"events": [row]})

    for value in ("99988887777", "8888888888", factories.IDENTITY, factories.NAME):
        assert value not in answer.content.decode()


def test_hostile_case_numbers_are_only_text(pusher: Api) -> None:
    body = factories.organisation()
    numbers = ["'; DROP TABLE reviews_case; --", "<script>alert(1)</script>", "../../etc", "%00"]

    told = push(pusher, *(event_row(body, projectNo=number) for number in numbers))

    assert told["created"] == 4
    assert set(Case.objects.values_list("project_no", flat=True)) == set(numbers)


def test_a_retired_integrator_or_an_old_key_is_refused() -> None:
    integrator, key = factories.integrator()
    row = event_row(factories.organisation())
    new = services.renew_key(integrator=integrator)
    assert Api(key).post("/events", {"events": [row]}).status_code == 401
    assert Api(new).post("/events", {"events": [row]}).status_code == 200

    integrator.active = False
    integrator.save()
    assert Api(new).post("/events", {"events": [row]}).status_code == 401


def test_too_many_calls_are_told_when_to_come_back(pusher: Api) -> None:
    row = event_row(factories.organisation())
    answers = [pusher.post("/events", {"events": [row]}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_a_call_asks_the_database_a_fixed_number_of_questions(pusher: Api) -> None:
    body = factories.organisation()

    def asked(count: int) -> int:
        rows = [event_row(body) for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            push(pusher, *rows)
        return sum("INSERT" not in query["sql"] for query in captured.captured_queries)

    asked(1)
    assert asked(2) == asked(200)


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e999", "9" * 5000])
def test_a_value_that_is_none_refuses_its_own_row_only(value: str) -> None:
    _pusher, key = factories.integrator()
    unit = factories.organisation()
    good = json.dumps(factories.event_row(unit))
    bad = json.dumps(factories.event_row(unit, promiseDay="@")).replace('"@"', value)

    answer = Api(key).raw("/events", f'{{"events": [{bad}, {good}]}}'.encode())

    first, second = answer.json()["results"]
    assert [fault["field"] for fault in first["errors"]] == ["promiseDay"]
    assert second["verdict"] == "created"


def test_a_body_that_nests_too_deeply_is_told_so() -> None:
    _pusher, key = factories.integrator()
    body = b'{"events": [' + b"[" * 100_000

    assert "deep" in Api(key).raw("/events", body).json()["detail"]


def test_too_many_events_are_told_the_bound() -> None:
    _pusher, key = factories.integrator()

    answer = Api(key).post("/events", {"events": [{}] * 1001})

    assert "1000" in answer.json()["errors"][0]["reason"]

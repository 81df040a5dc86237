"""Giving a review and following it, as a citizen's app does."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.matters.table import State
from huiyin.reviews import tokens
from huiyin.reviews.models import Review
from tests import factories
from tests.api.client import Api
from tests.support.epochs import seal

pytestmark = pytest.mark.django_db


def say(**changes: Any) -> dict[str, Any]:
    return {"token": factories.token(), "level": 5, "tags": ["510"], "text": "很快"} | changes


def test_a_review_is_answered_with_its_receipt(api: Api) -> None:
    answer = api.post("/reviews", say(hide_name_from_public=True))

    receipt = answer.json()["receipt"]
    stored = Review.objects.get()
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    assert (receipt["level"], receipt["tags"], receipt["text"]) == (5, ["510"], "很快")
    assert (receipt["hide_name_from_public"], receipt["hide_name_from_unit"]) == (True, False)
    assert receipt["status_url"].endswith(f"/s/{receipt['code']}")
    assert receipt["entry_hash"] == bytes(stored.entry.leaf_hash).hex()
    assert stored.channel == "mobile"
    assert not Matter.objects.exists()


def test_a_bad_review_opens_its_matter_at_once(api: Api) -> None:
    answer = api.post("/reviews", say(level=2, tags=["209"], text="", channel="web"))

    assert answer.status_code == 201
    assert Matter.objects.get().subject_id == Review.objects.get(channel="web").pk


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"token": "nonsense"}, 403, "token-invalid"),
        ({"token": ""}, 403, "token-invalid"),
        ({"level": 0}, 422, "level-invalid"),
        ({"level": 6}, 422, "level-invalid"),
        ({"level": -(10**30)}, 422, "level-invalid"),
        ({"level": 1, "tags": [], "text": "  "}, 422, "detail-missing"),
        ({"level": 2, "tags": [], "text": ""}, 422, "detail-missing"),
        ({"tags": ["999"]}, 422, "tag-unknown"),
        ({"tags": ["510", "<b>"]}, 422, "tag-unknown"),
        ({"tags": ["209"]}, 422, "tag-of-another-level"),
        ({"text": "长" * 2001}, 422, "text-too-long"),
        ({"text": "a\x00b"}, 422, "text-invalid"),
    ],
)
def test_what_cannot_be_accepted_is_refused_by_name(
    api: Api, change: dict[str, Any], status: int, code: str
) -> None:
    answer = api.post("/reviews", say(**change))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Review.objects.exists()
    assert not Matter.objects.exists()


def test_a_text_of_2000_characters_fits(api: Api) -> None:
    assert api.post("/reviews", say(text="长" * 2000)).status_code == 201


def test_an_altered_or_expired_token_is_refused(api: Api) -> None:
    token = factories.token()
    altered = token[:-1] + ("A" if token[-1] != "A" else "B")
    event = factories.event()
    expired = tokens.sign(
        tokens.Token(event.pk, event.organisation_id, 1, clock.now() - timedelta(seconds=1))
    )

    assert api.post("/reviews", say(token=altered)).json()["code"] == "token-invalid"
    answer = api.post("/reviews", say(token=expired))
    assert (answer.status_code, answer.json()["code"]) == (410, "token-expired")
    answer = api.post("/invitations/inspect", {"token": expired})
    assert answer.status_code == 410


def test_a_follow_up_token_before_its_time_is_refused(api: Api) -> None:
    made = factories.loop()
    early = tokens.sign(
        tokens.Token(made.event.pk, made.organisation.pk, 2, clock.now() + timedelta(days=1))
    )

    for answer in (
        api.post("/reviews", say(token=early)),
        api.post("/invitations/inspect", {"token": early}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "follow-up-not-open")


def test_a_used_token_is_refused_and_a_repeated_request_gets_its_receipt(api: Api) -> None:
    said = say()
    first = api.post("/reviews", said, Idempotency_Key="one")

    again = api.post("/reviews", said, Idempotency_Key="one")
    other = api.post("/reviews", said, Idempotency_Key="two")
    plain = api.post("/reviews", said)

    assert (again.status_code, again.json()) == (201, first.json())
    for answer in (other, plain):
        assert (answer.status_code, answer.json()["code"]) == (409, "token-used")
    assert api.post("/reviews", said, Idempotency_Key="x" * 201).status_code == 422
    assert Review.objects.count() == 1


def test_guessed_tokens_are_slowed_down_and_real_ones_are_not(api: Api) -> None:
    statuses = [api.post("/reviews", say(token="x")).status_code for _ in range(8)]

    assert statuses[0] == 403
    assert statuses[-1] == 429
    assert api.post("/reviews", say()).status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("level", [5, 1])
def test_of_two_reviews_with_one_token_at_once_exactly_one_wins(level: int) -> None:
    token = factories.token()
    start, statuses = threading.Barrier(2), []

    def submit(text: str) -> None:
        try:
            start.wait()
            said = say(token=token, level=level, tags=[], text=text)
            statuses.append(Api().post("/reviews", said).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=submit, args=(text,)) for text in ("一", "二")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [201, 409]
    assert Review.objects.count() == 1
    assert Matter.objects.count() == (1 if level == 1 else 0)


def test_an_invitation_tells_the_service_and_nobody(api: Api) -> None:
    token = factories.token()

    told = api.post("/invitations/inspect", {"token": token})

    invitation = told.json()
    assert invitation["service"] == "社会保障卡申领"
    assert [level["level"] for level in invitation["levels"]] == [5, 4, 3, 2, 1]
    assert all(len(level["tags"]) == 8 for level in invitation["levels"])
    for personal in (factories.NAME, factories.MOBILE, factories.IDENTITY, "TEST"):
        assert personal not in told.content.decode()

    api.post("/reviews", say(token=token))
    seal()
    assert api.post("/invitations/inspect", {"token": token}).json()["code"] == "token-used"


def test_tags_are_listed_for_everybody(api: Api) -> None:
    factories.reference_data()
    told = api.get("/tags")

    assert "max-age" in told["Cache-Control"]
    worst = told.json()["levels"][-1]
    assert (worst["level"], worst["tags"][0]["code"]) == (1, "108")


@pytest.mark.parametrize("state", list(State))
def test_a_receipt_tells_where_the_matter_stands(api: Api, state: State) -> None:
    made = factories.loop(state)

    answer = api.get(f"/receipts/{made.receipt.code}")

    told = answer.json()
    assert told["state"]["code"] == state
    assert told["timeline"][0]["event"]["code"] == "open"
    assert told["reviews"][0]["text"] == "等了三个小时。"
    replied = state in {State.TOLD, State.REOPENED, State.CLOSED}
    assert bool(told["replies"]) == replied
    assert bool(told["follow_up"]["token"]) == (state == State.TOLD)
    assert len(told["reviews"]) == (2 if state in {State.REOPENED, State.CLOSED} else 1)
    page = answer.content.decode()
    for internal in (factories.MOBILE, made.handler.display_name, "系统当天确有故障"):
        assert internal not in page
    assert answer["Cache-Control"] == "no-store"


def test_the_receipt_of_a_good_review_has_no_matter(api: Api) -> None:
    told = api.get(f"/receipts/{factories.review().code.lower()}").json()

    assert told["state"] is told["follow_up"] is None
    assert told["reviews"][0]["in_public_log"] is False


def test_the_follow_up_review_uses_the_token_of_the_receipt(api: Api) -> None:
    made = factories.loop(State.TOLD)
    token = api.get(f"/receipts/{made.receipt.code}").json()["follow_up"]["token"]
    assert api.post("/invitations/inspect", {"token": token}).json()["ordinal"] == 2

    answer = api.post("/reviews", say(token=token, level=4, tags=[]))

    assert answer.status_code == 201
    assert answer.json()["receipt"]["ordinal"] == 2
    second = answer.json()["receipt"]["code"]
    for code in (made.receipt.code, second):
        told = api.get(f"/receipts/{code}").json()
        assert (told["state"]["code"], told["confirmed"]) == ("closed", True)


def test_the_follow_up_review_can_be_declined_once(api: Api) -> None:
    made = factories.loop(State.TOLD)
    path = f"/receipts/{made.receipt.code}/follow-up/decline"

    told = api.post(path).json()

    assert (told["state"]["code"], told["confirmed"]) == ("closed", None)
    assert api.post(path).json()["code"] == "follow-up-not-open"
    good = factories.review()
    assert api.post(f"/receipts/{good.code}/follow-up/decline").status_code == 409


@pytest.mark.parametrize("code", ["x", "0000-0000-0000-0000", "%00", "1" * 400, "’; --"])
def test_an_unknown_receipt_is_told_kindly(api: Api, code: str) -> None:
    answer = api.get(f"/receipts/{code}")

    assert (answer.status_code, answer.json()["code"]) == (404, "receipt-unknown")


def test_a_receipt_asks_the_database_a_fixed_number_of_questions(api: Api) -> None:
    asked = []
    for state in (State.RECTIFYING, State.CLOSED):
        made = factories.loop(state)
        with CaptureQueriesContext(connection) as captured:
            api.get(f"/receipts/{made.receipt.code}")
        asked.append(len(captured))

    assert max(asked) <= 16


@pytest.mark.parametrize(
    "change",
    [
        {"level": 4},
        {"text": "别的话"},
        {"tags": ["510"]},
        {"hide_name_from_unit": True},
        {"hide_name_from_public": True},
    ],
)
def test_a_key_that_comes_again_with_another_review_is_told_so(api, change) -> None:
    said = {"token": factories.token(), "level": 5, "text": "很好"}
    first = api.post("/reviews", said, Idempotency_Key="k")
    assert first.status_code == 201

    answer = api.post("/reviews", said | change, Idempotency_Key="k")

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-key-reused")
    assert api.post("/reviews", said, Idempotency_Key="k").json() == first.json()


@pytest.mark.parametrize("text", ["\u200b", "\u3164 \ufe0f", "\u2060\ufeff"])
def test_a_text_that_nobody_can_see_is_none(api, text) -> None:
    bad = api.post("/reviews", {"token": factories.token(), "level": 1, "text": text})
    good = api.post("/reviews", {"token": factories.token(), "level": 5, "text": text})

    assert bad.json()["code"] == "detail-missing"
    assert good.json()["receipt"]["text"] == ""


def test_a_text_that_turns_the_direction_of_writing_is_refused(api) -> None:
    said = {"token": factories.token(), "level": 5, "text": "a\u202eb"}
    assert api.post("/reviews", said).json()["code"] == "text-invalid"


def test_a_refusal_does_not_repeat_what_was_sent(api) -> None:
    said = {"token": factories.token(), "level": 5, "tags": ["13800001234"]}
    assert "13800001234" not in api.post("/reviews", said).content.decode()
    named = api.post("/reviews", said | {"13800001234": 1, "张三": 2}).json()
    assert [error["field"] for error in named["errors"]] == ["(unknown field)"] * 2

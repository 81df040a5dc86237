"""A channel brings many reviews in one call."""

from __future__ import annotations

from typing import Any

import pytest

from huiyin.reviews import services
from huiyin.reviews.models import ChannelAdapter, Review
from tests import factories
from tests.api.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def adapter() -> Api:
    factories.reference_data()
    _row, key = services.add_adapter(name="短信网关", channel="sms")
    return Api(key)


def say(**changes: Any) -> dict[str, Any]:
    return {"token": factories.token(), "level": 5} | changes


def test_each_review_has_a_verdict_of_its_own(adapter: Api) -> None:
    told = adapter.post(
        "/reviews/batch",
        {
            "reviews": [
                say(text="很好"),
                say(level=9),
                say(token="nonsense"),
                {"level": 5},
                say(photos=[]),
                "no review",
                say(level=1, tags=["115"]),
            ]
        },
    ).json()

    assert (told["accepted"], told["refused"]) == (2, 5)
    codes = [one["problem"] and one["problem"]["code"] for one in told["results"]]
    assert codes == [None, "level-invalid", "token-invalid", *["invalid"] * 3, None]
    assert [one["status"] for one in told["results"]] == [201, 422, 403, 422, 422, 422, 201]
    assert told["results"][3]["problem"]["errors"][0]["field"] == "token"
    receipt = told["results"][0]["receipt"]
    assert receipt["text"] == "很好"
    assert {review.channel for review in Review.objects.all()} == {"sms"}


def test_whoever_has_only_a_key_to_press_need_not_say_why(adapter: Api) -> None:
    told = adapter.post("/reviews/batch", {"reviews": [say(level=1)]}).json()
    assert told["accepted"] == 1
    _row, key = services.add_adapter(name="终端", channel="kiosk")
    told = Api(key).post("/reviews/batch", {"reviews": [say(level=1)]}).json()
    assert [one["problem"]["code"] for one in told["results"]] == ["detail-missing"]


def test_a_repeated_call_gets_the_same_receipts(adapter: Api) -> None:
    said = {"reviews": [say(idempotency_key=f"k{number}") for number in range(3)]}
    first = adapter.post("/reviews/batch", said).json()
    assert adapter.post("/reviews/batch", said).json() == first
    assert Review.objects.count() == 3


def test_only_an_adapter_may(api: Api, adapter: Api) -> None:
    said = {"reviews": [say()]}
    assert api.post("/reviews/batch", said).status_code == 401
    assert Api("hy_" + "x" * 43).post("/reviews/batch", said).status_code == 401
    ChannelAdapter.objects.update(active=False)
    assert adapter.post("/reviews/batch", said).status_code == 401
    assert not Review.objects.exists()


@pytest.mark.parametrize("body", [{}, {"reviews": []}, {"reviews": [1] * 501}, {"x": 1}, []])
def test_a_body_that_is_no_list_of_reviews_is_refused(adapter: Api, body: Any) -> None:
    assert adapter.post("/reviews/batch", body).status_code == 422


def test_a_renewed_key_replaces_the_old_one(adapter: Api) -> None:
    renewed = services.renew_adapter_key(adapter=ChannelAdapter.objects.get())
    said = {"reviews": [say()]}
    assert adapter.post("/reviews/batch", said).status_code == 401
    assert Api(renewed).post("/reviews/batch", said).status_code == 200

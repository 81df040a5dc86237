"""Calls by keys over real HTTP, by a platform with signing code of its own."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from huiyin.intake.channels.hotline import services
from huiyin.intake.channels.hotline.dialogue import State
from huiyin.intake.channels.hotline.models import Action, Call, Heard, ListedCall, Outcome
from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.reviews.models import Review, ReviewOrigin, ServiceEvent, Trust
from tests import factories
from tests.intake.channels.hotline.platform import Caller, post, prompts
from tests.notices.sms.provider import provider, says

pytestmark = pytest.mark.django_db(transaction=True)


def _listed(event: ServiceEvent | None = None) -> ListedCall:
    event = event or factories.event()
    services.list_calls([services.Wanted(event, clock.now() - timedelta(minutes=1))])
    return ListedCall.objects.get(event=event)


def _invited(url: str, event: ServiceEvent | None = None) -> Caller:
    """A call that was placed for a service, as ``dial_due`` leaves it."""
    call = services.try_out(event=event or factories.event())
    return Caller(url, call.code)


def _came_in(url: str, number: str = factories.MOBILE, call: str = "in-1") -> Caller:
    return Caller(url, call, number)


def test_an_invited_citizen_rates_with_two_keys(ivr: str) -> None:
    event = factories.event()
    caller = _invited(ivr, event)
    asked = caller.start()
    assert prompts(asked) == ["greeting", "level"]
    assert asked["then"] == {
        "do": "collect",
        "keys": "543210*",
        "digits": 1,
        "timeout_seconds": 8,
        "barge_in": True,
        "try": 1,
        "tries": 3,
    }
    assert "按5表示非常满意" in asked["play"][1]["text"]
    assert prompts(caller.press("5")) == ["confirm-5"]
    end = caller.press("1")
    assert (end["then"], end["result"]) == ({"do": "hang_up"}, "stored")
    review = Review.objects.get()
    assert (review.event_id, review.level, review.channel) == (event.pk, 5, "hotline")
    assert review.trust == Trust.VERIFIED
    assert ReviewOrigin.objects.get().reference == caller.call


def test_a_bad_rating_with_reasons_opens_its_matter(ivr: str) -> None:
    factories.bad_review()  # so that there is somebody to be told
    before = Matter.objects.count()
    caller = _invited(ivr)
    caller.start()
    menu = caller.press("11")
    assert prompts(menu) == ["reasons"]
    assert menu["then"]["keys"].startswith("12345678")
    caller.press("12")
    assert caller.press("0")["result"] == "stored"
    review = Review.objects.order_by("-accepted_at").first()
    assert review is not None
    assert (review.level, len(review.tags)) == (1, 2)
    assert Matter.objects.count() == before + 1


def test_who_wants_to_speak_with_a_person_is_listed_for_an_agent(ivr: str) -> None:
    event = factories.event()
    caller = _invited(ivr, event)
    caller.start()
    end = caller.press("219")
    assert prompts(end) == ["stored-call-back"]
    review = Review.objects.get()
    assert (review.level, review.tags, review.text) == (2, [], "")
    listed = ListedCall.objects.get()
    assert listed.purpose == ListedCall.Purpose.DETAIL
    assert listed.matter == Matter.objects.get()


@pytest.mark.parametrize("keys", ["", "5", "1", "52", "5*"])
def test_hanging_up_before_the_confirmation_stores_nothing(ivr: str, keys: str) -> None:
    caller = _invited(ivr)
    caller.start()
    caller.press(keys) if keys else None
    assert caller.hang_up()["result"] == "nothing"
    assert not Review.objects.exists()


def test_hanging_up_among_the_reasons_keeps_what_was_confirmed(ivr: str) -> None:
    caller = _invited(ivr)
    caller.start()
    caller.press("112")
    assert caller.hang_up()["result"] == "stored"
    review = Review.objects.get()
    assert (review.level, len(review.tags)) == (1, 1)


def test_three_silences_are_no_rating(ivr: str) -> None:
    caller = _invited(ivr)
    caller.start()
    assert prompts(caller.tell("call.silence")) == ["again", "level"]
    assert caller.tell("call.silence")["then"]["try"] == 3
    assert caller.tell("call.silence")["result"] == "nothing"
    assert not Review.objects.exists()


def test_a_message_that_comes_twice_changes_nothing(ivr: str) -> None:
    caller = _invited(ivr)
    caller.start()
    first = caller.press("5")
    assert caller.tell("call.digit", at=2, digit="5") == first
    # Another key under the same number is the message that was stored.
    assert caller.tell("call.digit", at=2, digit="1") == first
    end = caller.press("1")
    assert caller.tell("call.digit", at=3, digit="1") == end
    assert Review.objects.get().level == 5
    assert Heard.objects.count() == 3


def test_messages_out_of_order_are_taken_in_the_order_of_the_call(ivr: str) -> None:
    caller = _invited(ivr)
    caller.start()
    early = caller.tell("call.ended", at=4)
    assert early["heard"] == 1
    assert not Review.objects.exists()
    caller.tell("call.digit", at=3, digit="1")
    assert not Review.objects.exists()
    assert caller.tell("call.digit", at=2, digit="4")["result"] == "stored"
    assert Review.objects.get().level == 4


def test_hanging_up_that_overtakes_the_level_stores_nothing(ivr: str) -> None:
    caller = _invited(ivr)
    caller.start()
    caller.tell("call.ended", at=3)
    assert caller.tell("call.digit", at=2, digit="4")["result"] == "nothing"
    # What comes after the end of the call is no part of it.
    assert caller.tell("call.digit", at=4, digit="1")["result"] == "nothing"
    assert not Review.objects.exists()


def test_a_caller_is_known_by_the_number_and_hears_no_more_than_the_day(ivr: str) -> None:
    event = factories.event()
    listed = _listed(event)
    caller = _came_in(ivr, "+86 138-0000-1234")
    text = " ".join(one["text"] for one in caller.start()["play"])
    case = event.case
    assert case is not None
    for said in (factories.NAME, event.organisation.name, case.item_name, case.project_no):
        assert said not in text
    assert f"{clock.local(event.occurred_at).day}日" in text
    assert caller.press("51")["result"] == "stored"
    assert Review.objects.get().event_id == event.pk
    listed.refresh_from_db()
    assert (listed.state, listed.outcome) == ("done", "rated")
    assert Call.objects.get().incoming_id == "in-1"


def test_a_caller_with_several_services_chooses_one(ivr: str) -> None:
    organisation = factories.organisation()
    events = [factories.event(organisation) for _ in range(2)]
    for event in events:
        _listed(event)
    caller = _came_in(ivr)
    which = caller.start()
    assert prompts(which) == ["greeting", "which"]
    assert which["then"]["keys"] == "12*"
    chosen = UUID(Call.objects.get().options[1])
    caller.press("2")
    assert caller.press("41")["result"] == "stored"
    assert Review.objects.get().event_id == chosen


def test_who_rings_is_known_also_when_a_key_overtakes_the_start_of_the_call(ivr: str) -> None:
    event = factories.event()
    _listed(event)
    caller = _came_in(ivr)
    assert caller.tell("call.digit", at=2, digit="5")["then"] == {"do": "wait"}
    assert prompts(caller.tell("call.started", at=1)) == ["confirm-5"]
    caller.tell("call.digit", at=3, digit="1")
    assert Review.objects.get().event_id == event.pk


@pytest.mark.parametrize("number", ["", "13911112222", "anonymous"])
def test_who_is_not_known_is_told_so_and_hears_nothing_of_anybody(ivr: str, number: str) -> None:
    _listed()
    end = _came_in(ivr, number).start()
    assert (end["then"], end["result"]) == ({"do": "hang_up"}, "no_invitation")
    assert prompts(end) == ["no-invitation"]


def test_a_service_that_was_rated_elsewhere_meanwhile_is_not_rated_twice(ivr: str) -> None:
    event = factories.event()
    caller = _invited(ivr, event)
    caller.start()
    caller.press("1")
    factories.review(event, level=5)
    assert caller.press("1")["then"]["do"] == "collect"
    end = caller.press("0")
    assert (end["result"], prompts(end)) == ("not_taken", ["not-taken"])
    assert Review.objects.get().level == 5


def test_the_language_is_changed_by_a_key(ivr: str) -> None:
    caller = _invited(ivr)
    caller.start()
    asked = caller.press("*")
    assert asked["language"] == "en"
    assert "Press 5 for very satisfied." in asked["play"][0]["text"]


def test_a_confirmed_rating_survives_that_the_platform_is_gone(
    ivr: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = _invited(ivr)
    caller.start()
    caller.press("11")
    services.tend()
    assert not Review.objects.exists()  # they may be thinking
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        services.tend()
    assert Review.objects.get().level == 1
    assert Call.objects.get().state == State.STORED


@pytest.mark.parametrize(
    "how",
    [
        {"secret": "whsec_" + "AAAA" * 10},
        {"off": -400},
        {"off": 400},
    ],
)
def test_who_cannot_sign_finds_nothing(ivr: str, how: Any) -> None:
    call = services.try_out(event=factories.event())
    posted = {"type": "call.started", "data": {"call": call.code, "sequence": 1}}
    if "off" in how:
        how = {"at": time.time() + how["off"]}
    assert post(ivr, posted, **how).status_code == 404
    assert not Heard.objects.exists()


def test_without_a_secret_there_is_nothing(ivr: str, settings: Any) -> None:
    settings.HUIYIN_IVR_SECRET = ""
    posted = {"type": "call.started", "data": {"call": "x", "sequence": 1}}
    assert post(ivr, posted).status_code == 404


@pytest.mark.parametrize(
    "posted",
    [
        b"",
        b"[1]",
        b'{"type":"call.started"}',
        {"type": "call.exploded", "data": {"call": "x", "sequence": 1}},
        {"type": "call.started", "data": {"call": "x y", "sequence": 1}},
        {"type": "call.digit", "data": {"call": "x", "sequence": 1, "digit": "55"}},
        {"type": "call.digit", "data": {"call": "x", "sequence": 1, "digit": "５"}},
        {"type": "call.digit", "data": {"call": "x", "sequence": "1", "digit": "5"}},
        {"type": "call.started", "data": {"call": "x", "sequence": 1, "direction": "up"}},
        {"type": "call.wanted", "data": {"call": "x", "line": "no number"}},
    ],
)
def test_what_is_not_of_the_contract_is_refused(ivr: str, posted: Any) -> None:
    assert post(ivr, posted).status_code == 422
    assert not Call.objects.exists()


def test_an_unknown_call_and_an_impossible_number_are_told_by_name(ivr: str) -> None:
    unknown = post(ivr, {"type": "call.digit", "data": {"call": "x", "sequence": 1, "digit": "5"}})
    assert (unknown.status_code, unknown.json()["code"]) == (410, "call-unknown")
    call = services.try_out(event=factories.event())
    for sequence in (0, -1, 22, 10**9):
        posted = {"type": "call.started", "data": {"call": call.code, "sequence": sequence}}
        found = post(ivr, posted)
        assert (found.status_code, found.json()["code"]) == (409, "sequence-out-of-range")


def test_calls_by_keys_are_placed_by_the_platform_and_end_on_the_list(
    ivr: str, settings: Any
) -> None:
    listed = _listed()
    with provider() as telephony, clock.frozen((clock.now() + timedelta(days=1)).replace(hour=4)):
        telephony.answering = says(202)
        settings.HUIYIN_IVR_URL = telephony.url
        assert services.dial_due() == 1
        assert services.dial_due() == 0
        [asked] = telephony.received
    said = json.loads(asked.body)["data"]
    assert said["citizen"] == factories.MOBILE
    call = Call.objects.get()
    assert said["call"] == call.code
    caller = Caller(ivr, call.code)
    # Nobody answers: the platform tells that the call is over.
    caller.hang_up()
    listed.refresh_from_db()
    assert (listed.state, listed.outcome, listed.tries) == ("waiting", "not_reached", 1)
    assert listed.not_before > clock.now()
    verbs = Action.objects.filter(listed=listed).values_list("verb", flat=True)
    assert sorted(verbs) == ["listed", "placed", "recorded"]


def test_a_platform_that_is_down_leaves_the_call_on_the_list(ivr: str, settings: Any) -> None:
    listed = _listed()
    settings.HUIYIN_IVR_URL = "http://127.0.0.1:9"
    with clock.frozen((clock.now() + timedelta(days=1)).replace(hour=4)):
        assert services.dial_due() == 0
    listed.refresh_from_db()
    assert (listed.state, listed.tries) == ("waiting", 0)


def test_nobody_is_rung_by_a_machine_at_night(ivr: str, settings: Any) -> None:
    _listed()
    settings.HUIYIN_IVR_URL = "http://127.0.0.1:9"
    with clock.frozen((clock.now() + timedelta(days=1)).replace(hour=14)):  # 22:00 in Shanghai
        assert services.dial_due() == 0
    assert not Call.objects.exists()


def test_who_presses_zero_is_not_called_any_more(ivr: str) -> None:
    listed = _listed()
    caller = _came_in(ivr)
    caller.start()
    assert caller.press("0")["result"] == "opted_out"
    listed.refresh_from_db()
    assert (listed.state, listed.outcome) == ("done", Outcome.OPT_OUT)
    assert not Review.objects.exists()


def test_a_trial_stores_nothing(ivr: str) -> None:
    call = services.try_out(event=None)
    caller = Caller(ivr, call.code)
    caller.start()
    assert caller.press("51")["result"] == "stored"
    assert not Review.objects.exists()

"""Rating by SMS: what a citizen answers to an invitation, and what is answered to that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from huiyin.intake.channels.sms import answering
from huiyin.intake.invitations import queries, services
from huiyin.intake.invitations.models import Planned
from huiyin.matters.table import Event
from huiyin.notices import services as notices
from huiyin.notices.models import InboundSms, RelayAttempt
from huiyin.notices.sms import services as sms
from huiyin.notices.transports.sms_smpp import text as texts
from huiyin.reviews.models import Review
from huiyin.reviews.queries import matter_of
from tests import factories
from tests.intake.invitations import support
from tests.intake.invitations.support import DAY, Gateway, answer_everybody, hand_over, plan, served
from tests.notices.support import ObedientRelay

pytestmark = pytest.mark.django_db

OURS = "10690000"
OTHER = "13900005678"
Outcome = InboundSms.Outcome


@pytest.fixture(autouse=True)
def _our_number(settings: Any, frozen_clock: Any) -> None:
    settings.HUIYIN_SMS_SOURCE = OURS


@pytest.fixture
def relay() -> Iterator[ObedientRelay]:
    from huiyin.notices import relay as relays

    made = ObedientRelay()
    before = relays.use(made)
    yield made
    relays.use(before)


def _invite(clock: Any, *mobiles: str) -> list[Planned]:
    """Services whose citizens have just had the message."""
    support.ladder(support.MESSAGE)
    events = [served(mobile=mobile) for mobile in mobiles or (factories.MOBILE,)]
    plan()
    clock.move_by(days=1)
    hand_over()
    return [Planned.objects.get(event=event) for event in events]


_serial = iter(range(1_000_000))


def _answer(
    text: str, to: str = "001", *, by: str = factories.MOBILE, reference: str = ""
) -> InboundSms:
    return sms.receive_sms(
        gateway="fake",
        from_number=by,
        recipient=OURS + to,
        text=text,
        reference=reference or f"mo-{next(_serial)}",
    )


def _reviews() -> list[tuple[int, str, str, str]]:
    found = Review.objects.order_by("pk")
    return [(one.level, one.text, one.channel, one.trust) for one in found]


def _said(gateway: Gateway) -> list[str]:
    """The answers that citizens got since the invitation."""
    answer_everybody()
    return [text for _to, text, key, _ext in gateway.sent if key.startswith("reply-")]


def test_a_digit_is_a_verified_rating_and_is_confirmed_once_with_its_receipt(
    gateway: Gateway, frozen_clock: Any
) -> None:
    [planned] = _invite(frozen_clock)
    assert _answer("5").outcome == Outcome.RATED
    assert _reviews() == [(5, "", "sms", "verified")]
    [said] = _said(gateway)
    code = said.split("/s/")[1].split()[0]
    from huiyin.reviews.queries import by_receipt_code

    assert by_receipt_code(code).event_id == planned.event_id
    # It goes to the same conversation on the phone.
    assert gateway.sent[-1][3] == planned.extension == "001"
    assert _said(gateway) == [said]


def test_a_digit_and_words_open_the_matter_with_the_words(
    gateway: Gateway, frozen_clock: Any
) -> None:
    [planned] = _invite(frozen_clock)
    _answer("１ 排队两小时，态度差")
    assert _reviews() == [(1, "排队两小时，态度差", "sms", "verified")]
    assert matter_of(planned.event) is not None
    [said] = _said(gateway)
    assert "/s/" in said


def test_a_bad_digit_alone_is_stored_without_detail_and_the_reason_is_asked_once(
    gateway: Gateway, frozen_clock: Any
) -> None:
    [planned] = _invite(frozen_clock)
    assert _answer("1").outcome == Outcome.RATED
    assert _reviews() == [(1, "", "sms", "verified")]
    [asked] = _said(gateway)
    matter = matter_of(planned.event)
    assert matter is not None
    assert RelayAttempt.objects.get(matter=matter).message == asked
    # What follows is the citizen's word to the unit, whichever of our numbers it comes to.
    frozen_clock.move_by(minutes=5)
    assert _answer("窗口没人").outcome == Outcome.ROUTED
    assert _answer("等了两个小时", to="").outcome == Outcome.ROUTED
    wrote = matter.steps.filter(event=Event.CITIZEN_WRITES)
    assert [step.data["text"] for step in wrote] == ["窗口没人", "等了两个小时"]
    assert _said(gateway) == [asked]


def test_a_message_handed_over_twice_is_one_review_and_one_confirmation(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _invite(frozen_clock)
    first = _answer("4", reference="mo-same")
    assert _answer("4", reference="mo-same") == first
    assert len(_reviews()) == len(_said(gateway)) == 1


def test_a_process_that_dies_after_the_review_takes_the_message_again(
    gateway: Gateway, frozen_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _invite(frozen_clock)

    def dies(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(sms, "_settle", dies)
        with pytest.raises(SystemExit):
            _answer("4", reference="mo-same")
    assert _answer("4", reference="mo-same").outcome == Outcome.RATED
    assert len(_reviews()) == len(_said(gateway)) == 1


def test_a_second_rating_changes_nothing_and_is_explained_once(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _invite(frozen_clock)
    _answer("5")
    assert _answer("1").outcome == Outcome.HELPED
    assert _answer("2").outcome == Outcome.KEPT
    assert [level for level, *_ in _reviews()] == [5]
    assert len(_said(gateway)) == 2


def test_who_rated_on_the_page_cannot_rate_by_sms_as_well(
    gateway: Gateway, frozen_clock: Any
) -> None:
    [planned] = _invite(frozen_clock)
    factories.review(planned.event)
    assert _answer("1").outcome == Outcome.HELPED
    assert len(_reviews()) == 1


def test_what_is_not_understood_gets_one_helpful_answer_and_no_other(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _invite(frozen_clock)
    outcomes = [_answer("已收到，正在开会，稍后回复").outcome for _time in range(5)]
    assert outcomes == [Outcome.HELPED] + [Outcome.KEPT] * 4
    [help_text] = _said(gateway)
    assert "/i/" in help_text
    # It is not too late to say it right.
    assert _answer("5").outcome == Outcome.RATED


def test_thanks_after_a_good_rating_go_nowhere_and_get_no_answer(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _invite(frozen_clock)
    _answer("5")
    assert _answer("谢谢").outcome == Outcome.KEPT
    assert len(_said(gateway)) == 1


def test_unknown_numbers_get_nothing(gateway: Gateway, frozen_clock: Any) -> None:
    _invite(frozen_clock)
    assert _answer("5", by=OTHER).outcome == Outcome.UNKNOWN
    assert _answer("你好", to="", by=OTHER).outcome == Outcome.UNKNOWN
    assert (_reviews(), _said(gateway)) == ([], [])


def test_the_time_to_rate_is_over(gateway: Gateway, frozen_clock: Any) -> None:
    _invite(frozen_clock)
    frozen_clock.move_by(days=31)
    assert _answer("5").outcome == Outcome.HELPED
    assert _reviews() == []
    assert "12345" in _said(gateway)[0]


# Several services of one number


def test_digits_tell_two_services_of_a_number_apart(gateway: Gateway, frozen_clock: Any) -> None:
    first, second = _invite(frozen_clock, factories.MOBILE, factories.MOBILE)
    _answer("5", to=second.extension)
    _answer("2 太慢", to=first.extension)
    levels = dict(Review.objects.values_list("event_id", "level"))
    assert levels == {first.event_id: 2, second.event_id: 5}


def test_without_digits_nobody_guesses_between_services_of_one_day(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _invite(frozen_clock, factories.MOBILE, factories.MOBILE)
    assert _answer("1", to="").outcome == Outcome.HELPED
    assert _answer("1", to="").outcome == Outcome.KEPT
    assert _reviews() == []
    [said] = _said(gateway)
    assert "/i/" in said


def test_without_digits_the_last_one_is_meant_when_the_others_are_old(
    gateway: Gateway, frozen_clock: Any
) -> None:
    support.ladder(support.MESSAGE)
    old = served()
    plan()
    frozen_clock.move_by(days=1)
    hand_over()
    frozen_clock.move_by(days=2)
    fresh = served()
    plan()
    frozen_clock.move_by(days=1)
    hand_over()
    assert _answer("4", to="").outcome == Outcome.RATED
    assert Review.objects.get().event == fresh
    # The answer says which.
    assert fresh.organisation.name in _said(gateway)[0]
    assert old.pk not in queries.rated([old.pk])


def test_without_digits_one_open_service_is_the_one(gateway: Gateway, frozen_clock: Any) -> None:
    first, second = _invite(frozen_clock, factories.MOBILE, factories.MOBILE)
    factories.review(first.event)
    _answer("4", to="")
    assert Review.objects.get(level=4).event_id == second.event_id


# Beside a matter of the same citizen


def test_words_to_our_number_belong_to_the_open_matter(
    gateway: Gateway, relay: ObedientRelay, frozen_clock: Any
) -> None:
    loop = factories.loop()
    notices.message_citizen(**loop.now(loop.handler), text="请问何时方便？")
    _invite(frozen_clock)
    assert _answer("明天上午", to="").outcome == Outcome.ROUTED
    assert _answer("2", to="01").outcome == Outcome.ROUTED  # to the digits of the matter
    assert _answer("5", to="").outcome == Outcome.RATED  # the invitation came last
    assert _said(gateway)


def test_a_digit_after_a_unit_has_written_is_an_answer_to_the_unit(
    gateway: Gateway, relay: ObedientRelay, frozen_clock: Any
) -> None:
    _invite(frozen_clock)
    loop = factories.loop()
    frozen_clock.move_by(hours=1)
    notices.message_citizen(**loop.now(loop.handler), text="1 上午，2 下午？")
    assert _answer("2", to="").outcome == Outcome.ROUTED
    assert len(_reviews()) == 1  # the one that opened the matter


# Saying no


@pytest.mark.parametrize("word", ["退订", "TD", "t", "Ｔ", " 退订。"])
def test_a_word_ends_the_invitations_and_not_the_matter(
    gateway: Gateway, relay: ObedientRelay, frozen_clock: Any, word: str
) -> None:
    loop = factories.loop()
    notices.message_citizen(**loop.now(loop.handler), text="您好")
    _invite(frozen_clock)
    assert _answer(word).outcome == Outcome.OPTED_OUT
    assert queries.opted_out([support.hash_of(factories.MOBILE)])
    assert loop.again().contact_ended_at is None
    [said] = _said(gateway)
    assert "/invitations" in said
    _answer(word)
    assert len(_said(gateway)) == 1
    served()
    plan()
    frozen_clock.move_by(days=1)
    before = len(gateway.sent)
    hand_over()
    assert len(gateway.sent) == before


def test_to_our_bare_number_it_ends_both(
    gateway: Gateway, relay: ObedientRelay, frozen_clock: Any
) -> None:
    loop = factories.loop()
    notices.message_citizen(**loop.now(loop.handler), text="您好")
    _invite(frozen_clock)
    assert _answer("退订", to="").outcome == Outcome.ENDED
    assert loop.again().contact_ended_at is not None
    assert queries.opted_out([support.hash_of(factories.MOBILE)])


def test_to_the_digits_of_a_matter_it_ends_that_matter_alone(
    gateway: Gateway, relay: ObedientRelay, frozen_clock: Any
) -> None:
    loop = factories.loop()
    notices.message_citizen(**loop.now(loop.handler), text="您好")
    assert _answer("TD", to="01").outcome == Outcome.ENDED
    assert not queries.opted_out([support.hash_of(factories.MOBILE)])


def test_whoever_writes_it_is_never_invited_even_who_was_not_yet(
    gateway: Gateway, frozen_clock: Any
) -> None:
    assert _answer("TD", to="", by=OTHER).outcome == Outcome.OPTED_OUT
    assert queries.opted_out([support.hash_of(OTHER)])
    assert _said(gateway) == []


def test_who_opted_out_can_still_answer_what_they_have(gateway: Gateway, frozen_clock: Any) -> None:
    _invite(frozen_clock)
    _answer("TD")
    assert _answer("3").outcome == Outcome.RATED
    assert len(_said(gateway)) == 2


# As it comes over the air


def test_a_long_answer_in_parts_is_one_review(gateway: Gateway, frozen_clock: Any) -> None:
    _invite(frozen_clock)
    said = "1 " + "我住得很远，" * 30
    for part in texts.split(said, reference=7):
        content, place = texts.take_header(part.content)
        assert place is not None
        sms.receive_part(
            gateway="smpp",
            from_number=f"86{factories.MOBILE}",
            recipient=f"{OURS}001",
            content=content,
            coding=part.coding,
            place=(place.reference, place.total, place.number),
            decode=texts.decode,
        )
    assert _reviews() == [(1, said[2:].strip("，"), "sms", "verified")] or _reviews()[0][1] in said


def test_replies_are_answered_while_invitations_are_stopped_and_at_night(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _invite(frozen_clock)
    services.stop(account="test")
    frozen_clock.move_by(hours=17)
    _answer("5")
    assert len(_said(gateway)) == 1


def test_an_open_lane_is_no_reason_to_wait_for_oneself(
    gateway: Gateway, frozen_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lane stores on a thread of its own: it is asked outside of our transaction."""
    from django.db import connection

    _invite(frozen_clock)
    outer = len(connection.savepoint_ids)
    seen: list[int] = []
    give = answering.lane.give

    def watched(given: Any) -> Any:
        seen.append(len(connection.savepoint_ids))
        return give(given)

    monkeypatch.setattr(answering.lane, "give", watched)
    _answer("5")
    assert seen == [outer]
    assert DAY

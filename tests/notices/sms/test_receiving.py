"""What citizens answer by SMS finds its matter, or nobody."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from huiyin.kernel import clock, crypto
from huiyin.matters import kinds
from huiyin.matters import services as matters
from huiyin.matters.errors import Refused
from huiyin.matters.models import ContactAttempt
from huiyin.matters.table import Event, State
from huiyin.notices import services
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.errors import ContactEnded
from huiyin.notices.models import Outbox, RelayAttempt
from huiyin.notices.sms import queries
from huiyin.notices.sms import services as sms
from huiyin.notices.sms.models import Conversation, DeliveryReceipt, InboundSms, SmsFragment
from huiyin.notices.sms.words import means_stop
from huiyin.notices.transports.sms_smpp import text as texts
from tests import factories
from tests.notices.support import ObedientRelay, drain

pytestmark = pytest.mark.django_db

OUR_NUMBER = "10690000"
Outcome = InboundSms.Outcome


@pytest.fixture(autouse=True)
def _our_number(settings: Any) -> None:
    settings.HUIYIN_SMS_SOURCE = OUR_NUMBER


def _written_to(loop: factories.Loop, text: str = "请问何时方便？") -> ContactAttempt:
    return services.message_citizen(**loop.now(loop.handler), text=text)


def _answer(text: str = "明天上午可以", **more: Any) -> InboundSms:
    return sms.receive_sms(
        **{
            "gateway": "http",
            "from_number": factories.MOBILE,
            "recipient": OUR_NUMBER,
            "text": text,
            **more,
        }
    )


def _wrote(loop: factories.Loop) -> list[str]:
    steps = loop.matter.steps.filter(event=Event.CITIZEN_WRITES)
    return [step.data["text"] for step in steps]


def test_an_answer_is_a_step_of_the_matter_and_its_handler_is_told(
    gateway: ObedientRelay,
) -> None:
    loop = factories.loop()
    _written_to(loop)
    stored = _answer(" 明天上午可以\n")
    assert stored.outcome == Outcome.ROUTED
    assert _wrote(loop) == ["明天上午可以"]
    step = loop.matter.steps.get(event=Event.CITIZEN_WRITES)
    assert (stored.step, step.party, step.data["via"]) == (step, "citizen", "sms")
    assert "明天" not in str(step.entry.public)
    told = Outbox.objects.filter(step=step, staff=loop.handler, transport="inbox")
    assert told.count() == 1


def test_the_number_and_the_text_are_stored_sealed(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    _written_to(loop)
    stored = InboundSms.objects.get(pk=_answer("家住某路").pk)
    assert "家住某路".encode() not in bytes(stored.text_sealed)
    opened = crypto.unseal(bytes(stored.text_sealed), purpose="inbound_sms", about=stored.pk.bytes)
    assert opened == "家住某路"
    assert factories.MOBILE not in repr(stored.__dict__)


@pytest.mark.parametrize("number", ["+86 {}", "0086{}", "86{}", "{}"])
def test_a_number_is_known_however_the_network_writes_it(
    gateway: ObedientRelay, number: str
) -> None:
    loop = factories.loop()
    _written_to(loop)
    assert _answer(from_number=number.format(factories.MOBILE)).outcome == Outcome.ROUTED
    assert _wrote(loop)


def test_the_digits_after_our_number_tell_two_matters_of_one_citizen_apart(
    gateway: ObedientRelay,
) -> None:
    first, second = factories.loop(), factories.loop()
    _written_to(first)
    _written_to(second)
    digits = {talk.matter_id: talk.extension for talk in Conversation.objects.order_by("extension")}
    assert sorted(digits.values()) == ["01", "02"]
    stored = _answer("给第二件", recipient=f"86{OUR_NUMBER}{digits[second.matter.pk]}")
    assert stored.outcome == Outcome.ROUTED
    assert (_wrote(first), _wrote(second)) == ([], ["给第二件"])


def test_without_digits_two_matters_leave_it_open_and_no_unit_reads_it(
    gateway: ObedientRelay,
) -> None:
    first, second = factories.loop(), factories.loop()
    _written_to(first)
    _written_to(second)
    stored = _answer()
    assert (stored.outcome, stored.step) == (Outcome.AMBIGUOUS, None)
    assert _wrote(first) == _wrote(second) == []


def test_of_two_matters_the_one_written_about_lately_is_meant(gateway: ObedientRelay) -> None:
    old, fresh = factories.loop(), factories.loop()
    _written_to(old)
    with clock.frozen(clock.now() + timedelta(days=8)):
        _written_to(fresh)
        assert _answer().outcome == Outcome.ROUTED
    assert (len(_wrote(old)), len(_wrote(fresh))) == (0, 1)


def test_who_was_never_written_to_is_kept_and_given_to_nobody() -> None:
    loop = factories.loop()
    stored = _answer()
    assert (stored.outcome, stored.step) == (Outcome.UNKNOWN, None)
    assert _wrote(loop) == []


def test_an_answer_to_a_closed_matter_moves_nothing(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    _written_to(loop)
    loop.matter.refresh_from_db()
    loop.matter.closed_at = clock.now()
    loop.matter.save()
    assert _answer().outcome == Outcome.CLOSED


def test_a_message_handed_over_twice_is_one_message(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    _written_to(loop)
    first = _answer(reference="mo-1")
    assert _answer(reference="mo-1") == first
    assert _answer("别的", reference="mo-2") != first
    assert _wrote(loop) == ["明天上午可以", "别的"]


def test_a_gateway_without_ids_may_repeat_itself_too(
    gateway: ObedientRelay, frozen_clock: Any
) -> None:
    loop = factories.loop()
    _written_to(loop)
    assert _answer() == _answer()
    assert len(_wrote(loop)) == 1


def test_an_empty_message_or_one_too_many_is_not_taken(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    _written_to(loop)
    assert _answer(" \x00 ").outcome == Outcome.REFUSED
    outcomes = [_answer(f"第{number}条").outcome for number in range(21)]
    assert outcomes == [Outcome.ROUTED] * 20 + [Outcome.REFUSED]


@pytest.mark.parametrize("word", ["STOP", "stop.", " 退订 ", "TD", "td", "Ｔ", "“T”"])
def test_a_word_ends_the_contact(gateway: ObedientRelay, word: str) -> None:
    loop = factories.loop()
    _written_to(loop)
    assert _answer(word).outcome == Outcome.ENDED
    assert loop.again().contact_ended_at is not None
    with pytest.raises(ContactEnded):
        services.call_citizen(matter=loop.matter, staff=loop.handler)
    with pytest.raises(ContactEnded):
        services.message_citizen(**loop.now(loop.handler), text="您好")
    assert len(gateway.messages) == 1
    # Said twice it is as good as once.
    assert _answer(word + " ", reference="again").outcome == Outcome.ENDED
    assert loop.matter.steps.filter(event=Event.END_CONTACT).count() == 1


@pytest.mark.parametrize("text", ["TD-LTE 信号不好", "请不要停止", "stop by tomorrow", "Tt", ""])
def test_other_words_do_not(text: str) -> None:
    assert not means_stop(text)


def test_stop_without_saying_which_ends_the_contact_about_all(gateway: ObedientRelay) -> None:
    first, second = factories.loop(), factories.loop()
    _written_to(first)
    _written_to(second)
    assert _answer("退订").outcome == Outcome.ENDED
    assert first.again().contact_ended_at
    assert second.again().contact_ended_at


def test_after_the_end_of_contact_the_reply_is_on_the_status_page_only(
    gateway: ObedientRelay, dispatcher: Dispatcher
) -> None:
    loop = factories.loop(State.APPROVED)
    matter = loop.again()
    matter.contact_ended_at = clock.now()
    matter.save()
    drain(dispatcher)
    assert loop.again().state == State.TOLD
    assert loop.matter.steps.get(event=Event.TELL).data["via"] == "status_page"
    assert gateway.messages == []


def test_an_answer_or_the_end_of_contact_lets_the_unit_go_on(gateway: ObedientRelay) -> None:
    silent, answered, ended = factories.loop(), factories.loop(), factories.loop()
    for loop in (silent, answered, ended):
        _written_to(loop)
    matters.citizen_writes(matter=answered.matter, text="可以", via="sms")
    matters.end_contact(matter=ended.matter, via="sms")
    with pytest.raises(Refused):
        matters.verify(**silent.now(silent.handler), facts="属实")
    for loop in (answered, ended):
        matters.verify(**loop.now(loop.handler), facts="属实")
        assert loop.again().state == State.VERIFIED


def test_who_ended_the_contact_can_still_be_heard(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    _written_to(loop)
    _answer("T")
    assert _answer("我改变主意了").outcome == Outcome.ROUTED


def test_what_came_in_cannot_be_changed(gateway: ObedientRelay) -> None:
    stored = _answer()
    for change in (
        lambda: InboundSms.objects.filter(pk=stored.pk).update(outcome=Outcome.ROUTED),
        lambda: InboundSms.objects.filter(pk=stored.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# Long messages in parts


def _part(said: str, number: int, **more: Any) -> None:
    parts = texts.split(said, reference=9)
    content, place = texts.take_header(parts[number - 1].content)
    assert place is not None
    sms.receive_part(
        **{
            "gateway": "smpp",
            "from_number": f"86{factories.MOBILE}",
            "recipient": OUR_NUMBER,
            "content": content,
            "coding": parts[0].coding,
            "place": (place.reference, place.total, place.number),
            "decode": texts.decode,
            **more,
        }
    )


def test_a_long_answer_comes_together_in_any_order_and_parts_may_come_twice(
    gateway: ObedientRelay,
) -> None:
    loop = factories.loop()
    _written_to(loop)
    said = "我住得很远，" * 30
    for number in (3, 1, 1):
        _part(said, number)
    assert _wrote(loop) == []
    _part(said, 2)
    assert _wrote(loop) == [said]
    assert not SmsFragment.objects.exists()


def test_parts_that_never_come_do_not_hold_up_the_others_for_ever(
    gateway: ObedientRelay,
) -> None:
    loop = factories.loop()
    _written_to(loop)
    said = "甲" * 67 + "乙" * 67 + "丙" * 10
    _part(said, 1)
    _part(said, 3)
    sms.put_together_late(decode=texts.decode)
    assert _wrote(loop) == []
    with clock.frozen(clock.now() + timedelta(hours=7)):
        sms.put_together_late(decode=texts.decode)
    assert _wrote(loop) == ["甲" * 67 + "…" + "丙" * 10]


# Receipts


def _sent(reference: str, *parts: str) -> RelayAttempt:
    loop = factories.loop()
    attempt = RelayAttempt.objects.create(
        matter=loop.matter,
        means="message",
        at=clock.now(),
        outcome=RelayAttempt.Outcome.PLACED,
        reference=reference,
    )
    sms.note_sent(gateway="smpp", parts=parts, message=reference)
    return attempt


def _report(reference: str, outcome: str) -> None:
    sms.receive_receipt(gateway="smpp", reference=reference, outcome=outcome)


def test_a_message_has_arrived_when_all_its_parts_have() -> None:
    attempt = _sent("M1", "a", "b")
    _report("a", DeliveryReceipt.Outcome.UNDER_WAY)
    _report("a", DeliveryReceipt.Outcome.ARRIVED)
    attempt.refresh_from_db()
    assert attempt.outcome == RelayAttempt.Outcome.PLACED
    _report("b", DeliveryReceipt.Outcome.ARRIVED)
    _report("b", DeliveryReceipt.Outcome.UNDER_WAY)
    attempt.refresh_from_db()
    assert attempt.outcome == RelayAttempt.Outcome.ARRIVED
    assert queries.fates(["M1"]) == {"M1": DeliveryReceipt.Outcome.ARRIVED}


def test_a_message_that_lacks_a_part_has_not_arrived() -> None:
    attempt = _sent("M2", "c", "d")
    _report("d", DeliveryReceipt.Outcome.FAILED)
    attempt.refresh_from_db()
    assert attempt.outcome == RelayAttempt.Outcome.LOST


def test_a_receipt_may_be_faster_than_our_own_record() -> None:
    _report("e", DeliveryReceipt.Outcome.ARRIVED)
    attempt = _sent("M3", "e")
    attempt.refresh_from_db()
    assert attempt.outcome == RelayAttempt.Outcome.ARRIVED


def test_a_receipt_for_a_message_of_another_gateway_says_nothing() -> None:
    attempt = _sent("M4", "f")
    sms.receive_receipt(gateway="http", reference="f", outcome="arrived")
    attempt.refresh_from_db()
    assert attempt.outcome == RelayAttempt.Outcome.PLACED


def test_the_digits_of_a_conversation_stay() -> None:
    loop = factories.loop()
    contact = kinds.get(loop.matter.kind).contact(loop.matter)
    assert contact is not None
    first = sms.converse(matter=loop.matter, contact=contact)
    assert sms.converse(matter=loop.matter, contact=contact) == first
    assert first.extension == "01"

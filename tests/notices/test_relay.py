"""The way to the citizen: nobody but the relay holds a number."""

import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from huiyin.kernel.problems import Invalid
from huiyin.matters import services as matters
from huiyin.matters.errors import Moved, NotNow, NotYours
from huiyin.matters.models import ContactAttempt, Matter
from huiyin.matters.table import Event, State
from huiyin.notices import queries, relay, services
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.errors import NoContact, NoGateway, RelayDown
from huiyin.notices.models import Outbox, RelayAttempt
from tests import factories
from tests.notices.support import ObedientRelay, drain, later

pytestmark = pytest.mark.django_db


def _via(loop: factories.Loop) -> str:
    step = loop.matter.steps.get(event=Event.TELL)
    via: str = step.data["via"]
    return via


def _without_number(loop: factories.Loop) -> None:
    case = loop.event.case
    case.mobile_sealed = b""
    case.save()


def test_an_approved_reply_reaches_the_citizen_and_the_follow_up_opens(
    dispatcher: Dispatcher, gateway: ObedientRelay
) -> None:
    loop = factories.loop(State.APPROVED)
    drain(dispatcher)
    assert loop.again().state == State.TOLD
    assert loop.matter.told_at is not None
    assert _via(loop) == "relay"
    [(mobile, text, _key)] = gateway.messages
    assert mobile == factories.MOBILE
    assert text.startswith(f"{loop.organisation.name}已答复您的评价")
    assert loop.receipt.status_url in text
    attempt = RelayAttempt.objects.get()
    assert (attempt.reference, attempt.staff, attempt.means) == ("message-1", None, "message")
    notice = Outbox.objects.get(transport="relay")
    assert notice.deliveries.get().outcome == "delivered"


def test_who_left_no_number_finds_the_reply_on_the_status_page(
    dispatcher: Dispatcher, gateway: ObedientRelay
) -> None:
    loop = factories.loop(State.APPROVED)
    _without_number(loop)
    drain(dispatcher)
    assert gateway.messages == []
    assert loop.again().state == State.TOLD
    assert _via(loop) == "status_page"
    assert not RelayAttempt.objects.exists()


def test_the_console_says_that_somebody_was_reached_only_in_the_demo(
    dispatcher: Dispatcher, settings: Any
) -> None:
    settings.HUIYIN_DEMO = False
    loop = factories.loop(State.APPROVED)
    drain(dispatcher)
    assert _via(loop) == "status_page"


def test_a_relay_that_is_down_is_asked_again_under_the_same_key(
    dispatcher: Dispatcher, gateway: ObedientRelay
) -> None:
    loop = factories.loop(State.APPROVED)
    gateway.down = True
    drain(dispatcher)
    assert loop.again().state == State.APPROVED
    gateway.down = False
    with later():
        drain(dispatcher)
    assert loop.again().state == State.TOLD
    [(_mobile, _text, key)] = gateway.messages
    assert key == Outbox.objects.get(transport="relay").delivery_key


def test_a_relay_that_stays_down_does_not_make_the_unit_late(
    dispatcher: Dispatcher, gateway: ObedientRelay, settings: Any
) -> None:
    settings.HUIYIN_NOTICE_TRIES = 1
    loop = factories.loop(State.APPROVED)
    gateway.down = True
    drain(dispatcher)
    assert loop.again().state == State.TOLD
    assert _via(loop) == "status_page"
    # The letter can still be sent when the relay is back; the citizen is told once.
    gateway.down = False
    services.replay_dead_letter(outbox=queries.dead_letters().get(), by=loop.supervisor)
    drain(dispatcher)
    assert len(gateway.messages) == 1
    assert loop.matter.steps.filter(event=Event.TELL).count() == 1


def test_a_call_leaves_a_reference_and_nothing_else(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    attempt = services.call_citizen(matter=loop.matter, staff=loop.handler)
    assert attempt.reference == "call-1"
    assert attempt.outcome == RelayAttempt.Outcome.PLACED
    assert attempt.staff == loop.handler
    assert gateway.calls == [(factories.MOBILE, attempt.pk.hex)]
    assert not ContactAttempt.objects.exists()


def test_a_call_that_fails_is_on_record(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    gateway.down = True
    with pytest.raises(RelayDown):
        services.call_citizen(matter=loop.matter, staff=loop.handler)
    assert RelayAttempt.objects.get().outcome == RelayAttempt.Outcome.FAILED


def test_a_message_is_sent_and_recorded(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    made = services.message_citizen(**loop.now(loop.handler), text=" 请问何时方便通话？ ")
    assert (made.means, made.outcome, made.relay_reference) == ("message", "sent", "message-1")
    assert made.message == "请问何时方便通话？"
    assert gateway.messages[0][:2] == (factories.MOBILE, "请问何时方便通话？")
    assert loop.matter.steps.filter(event=Event.CONTACT).count() == 1


@pytest.mark.parametrize("text", ["", "   ", "长" * 501])
def test_an_empty_or_endless_message_is_refused(gateway: ObedientRelay, text: str) -> None:
    loop = factories.loop()
    with pytest.raises(Invalid):
        services.message_citizen(**loop.now(loop.handler), text=text)
    assert gateway.messages == []


def test_nobody_writes_to_the_citizen_on_an_old_picture(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    seen = loop.now(loop.handler)
    factories.reach(loop)
    with pytest.raises(Moved):
        services.message_citizen(**seen, text="您好")
    assert gateway.messages == []


def test_a_message_that_is_out_is_recorded_whatever_happened_meanwhile(
    gateway: ObedientRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = factories.loop()
    seen = loop.now(loop.handler)
    send = gateway.send_message

    def slowly(*args: Any, **kwargs: Any) -> str:
        factories.reach(loop)
        return send(*args, **kwargs)

    monkeypatch.setattr(gateway, "send_message", slowly)
    services.message_citizen(**seen, text="您好")
    assert loop.matter.contact_attempts.filter(outcome="sent").count() == 1


def test_only_those_who_handle_a_matter_may_reach_its_citizen(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    for staff in (loop.outsider, loop.approver, loop.supervisor, loop.arbiter):
        with pytest.raises(NotYours):
            services.call_citizen(matter=loop.matter, staff=staff)
        with pytest.raises(NotYours):
            services.message_citizen(**loop.now(staff), text="您好")
    closed = factories.loop(State.TOLD)
    with pytest.raises(NotNow):
        services.call_citizen(matter=closed.matter, staff=closed.handler)
    assert gateway.calls == gateway.messages == []


def test_without_a_number_there_is_nobody_to_call(gateway: ObedientRelay) -> None:
    loop = factories.loop()
    _without_number(loop)
    with pytest.raises(NoContact):
        services.call_citizen(matter=loop.matter, staff=loop.handler)


def test_a_gateway_is_installed_by_its_name() -> None:
    made = relay.named("tests.notices.support:ObedientRelay")
    assert isinstance(made, ObedientRelay)


@pytest.mark.parametrize(
    "name", ["", "nowhere", "nowhere:Gateway", "tests.notices.support:Nothing", "json:JSONDecoder"]
)
def test_a_name_that_is_no_gateway_is_refused(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="HUIYIN_RELAY"):
        relay.named(name)


def test_without_a_gateway_nothing_looks_as_if_somebody_was_reached(settings: Any) -> None:
    settings.HUIYIN_DEMO = False
    loop = factories.loop()
    with pytest.raises(NoGateway):
        services.call_citizen(matter=loop.matter, staff=loop.handler)
    with pytest.raises(RelayDown):
        services.message_citizen(**loop.now(loop.handler), text="您好")
    assert not RelayAttempt.objects.exists()
    assert not ContactAttempt.objects.exists()


def test_the_console_names_the_matter_and_never_the_number(
    caplog: pytest.LogCaptureFixture, dispatcher: Dispatcher
) -> None:
    caplog.set_level(logging.INFO)
    assert isinstance(relay.current(), relay.ConsoleRelay)
    loop = factories.loop()
    attempt = services.call_citizen(matter=loop.matter, staff=loop.handler)
    services.message_citizen(**loop.now(loop.handler), text="请问何时方便？")
    told = factories.loop(State.APPROVED)
    drain(dispatcher)
    assert told.again().state == State.TOLD
    assert f"call about {loop.matter.code}, reference {attempt.reference}" in caplog.text
    for secret in (factories.MOBILE, factories.NAME, "请问何时方便", told.receipt.code):
        assert secret not in caplog.text


@pytest.mark.parametrize("meanwhile", ["withdrawn", "handed on", "contact ended"])
def test_a_message_under_way_is_on_record_wherever_the_matter_went(
    gateway: ObedientRelay, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    loop = factories.loop()
    seen = loop.now(loop.handler)
    send = gateway.send_message

    def slowly(*args: Any, **kwargs: Any) -> relay.Placed:
        if meanwhile == "withdrawn":
            matters.withdraw(matter=loop.matter)
        elif meanwhile == "contact ended":
            matters.end_contact(matter=loop.matter, via="status_page")
        else:
            Matter.objects.filter(pk=loop.matter.pk).update(
                organisation=factories.organisation(), version=9
            )
        return send(*args, **kwargs)

    monkeypatch.setattr(gateway, "send_message", slowly)
    made = services.message_citizen(**seen, text="您好")
    assert (made.message, made.staff) == ("您好", loop.handler)
    step = loop.matter.steps.get(event=Event.CONTACT)
    assert (step.party, step.data["message"]) == ("platform", "您好")
    attempt = RelayAttempt.objects.get()
    assert (attempt.message, attempt.outcome) == ("您好", RelayAttempt.Outcome.PLACED)
    assert loop.again().state == step.state_after


def test_what_was_being_sent_when_the_process_died_is_on_record(
    gateway: ObedientRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = factories.loop()

    def dies(*_args: Any, **_kwargs: Any) -> relay.Placed:
        raise KeyboardInterrupt

    monkeypatch.setattr(gateway, "send_message", dies)
    with pytest.raises(KeyboardInterrupt):
        services.message_citizen(**loop.now(loop.handler), text="您好")
    attempt = RelayAttempt.objects.get()
    assert (attempt.message, attempt.outcome) == ("您好", RelayAttempt.Outcome.ASKED)

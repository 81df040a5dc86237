"""Handing invitations over: once each, not at night, not to who answered or said no."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.intake.invitations import queries, services
from huiyin.intake.invitations.handing import loop, parcels
from huiyin.intake.invitations.handing.outlet import ConsoleGateway, current
from huiyin.intake.invitations.models import OptOut, Planned, State, Why
from huiyin.intake.invitations.short_links import token_behind
from huiyin.kernel import clock
from huiyin.notices.sms import services as sms
from huiyin.notices.sms.gateway import SmsFailed
from huiyin.notices.sms.models import DeliveryReceipt, SentPart
from huiyin.reviews import services as reviews
from huiyin.reviews import tokens
from huiyin.reviews.models import Invitation
from tests import factories
from tests.intake.invitations import support
from tests.intake.invitations.support import (
    DAY,
    Gateway,
    hand_over,
    ladder,
    link_in,
    plan,
    rows,
    served,
)

pytestmark = pytest.mark.django_db

OTHER = "13900005678"


def _planned(*mobiles: str, **more: Any) -> list[Any]:
    ladder(**more)
    events = [served(mobile=mobile) for mobile in mobiles or (factories.MOBILE,)]
    plan()
    return events


def test_nothing_is_handed_over_before_its_time(gateway: Gateway, frozen_clock: Any) -> None:
    _planned()
    frozen_clock.move_by(hours=23, minutes=59)
    hand_over()
    assert gateway.sent == []
    frozen_clock.move_by(minutes=1)
    hand_over()
    assert gateway.numbers == [factories.MOBILE]
    assert rows() == [(1, State.HANDED, ""), (2, State.PLANNED, "")]
    hand_over()
    assert len(gateway.sent) == 1


def test_the_message_names_no_person_and_its_link_opens_the_service(
    gateway: Gateway, frozen_clock: Any
) -> None:
    [event] = _planned()
    frozen_clock.move_by(days=1)
    hand_over()
    [(_to, text, _key, extension)] = gateway.sent
    for personal in (
        factories.NAME, factories.MOBILE, factories.IDENTITY, event.case.project_no,
        event.case.item_name,
    ):  # fmt: skip
        assert personal not in text
    assert event.organisation.name in text
    assert extension == "001"
    right = tokens.read(token_behind(link_in(text)))
    assert (right.event_id, right.ordinal) == (event.pk, 1)
    assert right.expires_at == event.occurred_at + 30 * DAY
    assert Invitation.objects.get().event == event


def test_the_token_that_a_business_system_was_given_is_the_one_that_is_sent(
    gateway: Gateway, frozen_clock: Any
) -> None:
    ladder()
    event = served(invite=True)
    link = reviews.link_of(reviews.invite(event))
    plan()
    frozen_clock.move_by(days=1)
    hand_over()
    assert link.endswith(token_behind(link_in(gateway.sent[0][1])))


def test_quiet_hours_over_midnight_make_it_wait_for_the_morning(
    gateway: Gateway, frozen_clock: Any
) -> None:
    # Served at 10:00; a message after 11 hours is due at 21:00.
    ladder({"channel": "sms", "after": 11}, quiet=("20:00", "09:00"))
    event = served()
    plan()
    for moment in ("2024-03-04 21:00", "2024-03-04 23:59", "2024-03-05 00:00", "2024-03-05 08:59"):
        frozen_clock.move_to(datetime.fromisoformat(moment))
        hand_over()
        assert gateway.sent == [], moment
        assert queries.next_moment(event_ladder(event), clock.now()) == datetime(
            2024, 3, 5, 9, tzinfo=clock.LOCAL
        )
    frozen_clock.move_to(datetime(2024, 3, 5, 9, tzinfo=clock.LOCAL))
    hand_over()
    assert len(gateway.sent) == 1


def event_ladder(event: Any) -> Any:
    return Planned.objects.filter(event=event).select_related("ladder")[0].ladder


def test_days_off_can_be_kept(gateway: Gateway, frozen_clock: Any) -> None:
    frozen_clock.move_to(datetime(2024, 3, 8, 10, tzinfo=clock.LOCAL))  # a Friday
    quiet = {"quiet_from": "20:00", "quiet_to": "09:00", "working_days_only": True}
    from huiyin.calendars.services import seed

    seed()
    services.add_ladder(
        jurisdiction=factories.region(factories.PROVINCE),
        document={"rungs": [support.MESSAGE], "quiet": quiet},
        valid_from=clock.today(),
    )
    served()
    plan()
    frozen_clock.move_by(days=1)
    hand_over()
    assert gateway.sent == []
    frozen_clock.move_to(datetime(2024, 3, 11, 9, tzinfo=clock.LOCAL))
    hand_over()
    assert len(gateway.sent) == 1


def test_who_rated_between_planning_and_handing_over_is_not_asked(
    gateway: Gateway, frozen_clock: Any
) -> None:
    [event] = _planned()
    factories.review(event)
    frozen_clock.move_by(days=1)
    hand_over()
    assert gateway.sent == []
    assert rows()[0] == (1, State.ENDED, Why.ANSWERED)
    frozen_clock.move_by(days=3)
    assert queries.calls_due() == []


def test_who_opted_out_between_planning_and_handing_over_is_not_asked(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _planned(factories.MOBILE, OTHER)
    services.opt_out(support.hash_of(factories.MOBILE), OptOut.Via.PAGE)
    frozen_clock.move_by(days=1)
    hand_over()
    assert gateway.numbers == [OTHER]
    assert rows()[0] == (1, State.ENDED, Why.OPTED_OUT)
    frozen_clock.move_by(days=3)
    assert [row.event.case.mobile_hash for row in queries.calls_due()] == [support.hash_of(OTHER)]


def test_who_opted_in_again_is_asked(gateway: Gateway, frozen_clock: Any) -> None:
    _planned()
    number = support.hash_of(factories.MOBILE)
    assert services.opt_out(number, OptOut.Via.SMS)
    assert not services.opt_out(number, OptOut.Via.SMS)
    assert queries.opted_out([number]) == {number}
    assert services.opt_in(number, OptOut.Via.PAGE)
    assert not services.opt_in(number, OptOut.Via.PAGE)
    assert queries.opted_out([number]) == set()
    frozen_clock.move_by(days=1)
    hand_over()
    assert len(gateway.sent) == 1


def test_an_expired_token_is_never_sent(gateway: Gateway, frozen_clock: Any) -> None:
    [event] = _planned()
    frozen_clock.move_by(days=30)
    hand_over()
    assert gateway.sent == []
    assert rows(event)[0] == (1, State.ENDED, Why.EXPIRED)
    assert queries.calls_due() == []


def test_a_case_without_a_number_is_not_asked(gateway: Gateway, frozen_clock: Any) -> None:
    [event] = _planned()
    event.case.mobile_sealed = b""
    event.case.save()
    frozen_clock.move_by(days=1)
    hand_over()
    assert gateway.sent == []
    assert rows()[0] == (1, State.ENDED, Why.NO_NUMBER)


def test_a_later_service_of_the_case_is_asked_about_instead(
    gateway: Gateway, frozen_clock: Any
) -> None:
    ladder(support.MESSAGE)
    body = factories.organisation()
    served(of=body, projectNo="C1")
    plan()
    frozen_clock.move_by(hours=20)
    served(of=body, projectNo="C1", serviceNumber="2")
    plan()
    frozen_clock.move_by(days=2)
    hand_over()
    assert rows() == [(1, State.ENDED, Why.OTHER_SERVICE), (1, State.HANDED, "")]


# Exactly once


def _crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies after handing over and before writing that down."""

    def dies(*_: Any, **__: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(loop, "record", dies)
        with pytest.raises(SystemExit):
            loop.hand_over_due()


def test_what_a_process_had_when_it_died_is_not_sent_twice(
    gateway: Gateway, frozen_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _planned()
    frozen_clock.move_by(days=1)
    _crash(monkeypatch)
    assert len(gateway.sent) == 1
    hand_over()
    assert rows()[0][1] == State.UNDER_WAY
    frozen_clock.move_by(minutes=5)
    hand_over()
    assert len(gateway.sent) == 1
    assert rows()[0][1] == State.UNSURE
    # It may have arrived, so that the citizen can answer it.
    assert Planned.objects.get(rung=1).reference


def test_a_gateway_that_knows_keys_gets_it_again_and_sends_it_once(
    gateway: Gateway, frozen_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.knows_keys = True
    _planned()
    frozen_clock.move_by(days=1)
    _crash(monkeypatch)
    frozen_clock.move_by(minutes=5)
    hand_over()
    assert len(gateway.sent) == 1
    assert rows()[0][1] == State.HANDED


def test_a_broken_line_leaves_it_open_whether_it_was_sent(
    gateway: Gateway, frozen_clock: Any
) -> None:
    gateway.failing = SmsFailed("not taken in time", unsure=True)
    _planned()
    frozen_clock.move_by(days=1)
    hand_over()
    assert rows()[0][1] == State.UNSURE
    gateway.failing = None
    loop._pace.until = 0
    frozen_clock.move_by(days=1)
    hand_over()
    assert gateway.sent == []


def test_a_gateway_that_is_down_is_tried_again_later_and_costs_nothing(
    gateway: Gateway, frozen_clock: Any
) -> None:
    gateway.failing = SmsFailed("answered 503", status=503)
    _planned(*(f"138000{n:05}" for n in range(30)))
    frozen_clock.move_by(days=1)
    hand_over()
    # It stopped at once, and rests.
    tried = Planned.objects.filter(attempts__gt=0)
    assert 1 <= tried.count() <= loop.WIDTH
    assert not loop.hand_over_due()
    gateway.failing = None
    loop._pace.until = 0
    frozen_clock.move_by(hours=1)
    hand_over()
    assert len(set(gateway.numbers)) == len(gateway.sent) == 30


def test_a_refused_number_is_not_tried_again_and_stops_nobody(
    gateway: Gateway, frozen_clock: Any
) -> None:
    def refuses(key: str) -> None:
        if key == bad:
            raise SmsFailed("refused for good", permanent=True)

    first, _second = _planned(factories.MOBILE, OTHER)
    bad = f"invitation-{Planned.objects.get(event=first, rung=1).pk.hex}"
    gateway.before = refuses
    frozen_clock.move_by(days=1)
    hand_over()
    assert gateway.numbers == [OTHER]
    assert rows(first)[0][1] == State.FAILED


def test_after_so_many_tries_it_is_given_up(
    gateway: Gateway, frozen_clock: Any, settings: Any
) -> None:
    settings.HUIYIN_NOTICE_TRIES = 2
    gateway.failing = SmsFailed("answered 500", status=500)
    _planned()
    frozen_clock.move_by(days=1)
    for _try in range(3):
        loop._pace.until = 0
        hand_over()
        frozen_clock.move_by(hours=2)
    assert rows()[0][1] == State.FAILED
    assert Planned.objects.get(rung=1).attempts == 2


@pytest.mark.django_db(transaction=True)
def test_several_copies_share_the_work_and_nobody_is_asked_twice(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop._Pace, "size", 8)
    ladder()
    before = clock.now() - 2 * DAY
    for number in range(60):
        served(before, mobile=f"138000{number:05}")
    plan()
    broken: list[BaseException] = []

    def copy() -> None:
        try:
            hand_over()
        except BaseException as error:
            broken.append(error)
        finally:
            connection.close()

    copies = [threading.Thread(target=copy) for _copy in range(3)]
    for one in copies:
        one.start()
    for one in copies:
        one.join(60)
    hand_over()
    assert broken == []
    assert sorted(gateway.numbers) == sorted(f"138000{number:05}" for number in range(60))


# A day's measure


def test_a_number_gets_three_a_day_and_the_others_the_next_day(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _planned(*[factories.MOBILE] * 5, OTHER, quiet=("20:00", "09:00"))
    frozen_clock.move_by(days=1)
    hand_over()
    assert sorted(gateway.numbers) == [factories.MOBILE] * 3 + [OTHER]
    frozen_clock.move_to(clock.local(clock.now()).replace(hour=19, minute=59))
    hand_over()
    assert len(gateway.sent) == 4
    # Midnight begins the day, and the quiet hours hold.
    frozen_clock.move_by(hours=5)
    hand_over()
    assert len(gateway.sent) == 4
    frozen_clock.move_by(hours=9)
    hand_over()
    assert sorted(gateway.numbers) == [factories.MOBILE] * 5 + [OTHER]


def test_what_perhaps_went_out_counts_and_what_was_refused_does_not(
    gateway: Gateway, frozen_clock: Any, settings: Any
) -> None:
    settings.HUIYIN_INVITATIONS_A_DAY = 1
    _planned(factories.MOBILE, factories.MOBILE)
    frozen_clock.move_by(days=1)
    gateway.failing = SmsFailed("refused", permanent=True)
    hand_over()
    # The one that came to nothing left its place to the next.
    assert rows().count((1, State.FAILED, "")) == 1
    gateway.failing = SmsFailed("gone", unsure=True)
    hand_over()
    assert rows().count((1, State.UNSURE, "")) == 0
    frozen_clock.move_by(days=1)
    loop._pace.__dict__.clear()
    hand_over()
    assert rows().count((1, State.UNSURE, "")) == 1


def test_a_place_may_set_no_measure(gateway: Gateway, frozen_clock: Any, settings: Any) -> None:
    settings.HUIYIN_INVITATIONS_A_DAY = 0
    _planned(*[factories.MOBILE] * 5)
    frozen_clock.move_by(days=1)
    hand_over()
    assert len(gateway.sent) == 5


# Stopping


def test_stopped_in_the_middle_nothing_more_is_handed_over_until_it_goes_on(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _planned(*(f"138000{n:05}" for n in range(40)))
    frozen_clock.move_by(days=1)
    hit = threading.Event()

    def pressed(_key: str) -> None:
        if len(gateway.sent) >= 10:
            hit.set()
            threading.Event().wait(0.5)  # the gateway takes its time

    gateway.before = pressed
    claimed = parcels.claim_invitations(100)
    came = loop.send(claimed, gateway, hit.is_set)
    loop.record(came, gateway)
    handed = len(gateway.sent)
    assert 10 <= handed <= 10 + loop.WIDTH
    services.stop(account="test")
    gateway.before = None
    hand_over()
    assert len(gateway.sent) == handed
    assert queries.standing().count(State.PLANNED, channel="sms") == 40 - handed
    frozen_clock.move_by(days=2)
    assert queries.calls_due() == []
    services.go_on(account="test")
    hand_over()
    assert len(set(gateway.numbers)) == len(gateway.sent) == 40


def test_pressed_twice_is_stopped_once() -> None:
    first = services.stop(account="a", reason="too many")
    assert services.stop(account="b") == first
    assert queries.is_stopped()
    services.go_on(account="a")
    assert not queries.is_stopped()


def test_what_was_late_keeps_its_distance_from_the_call(
    gateway: Gateway, frozen_clock: Any
) -> None:
    [event] = _planned()
    services.stop(account="test")
    frozen_clock.move_by(days=5)
    services.go_on(account="test")
    assert queries.calls_due() == []  # the message comes first
    hand_over()
    assert len(gateway.sent) == 1
    assert queries.calls_due() == []
    frozen_clock.move_by(days=2)
    assert [row.event for row in queries.calls_due()] == [event]


# Receipts, digits, costs


def test_receipts_say_what_arrived(gateway: Gateway, frozen_clock: Any) -> None:
    _planned(factories.MOBILE, OTHER)
    frozen_clock.move_by(days=1)
    hand_over()
    for part, outcome in zip(SentPart.objects.order_by("pk"), ("arrived", "failed"), strict=True):
        sms.receive_receipt(gateway="fake", reference=part.reference, outcome=outcome)
    states = Planned.objects.filter(rung=1).order_by("pk").values_list("state", flat=True)
    assert sorted(states) == [State.ARRIVED, State.LOST]


@pytest.mark.django_db(transaction=True)
def test_a_receipt_that_is_faster_than_our_own_record_is_found(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _planned()
    frozen_clock.move_by(days=1)
    key = f"invitation-{Planned.objects.get(rung=1).pk.hex}"
    sms.receive_receipt(
        gateway="fake", reference=f"part-{key}", outcome=DeliveryReceipt.Outcome.ARRIVED
    )
    hand_over()
    assert rows()[0][1] == State.ARRIVED


def test_services_of_one_number_have_digits_of_their_own(
    gateway: Gateway, frozen_clock: Any
) -> None:
    _planned(factories.MOBILE, factories.MOBILE, OTHER)
    frozen_clock.move_by(days=1)
    hand_over()
    assert sorted((to, extension) for to, _text, _key, extension in gateway.sent) == [
        (factories.MOBILE, "001"),
        (factories.MOBILE, "002"),
        (OTHER, "001"),
    ]


def test_handing_over_asks_as_much_for_many_as_for_few(gateway: Gateway, frozen_clock: Any) -> None:
    ladder()

    def asked(number: int) -> int:
        for place in range(number):
            served(mobile=f"13800{place:06}")
        plan()
        frozen_clock.move_by(days=1, hours=1)
        loop._pace.__dict__.clear()
        with CaptureQueriesContext(connection) as context:
            loop.hand_over_due()
        assert len(gateway.sent) >= number
        # However often it looked whether it was stopped.
        return len([one for one in context if "invitations_switch" not in one["sql"]])

    few, many = asked(2), asked(20)
    # What was handed over is recorded every moment: five statements once more where time is short.
    assert many <= few + 2 * 5


def test_the_demo_plays_the_gateway_and_elsewhere_nothing_is_sent(settings: Any) -> None:
    assert isinstance(current(), ConsoleGateway)
    settings.HUIYIN_DEMO = False
    assert current() is None


# Calls


def test_a_call_is_due_three_days_after_the_service(gateway: Gateway, frozen_clock: Any) -> None:
    [event] = _planned()
    frozen_clock.move_by(days=1)
    hand_over()
    assert queries.calls_due() == []
    frozen_clock.move_by(days=2)
    [call] = queries.calls_due()
    assert (call.event, call.channel) == (event, "hotline")
    right = services.right_of(call)
    assert (right.event_id, right.organisation_id) == (event.pk, event.organisation_id)
    services.call_done(planned=call, outcome="rated")
    assert queries.calls_due() == []
    with pytest.raises(services.calling.NotDue):
        services.call_done(planned=call, outcome="rated")


def test_nobody_is_rung_more_than_three_times(gateway: Gateway, frozen_clock: Any) -> None:
    ladder(support.CALL)
    served()
    plan()
    frozen_clock.move_by(days=3)
    for _call in range(3):
        [call] = queries.calls_due()
        services.call_done(planned=call, outcome="no_answer")
        assert queries.calls_due() == []
        frozen_clock.move_by(days=1)
    assert queries.calls_due() == []
    assert rows() == [(1, State.CALLED, "")]


def test_an_agent_records_that_somebody_wants_no_invitations(
    gateway: Gateway, frozen_clock: Any
) -> None:
    ladder(support.CALL)
    served()
    plan()
    frozen_clock.move_by(days=3)
    [call] = queries.calls_due()
    agent = factories.staff()
    services.call_done(planned=call, outcome="opted_out", by=agent)
    made = OptOut.objects.get()
    assert (made.via, made.by) == ("agent", agent)
    assert queries.opted_out([call.number_hash])


def test_calls_keep_the_quiet_hours(frozen_clock: Any) -> None:
    ladder(support.CALL, quiet=("20:00", "11:00"))
    served()
    plan()
    frozen_clock.move_by(days=3)  # 10:00
    assert queries.calls_due() == []
    frozen_clock.move_by(hours=1)
    assert len(queries.calls_due()) == 1

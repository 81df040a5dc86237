"""Reviews of people on the spot: stored with an event of their own, once, and graded apart."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from huiyin.directory.models import Role
from huiyin.kernel import clock
from huiyin.log.entries import commitment, salts_by_name
from huiyin.log.models import Entry
from huiyin.matters import kinds
from huiyin.matters import services as matters
from huiyin.matters.errors import Refused
from huiyin.matters.models import Matter, Step
from huiyin.matters.table import Event
from huiyin.reviews import errors, queries, services, tokens
from huiyin.reviews.models import (
    Channel,
    Review,
    ReviewOrigin,
    ServiceEvent,
    Trust,
    VisitContact,
)
from huiyin.reviews.receipts import HIDDEN, Receipt
from huiyin.reviews.services import NewReview
from tests import factories

pytestmark = pytest.mark.django_db


BAD = NewReview(1, text="等了两个小时。")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def given(token: str, review: NewReview) -> services.Given:
    return services.Given(tokens.read(token), review)


def codes(verdicts: list[Any]) -> list[str]:
    return ["" if isinstance(verdict, Receipt) else verdict.code for verdict in verdicts]


def test_a_visit_token_reads_back_and_an_altered_one_does_not() -> None:
    place = factories.place()
    token = factories.visit(place)
    right = tokens.read(token)
    assert isinstance(right, tokens.Visit)
    assert (right.place_id, right.organisation_id) == (place.pk, place.organisation_id)
    assert (right.event_id, right.ordinal) == (right.visit_id, tokens.FIRST)
    assert (len(token), right.channel) == (88, Channel.QR)
    for spot in range(0, len(token), 7):
        altered = token[:spot] + ("A" if token[spot] != "A" else "B") + token[spot + 1 :]
        with pytest.raises(errors.TokenInvalid):
            tokens.read(altered)
    with clock.frozen(clock.now() + timedelta(seconds=601)), pytest.raises(errors.TokenExpired):
        tokens.read(token)


@pytest.mark.parametrize("text", ["", "AA", "A" * 16, "A" * 67, "A" * 88, "Ag", "é"])
def test_what_is_no_token_is_refused_kindly(text: str) -> None:
    with pytest.raises(errors.TokenInvalid):
        tokens.read(text)


def test_review_and_event_come_into_being_together() -> None:
    unit = factories.organisation()
    counter = factories.counter(number="A01")
    place = factories.place(unit, counter=counter, item=factories.item(unit))
    token = factories.visit(place)
    assert ServiceEvent.objects.count() == 0
    receipt = services.submit(token=token, review=NewReview(4))
    review = Review.objects.select_related("event", "entry__secret").get()
    event = review.event
    assert event.pk == tokens.read(token).event_id
    assert (event.place, event.case, event.integrator) == (place, None, None)
    assert (event.hall_name, event.counter, event.counter_number) == ("测试大厅", counter, "A01")
    # The place says which channel it is, whatever the caller says.
    assert (review.trust, review.channel, review.ordinal) == ("on_site", "qr", 1)
    assert (receipt.service, receipt.organisation) == ("社会保障卡申领", str(unit))
    public = json.loads(review.entry.public)
    assert (public["trust"], public["channel"], public["item"]) == (
        "on_site",
        "qr",
        place.item.code,
    )
    salts = salts_by_name(HIDDEN, bytes(review.entry.secret.salts))
    assert public["private"]["event"] == commitment(salts["event"], event.pk.hex).hex()
    assert not Entry.objects.filter(kind="services").exists()
    assert queries.by_receipt_code(receipt.code) == review


def test_without_an_item_the_label_says_what_it_was() -> None:
    receipt = services.submit(token=factories.visit(), review=NewReview(5))
    assert receipt.service == "A01 综合窗口"
    assert json.loads(receipt.entry)["item"] == ""


def test_paper_has_a_grade_of_its_own_and_the_others_are_on_site() -> None:
    for kind in ("qr", "kiosk", "counter_device", "paper"):
        services.submit(token=factories.visit(factories.place(kind=kind)), review=NewReview(5))
    graded = dict(Review.objects.values_list("channel", "trust"))
    assert graded == {
        "qr": Trust.ON_SITE,
        "kiosk": Trust.ON_SITE,
        "counter_device": Trust.ON_SITE,
        "paper": Trust.PAPER,
    }


def test_visits_and_invitations_travel_in_one_batch() -> None:
    rights = [factories.visit(), factories.token(), factories.visit(factories.place(kind="kiosk"))]
    verdicts = services.submit_together(
        [given(right, NewReview(level)) for right, level in zip(rights, (5, 4, 3), strict=True)]
    )
    assert codes(verdicts) == ["", "", ""]
    assert sorted(Review.objects.values_list("level", "trust")) == [
        (3, "on_site"),
        (4, "verified"),
        (5, "on_site"),
    ]


def test_the_same_visit_again_is_answered_as_with_an_invitation() -> None:
    token = factories.visit()
    mine = given(token, NewReview(5, idempotency_key="mine"))
    first, second = services.submit_together([mine, mine])
    [third] = services.submit_together([mine])
    assert isinstance(first, Receipt)
    assert first == second == third
    others = [
        given(token, NewReview(5)),
        given(token, NewReview(2, text="很差", idempotency_key="mine")),
    ]
    expected = [errors.TokenUsed.code, errors.IdempotencyKeyReused.code]
    assert codes(services.submit_together(others)) == expected
    assert Review.objects.count() == ServiceEvent.objects.count() == 1


def test_a_used_visit_holds_nobody_else_up() -> None:
    used = factories.visit()
    services.submit(token=used, review=NewReview(5))
    verdicts = services.submit_together(
        [given(factories.visit(), NewReview(4)), given(used, NewReview(1, text="x" * 9))]
    )
    assert codes(verdicts) == ["", errors.TokenUsed.code]


def test_at_a_revoked_place_nobody_rates_any_more_but_old_receipts_come_again() -> None:
    place = factories.place()
    used, unused = factories.visit(place), factories.visit(place)
    receipt = services.submit(token=used, review=NewReview(5))
    revoked = services.revoke_place(place)
    assert services.revoke_place(place).revoked_at == revoked.revoked_at
    with pytest.raises(errors.PlaceClosed):
        services.submit(token=unused, review=NewReview(5))
    with pytest.raises(errors.PlaceClosed):
        services.visit_token(revoked, 600)
    with pytest.raises(errors.PlaceClosed):
        services.rotate_place(place)
    assert services.submit(token=used, review=NewReview(5)) == receipt
    assert Review.objects.count() == 1


def test_a_batch_without_visits_costs_no_further_statement() -> None:
    def statements(*rights: str) -> list[str]:
        each = [given(right, NewReview(5)) for right in rights]
        with CaptureQueriesContext(connection) as seen:
            assert codes(services.submit_together(each)) == [""] * len(each)
        return [one["sql"] for one in seen]

    def asks_for_places(sql: list[str]) -> bool:
        return any('"reviews_place"' in one for one in sql)

    one, five = statements(factories.token()), statements(*[factories.token() for _ in range(5)])
    assert len(one) == len(five)
    assert not asks_for_places([*one, *five])
    visit, visits = statements(factories.visit()), statements(*[factories.visit() for _ in "12345"])
    assert len(visit) == len(visits)
    assert asks_for_places(visit)


@pytest.mark.parametrize("kind", ["counter_device", "qr", "kiosk", "paper"])
def test_a_bad_review_without_a_reason_comes_from_devices_with_keys_alone(kind: str) -> None:
    factories.reference_data()
    token = factories.visit(factories.place(kind=kind))
    # Saying another channel does not help.
    [verdict] = services.submit_together([given(token, NewReview(1, channel=Channel.SMS))])
    if kind == "counter_device":
        assert isinstance(verdict, Receipt)
        seen = queries.for_unit(Matter.objects.get())
        assert (seen.no_details, seen.tags, seen.text) == (True, [], "")
        assert (
            "no details given"
            in kinds.describe(Matter.objects.all())[Matter.objects.get().pk].summary
        )
    else:
        assert codes([verdict]) == [errors.DetailMissing.code]


@pytest.mark.parametrize("channel", list(Channel))
def test_the_same_of_invitations(channel: Channel) -> None:
    [verdict] = services.submit_together([given(factories.token(), NewReview(2, channel=channel))])
    taken = channel in ("counter_device", "sms", "hotline")
    assert codes([verdict]) == ["" if taken else errors.DetailMissing.code]


def test_where_a_review_came_from_is_kept_and_not_published() -> None:
    claimed = clock.now() - timedelta(days=2)
    token = factories.visit(factories.place(kind="kiosk"))
    said = NewReview(5, sub_channel="K-200", claimed_at=claimed, reference="stored-17")
    receipt = services.submit(token=token, review=said)
    origin = ReviewOrigin.objects.select_related("review__event").get()
    assert (origin.sub_channel, origin.reference) == ("K-200", "stored-17")
    assert origin.claimed_at == origin.review.event.occurred_at == claimed
    assert clock.now() - origin.review.accepted_at < timedelta(minutes=1)
    assert "K-200" not in receipt.entry
    assert "stored-17" not in receipt.entry
    with pytest.raises(DatabaseError), transaction.atomic():
        ReviewOrigin.objects.update(reference="another")


def test_a_claimed_time_in_the_future_is_not_believed() -> None:
    ahead = clock.now() + timedelta(days=2)
    services.submit(token=factories.visit(), review=NewReview(5, claimed_at=ahead))
    assert ServiceEvent.objects.get().occurred_at < ahead
    assert ReviewOrigin.objects.get().claimed_at == ahead


@pytest.mark.parametrize(
    "wrong", [{"sub_channel": "x" * 41}, {"reference": "x" * 101}, {"reference": "a\x00b"}]
)
def test_an_origin_that_cannot_be_shown_is_refused(wrong: dict[str, str]) -> None:
    [verdict] = services.submit_together([given(factories.visit(), NewReview(5, **wrong))])
    assert codes([verdict]) == [errors.OriginInvalid.code]


def test_a_number_is_kept_sealed_for_a_bad_review_alone() -> None:
    factories.reference_data()
    typed = "+86 139-1234 5678"
    services.submit(token=factories.visit(), review=NewReview(5, mobile=typed))
    assert not VisitContact.objects.exists()
    services.submit(token=factories.visit(), review=NewReview(1, text="差", mobile=typed))
    kept = VisitContact.objects.get()
    assert b"13912345678" not in bytes(kept.mobile_sealed)
    contact = queries.contact(Matter.objects.get())
    assert contact is not None
    assert contact.mobile == "13912345678"
    with pytest.raises(DatabaseError), transaction.atomic():
        VisitContact.objects.update(mobile_hash=b"x" * 32)
    [verdict] = services.submit_together([given(factories.visit(), NewReview(5, mobile="12"))])
    assert codes([verdict]) == [errors.MobileInvalid.code]


def bad_on_site(**said: Any) -> tuple[Matter, Any, Receipt]:
    unit = factories.organisation()
    handler = factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    token = factories.visit(factories.place(unit))
    receipt = services.submit(token=token, review=NewReview(1, **({"text": "差"} | said)))
    return Matter.objects.get(), handler, receipt


def test_without_a_number_the_facts_are_recorded_without_a_call() -> None:
    matter, handler, _receipt = bad_on_site()
    assert queries.contact(matter) is None
    with pytest.raises(Refused, match="no number"):
        matters.ask_unreachable(
            matter=matter, staff=handler, seen_version=matter.version, reason="没有号码"
        )
    matters.verify(matter=matter, staff=handler, seen_version=matter.version, facts="已核查。")
    step = Step.objects.select_related("entry").get(event=Event.VERIFY)
    public = json.loads(step.entry.public)
    assert public["no_number"] is True
    from huiyin.indicators.fold import contributions

    assert contributions(public) == []


def test_with_a_number_the_citizen_has_to_be_reached_first() -> None:
    matter, handler, _receipt = bad_on_site(mobile="13912345678")
    with pytest.raises(Refused):
        matters.verify(matter=matter, staff=handler, seen_version=matter.version, facts="已核查。")


def test_a_follow_up_of_an_on_site_review_keeps_its_grade() -> None:
    matter, handler, _receipt = bad_on_site()
    unit = matter.organisation
    approver = factories.staff(Role.APPROVER, of=unit)
    made = factories.Loop(
        organisation=unit,
        handler=handler,
        approver=approver,
        supervisor=handler,
        arbiter=handler,
        event=Review.objects.get().event,
        receipt=_receipt,
        matter=matter,
        clerk=handler,
        neighbour=unit,
        joint_handler=handler,
        outsider=handler,
    )
    matters.verify(**made.now(handler), facts="已核查。")
    for step in (factories._plan, factories._draft, factories._approve, factories._tell):
        step(made)
    token = services.follow_up_token(made.again())
    assert token is not None
    receipt = services.submit(token=token, review=NewReview(5))
    assert (receipt.ordinal, receipt.service) == (2, "A01 综合窗口")
    second = Review.objects.get(ordinal=2)
    assert second.trust == Trust.ON_SITE
    assert queries.for_unit(made.again()).project_no is None


def test_a_person_on_site_can_be_erased_too() -> None:
    _matter, _handler, receipt = bad_on_site(mobile="13912345678")
    event = services.visit_of_code(receipt.code)
    assert event is not None
    services.erase_person(visit=event, reason="依申请删除", by="root")
    assert not VisitContact.objects.exists()
    stored = queries.by_receipt_code(receipt.code)
    assert (stored.text, stored.event.is_erased) == ("", True)
    with pytest.raises(errors.AlreadyErased):
        services.erase_person(visit=event, reason="依申请删除", by="root")


def test_an_event_is_either_pushed_or_on_site() -> None:
    event = factories.event()
    with pytest.raises(DatabaseError), transaction.atomic():
        ServiceEvent.objects.filter(pk=event.pk).update(place=factories.place())
    with pytest.raises(DatabaseError), transaction.atomic():
        ServiceEvent.objects.filter(pk=event.pk).update(case=None)


def test_a_new_version_leaves_the_old_sheets_a_while() -> None:
    place = factories.place()
    before = place.version_at
    turned = services.rotate_place(place, grace=timedelta(days=7))
    assert turned.version == 2
    assert turned.version_at > before
    assert turned.old_until == turned.version_at + timedelta(days=7)
    # Who has the form open already can still send it.
    services.submit(token=factories.visit(place), review=NewReview(5))


def test_item_and_clerk_belong_to_the_unit() -> None:
    unit = factories.organisation()
    for wrong in (
        {"item": factories.item()},
        {"clerk": factories.colleague(factories.organisation())},
    ):
        with pytest.raises(Exception, match="another organisation"):
            factories.place(unit, **wrong)
    for label in ("", " ", "x" * 81, "a\x00"):
        with pytest.raises(Exception, match="80 characters"):
            factories.place(unit, label=label)


@pytest.mark.parametrize("hides", [False, True])
def test_the_unit_sees_the_channel_and_unless_the_name_is_hidden_the_reference(
    hides: bool,
) -> None:
    factories.reference_data()
    token = factories.visit(factories.place(kind="kiosk"))
    said = NewReview(
        2, tags=["214"], sub_channel="K-200", reference="stored-17", hide_name_from_unit=hides
    )
    services.submit(token=token, review=said)
    seen = queries.for_unit(Matter.objects.get())
    assert seen.channel.endswith(" · K-200")
    assert seen.reference == ("" if hides else "stored-17")

"""Giving many reviews at once comes to the same as giving them one by one."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.directory.models import Role
from huiyin.log.entries import commitment
from huiyin.log.models import PendingEntry
from huiyin.matters.models import Clock, Matter, Step
from huiyin.notices.models import Outbox
from huiyin.reviews import errors, queries, services
from huiyin.reviews.models import Review, ReviewContent
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import Given, NewReview
from tests import factories

pytestmark = pytest.mark.django_db
GOOD = NewReview(5, ("513",), "很好，谢谢。")
BAD = NewReview(1, ("115",), "请打我电话 139 0000 9876")


def _codes(verdicts: list[Any]) -> list[str]:
    return ["" if isinstance(verdict, Receipt) else verdict.code for verdict in verdicts]


def test_each_gets_its_receipt_which_opens_its_own_review() -> None:
    events = [factories.event() for _ in range(3)]
    given = [
        Given(factories.token(event), NewReview(level, text=f"{level}星"))
        for event, level in zip(events, (5, 3, 4), strict=True)
    ]
    verdicts = services.submit_together(given)
    for event, (_token, review), receipt in zip(events, given, verdicts, strict=True):
        assert isinstance(receipt, Receipt)
        stored = queries.by_receipt_code(receipt.code)
        assert stored.event == event
        assert (stored.level, stored.content.text) == (review.level, review.text)
        assert receipt.entry_hash == bytes(stored.entry.leaf_hash).hex()
        assert receipt.organisation == str(event.organisation)


def test_what_is_stored_is_the_same_as_alone() -> None:
    def stored() -> dict[str, Any]:
        review = Review.objects.select_related("entry__secret", "content").latest("accepted_at")
        public = json.loads(review.entry.public)
        hidden = public.pop("private")
        salts = {name: bytes.fromhex(salt) for name, salt in review.entry.secret.salts.items()}
        assert hidden["text"] == commitment(salts["text"], review.content.text).hex()
        assert hidden["event"] == commitment(salts["event"], review.event_id.hex).hex()
        fields = ("level", "tags", "channel", "trust", "ordinal", "hide_name_from_unit")
        return {name: getattr(review, name) for name in fields} | {
            "public": public,
            "hidden": sorted(hidden),
            "held_back": review.content.held_back,
            "text": review.content.text,
            "counts": PendingEntry.objects.get(entry=review.entry).is_review,
        }

    unit = factories.organisation()
    services.submit(token=factories.token(factories.event(unit)), review=BAD)
    alone = stored()
    [receipt] = services.submit_together([Given(factories.token(factories.event(unit)), BAD)])
    assert isinstance(receipt, Receipt)
    assert stored() == alone
    assert alone["held_back"] == ["phone"]


def test_a_bad_one_opens_its_matter_with_steps_clocks_and_notices() -> None:
    unit = factories.organisation()
    handler = factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    given = [Given(factories.token(factories.event(unit)), said) for said in (GOOD, BAD, GOOD)]
    services.submit_together(given)
    matter = Matter.objects.get()
    review = Review.objects.get(pk=matter.subject_id)
    assert review.level == 1
    assert matter.opened_at == review.accepted_at
    assert Step.objects.get().matter == matter
    assert matter.next_due_at == min(Clock.objects.values_list("due_at", flat=True))
    assert Outbox.objects.get(staff=handler).accepted_at == review.accepted_at


def test_what_is_wrong_with_one_keeps_no_other_from_being_stored() -> None:
    used = factories.event()
    services.submit(token=factories.token(used), review=GOOD)
    verdicts = services.submit_together(
        [
            Given(factories.token(), GOOD),
            Given("nonsense", GOOD),
            Given(factories.token(), NewReview(9)),
            Given(factories.token(), NewReview(1)),
            Given(factories.token(), NewReview(5, ("115",))),
            Given(factories.token(used), GOOD),
            Given(factories.token(), GOOD),
        ]
    )
    wrong = (errors.TokenInvalid, errors.LevelInvalid, errors.DetailMissing)
    expected = [problem.code for problem in (*wrong, errors.TagOfAnotherLevel, errors.TokenUsed)]
    assert _codes(verdicts) == ["", *expected, ""]
    assert Review.objects.count() == 3


def test_of_two_under_one_token_the_first_holds() -> None:
    token = factories.token()
    verdicts = services.submit_together([Given(token, GOOD), Given(token, NewReview(3))])
    assert _codes(verdicts) == ["", errors.TokenUsed.code]
    assert Review.objects.get().level == 5


def test_a_repetition_gets_the_same_receipt() -> None:
    given = Given(factories.token(), NewReview(5, idempotency_key="mine"))
    first, second = services.submit_together([given, given])
    [third] = services.submit_together([given])
    assert isinstance(first, Receipt)
    assert first == second == third
    assert Review.objects.count() == 1


def test_one_that_came_in_elsewhere_meanwhile_harms_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The unique key finds it at the last moment; then each is tried by itself."""
    taken = factories.event()
    given = [Given(factories.token(event), GOOD) for event in (None, taken, None)]
    from huiyin.reviews.services import submitting

    really = submitting.content_of

    def late(stored: Review, review: NewReview) -> ReviewContent:
        monkeypatch.undo()
        # As another process would have committed it, between our look and our writing.
        row = submitting.row_of(taken, 1, GOOD, stored.accepted_at)
        row.entry = stored.entry
        row.entry.save(force_insert=True)
        row.save(force_insert=True)
        return really(stored, review)

    monkeypatch.setattr(submitting, "content_of", late)
    verdicts = services.submit_together(given)
    # What "the other" wrote was in our own transaction here and went with it.
    assert _codes(verdicts) == ["", "", ""]
    assert Review.objects.count() == 3


def test_however_many_they_are_the_statements_are_the_same() -> None:
    def statements(count: int) -> int:
        given = [Given(factories.token(), GOOD) for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            services.submit_together(given)
        return len(captured)

    assert statements(3) == statements(30) < 12

"""Giving many reviews at once comes to the same as giving them one by one."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.directory.models import Role
from huiyin.kernel.memo import Memo
from huiyin.log.entries import commitment, salts_by_name
from huiyin.log.models import PendingEntry
from huiyin.matters.models import Clock, Matter, Step
from huiyin.notices.models import Outbox
from huiyin.reviews import errors, queries, services, tokens
from huiyin.reviews.models import Review
from huiyin.reviews.receipts import HIDDEN, Receipt
from huiyin.reviews.services import NewReview
from tests import factories

pytestmark = pytest.mark.django_db
GOOD = NewReview(5, ("513",), "很好，谢谢。")
BAD = NewReview(1, ("115",), "请打我电话 139 0000 9876")


def Given(token: str, review: NewReview) -> services.Given:  # noqa: N802 - as it is called there
    return services.Given(tokens.read(token), review)


def _codes(verdicts: list[Any]) -> list[str]:
    return ["" if isinstance(verdict, Receipt) else verdict.code for verdict in verdicts]


def test_each_gets_its_receipt_which_opens_its_own_review() -> None:
    events = [factories.event() for _ in range(3)]
    given = [
        Given(factories.token(event), NewReview(level, text=f"{level}星"))
        for event, level in zip(events, (5, 3, 4), strict=True)
    ]
    verdicts = services.submit_together(given)
    for event, one, receipt in zip(events, given, verdicts, strict=True):
        assert isinstance(receipt, Receipt)
        stored = queries.by_receipt_code(receipt.code)
        assert stored.event == event
        assert (stored.level, stored.text) == (one.review.level, one.review.text)
        assert receipt.entry_hash == bytes(stored.entry.leaf_hash).hex()
        assert receipt.organisation == str(event.organisation)


def test_what_is_stored_is_the_same_as_alone() -> None:
    def stored() -> dict[str, Any]:
        review = Review.objects.select_related("entry__secret", "content").latest("accepted_at")
        public = json.loads(review.entry.public)
        hidden = public.pop("private")
        salts = salts_by_name(HIDDEN, bytes(review.entry.secret.salts))
        assert hidden["text"] == commitment(salts["text"], review.text).hex()
        assert hidden["event"] == commitment(salts["event"], review.event_id.hex).hex()
        fields = ("level", "tags", "channel", "trust", "ordinal", "hide_name_from_unit")
        return {name: getattr(review, name) for name in fields} | {
            "public": public,
            "hidden": sorted(hidden),
            "held_back": review.words.held_back if review.words else None,
            "text": review.text,
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
    services.submit(token=factories.token(used), review=NewReview(4))
    verdicts = services.submit_together(
        [
            Given(factories.token(), GOOD),
            Given(factories.token(), NewReview(9)),
            Given(factories.token(), NewReview(1)),
            Given(factories.token(), NewReview(5, ("115",))),
            Given(factories.token(used), GOOD),
            Given(factories.token(), GOOD),
        ]
    )
    wrong = (errors.LevelInvalid, errors.DetailMissing)
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
    """The unique key finds it at the last moment; then all are looked at once more."""
    taken = factories.event()
    given = [Given(factories.token(event), GOOD) for event in (None, taken, None)]
    from huiyin.reviews.services import together

    really, looked = together._served, []

    def late(*asked: Any) -> Any:
        found = really(*asked)
        looked.append(len(found))
        if len(looked) == 1:
            # As another process would have committed it, between our look and our writing.
            together._alone(Given(factories.token(taken), GOOD), Memo())
        return found

    monkeypatch.setattr(together, "_served", late)
    verdicts = services.submit_together(given)
    # What "the other" wrote was in our own transaction here and went with it.
    assert _codes(verdicts) == ["", "", ""]
    assert Review.objects.count() == 3


def test_one_that_cannot_be_stored_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    given = [Given(factories.token(), said) for said in (GOOD, NewReview(4), GOOD)]
    from huiyin.reviews.services import together

    really = together._public

    def broken(row: Any, *more: Any) -> Any:
        if row.given.review.level == 4:
            raise RuntimeError("boom")
        return really(row, *more)

    monkeypatch.setattr(together, "_public", broken)
    first, second, third = services.submit_together(given)
    assert isinstance(first, Receipt)
    assert isinstance(second, RuntimeError)
    assert isinstance(third, Receipt)


def test_without_a_key_only_the_very_same_review_gets_the_receipt_again() -> None:
    token = factories.token()
    first, again, other = services.submit_together(
        [Given(token, NewReview(5)), Given(token, NewReview(5)), Given(token, NewReview(4))]
    )
    assert isinstance(first, Receipt)
    assert isinstance(again, Receipt)
    assert again.code == first.code
    assert isinstance(other, errors.TokenUsed)


def test_a_key_that_came_with_the_review_is_needed_to_get_its_receipt_again() -> None:
    """Who holds the link and guesses what was said learns nothing."""
    token = factories.token()
    services.submit_together([Given(token, NewReview(5, idempotency_key="mine"))])
    for key in ("", "other"):
        [verdict] = services.submit_together([Given(token, NewReview(5, idempotency_key=key))])
        assert isinstance(verdict, errors.TokenUsed)


def test_the_promise_can_be_checked_without_us() -> None:
    """By the words of the standards, with nothing of our own."""
    [receipt] = services.submit_together([Given(factories.token(), GOOD)])
    assert isinstance(receipt, Receipt)
    entry = hashlib.sha256(b"\x00" + receipt.entry.encode()).digest()
    assert entry.hex() == receipt.entry_hash
    body, signature = receipt.promise.split("\n\n")
    origin, promised, moment, delay = body.split("\n")
    assert (origin, moment) == (f"{receipt.log}/promise", receipt.accepted_at)
    assert base64.b64decode(promised) == entry
    assert int(delay) == receipt.maximum_delay
    name, _hash, key = receipt.log_key.split("+", 2)
    assert signature.startswith(f"— {name} ")
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(
        base64.b64decode(signature.split()[-1])[4:], f"{body}\n".encode()
    )
    text = hmac.digest(bytes.fromhex(receipt.salts["text"]), receipt.text.encode(), "sha256")
    assert json.loads(receipt.entry)["private"]["text"] == text.hex()


def test_however_many_they_are_the_statements_are_the_same() -> None:
    def statements(count: int) -> int:
        given = [Given(factories.token(), GOOD) for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            services.submit_together(given)
        return len(captured)

    assert statements(3) == statements(30) < 12

"""Submitting reviews: what is stored, logged and screened, and what a photograph may be."""

from __future__ import annotations

import io
import json

import pytest
from django.db import DatabaseError, connection, transaction
from PIL import Image

from huiyin.kernel.problems import Invalid
from huiyin.kernel.uploads import AcceptedFile, accept_photo
from huiyin.log.entries import commitment, salts_by_name
from huiyin.matters.models import Matter
from huiyin.matters.table import State
from huiyin.reviews import errors, queries, services, tokens
from huiyin.reviews.models import Photo, Review, ReviewContent
from huiyin.reviews.receipts import HIDDEN
from huiyin.reviews.services import NewReview
from tests import factories

pytestmark = pytest.mark.django_db


def photo() -> AcceptedFile:
    content = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(content, "JPEG")
    content.seek(0)
    return accept_photo(content, name="a.jpg", field="photos")


def test_the_log_entry_has_the_level_in_clear_and_the_text_as_a_commitment() -> None:
    factories.review(level=2, tags=["209", "207", "209"], text="电话 13800001234")

    review = Review.objects.select_related("entry__secret").get()
    public = json.loads(review.entry.public)
    salt = salts_by_name(HIDDEN, bytes(review.entry.secret.salts))["text"]
    assert (public["level"], public["tags"]) == (2, ["207", "209"])
    assert public["private"]["text"] == commitment(salt, "电话 13800001234").hex()
    assert "13800001234" not in review.entry.public
    assert "accepted_at" not in review.entry.public


def test_a_text_that_may_name_somebody_is_held_back() -> None:
    factories.review(text="请打我电话 139 0000 9876")
    factories.review(text="很好")

    held = [content.held_back for content in ReviewContent.objects.order_by("review__accepted_at")]
    assert held == [["phone"], []]


def test_photographs_are_kept_with_the_review_and_at_most_five() -> None:
    token = factories.token()
    with pytest.raises(errors.TooManyPhotos):
        services.submit(token=token, review=NewReview(level=5, photos=[photo()] * 6))
    assert not Review.objects.exists()

    receipt = services.submit(token=token, review=NewReview(level=5, photos=[photo(), photo()]))

    assert receipt.photos == 2
    assert [row.place for row in Photo.objects.all()] == [1, 2]


def test_a_failure_after_the_review_was_written_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_everything: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("huiyin.matters.services.open_matters", broken)

    with pytest.raises(RuntimeError):
        factories.review(level=1, tags=["115"])
    assert not Review.objects.exists()
    assert not Matter.objects.exists()


@pytest.mark.parametrize(
    "sql", ["UPDATE reviews_review SET level = 5", "DELETE FROM reviews_review"]
)
def test_the_database_refuses_to_change_a_review(sql: str) -> None:
    factories.review(level=1, tags=["115"])

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_a_token_holds_exactly_one_right_and_no_bit_of_it_can_be_changed() -> None:
    token = factories.token()
    right = tokens.read(token)
    assert tokens.sign(right) == token

    for place, sign in enumerate(token):
        altered = token[:place] + ("A" if sign != "A" else "B") + token[place + 1 :]
        with pytest.raises(errors.TokenInvalid):
            tokens.read(altered)
    for spelling in (token + "=", token + "A", " " + token, token[:-1]):
        with pytest.raises(errors.TokenInvalid):
            tokens.read(spelling)


def test_both_receipts_of_a_service_lead_to_its_first_review() -> None:
    made = factories.loop(State.TOLD)
    token = services.follow_up_token(made.matter)
    assert token
    second = services.submit(token=token, review=NewReview(level=3))

    for code in (made.receipt.code, second.code, second.code.lower()):
        assert queries.by_receipt_code(code).ordinal == 1


def test_the_unit_sees_a_masked_name_or_none() -> None:
    open_name = factories.loop()
    hidden = factories.loop(hide_name_from_unit=True)

    assert queries.for_unit(open_name.matter).masked_name == "张**"
    seen = queries.for_unit(hidden.matter)
    assert seen.masked_name is seen.project_no is None


def test_two_integrators_cannot_share_a_name() -> None:
    integrator, key = factories.integrator()

    assert queries.integrator_by_key(key) == integrator
    with pytest.raises(Invalid):
        services.add_integrator(name=integrator.name, region=integrator.region)

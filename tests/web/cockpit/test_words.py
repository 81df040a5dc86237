from __future__ import annotations

import json
from uuid import uuid4

import pytest

from huiyin.directory.models import Role, Staff
from huiyin.log.models import Entry
from huiyin.reviews.models import Release, Review
from tests import factories
from tests.support.clock import FrozenClock
from tests.support.epochs import published, seal
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db

TEXT = "三号窗口的王丽华让我等了两小时。"


def _reviewed() -> tuple[Review, Staff]:
    """A sealed review whose text is held back, and the auditor of its unit."""
    loop = factories.bad_review(text=TEXT)
    seal()
    auditor = factories.staff(Role.AUDITOR, of=loop.organisation.parent)
    return Review.objects.get(event=loop.event), auditor


def _release(signed_in: SignedIn, by: Staff, review: Review, **changes: object):
    form = {"reason": "只提到了窗口，没有指认个人。", "sure": "on"} | changes
    return signed_in(by).post(f"/cockpit/words/{review.pk}", form)


def test_an_auditor_releases_words_and_the_public_reads_them_after_the_next_sealing(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    review, auditor = _reviewed()
    page = signed_in(auditor).get("/cockpit/words/").content.decode()
    assert TEXT in page
    assert "a name" in page

    assert _release(signed_in, auditor, review)["Location"] == "/cockpit/words/"
    assert TEXT not in signed_in(auditor).get("/cockpit/words/").content.decode()
    frozen_clock.move_by(days=3)
    [story] = published()
    assert (story.review.words.text, story.review.words.held_back) == (TEXT, False)
    entry = Release.objects.get().entry
    assert json.loads(entry.public)["about"] == bytes(review.entry.leaf_hash).hex()


def test_between_two_sealings_the_public_sees_nothing_new(signed_in: SignedIn, client) -> None:
    review, auditor = _reviewed()
    _release(signed_in, auditor, review)
    page = client.get("/reviews/").content.decode()
    assert "held-back" in page
    assert TEXT not in page


def test_who_wrote_it_and_how_they_rated_is_not_shown(signed_in: SignedIn) -> None:
    review, auditor = _reviewed()
    page = signed_in(auditor).get(f"/cockpit/words/{review.pk}").content.decode()
    assert TEXT in page
    for hidden in ("issatisfied", "张*", review.event.case.project_no):
        assert hidden not in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": " "}, "required"),
        ({"sure": ""}, "required"),
        ({"reason": "张三先生同意了。"}, "may name nobody"),
        ({"reason": "很" * 501}, "500"),
    ],
)
def test_without_a_good_reason_nothing_is_released(
    signed_in: SignedIn, changes: dict[str, str], said: str
) -> None:
    review, auditor = _reviewed()
    answer = _release(signed_in, auditor, review, **changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Release.objects.exists()
    assert not Entry.objects.filter(kind="release").exists()


def test_words_are_released_once(signed_in: SignedIn) -> None:
    review, auditor = _reviewed()
    _release(signed_in, auditor, review)
    assert _release(signed_in, auditor, review).status_code == 404
    assert Release.objects.count() == 1


def test_before_the_sealing_nobody_reads_them_here(signed_in: SignedIn) -> None:
    loop = factories.bad_review(text=TEXT)
    auditor = factories.staff(Role.AUDITOR, of=loop.organisation.parent)
    assert TEXT not in signed_in(auditor).get("/cockpit/words/").content.decode()
    review = Review.objects.get(event=loop.event)
    assert _release(signed_in, auditor, review).status_code == 404


def test_nobody_but_the_units_auditor_releases(signed_in: SignedIn) -> None:
    review, _auditor = _reviewed()
    unit = review.organisation
    others = [
        factories.staff(Role.SUPERVISOR, of=unit.parent),
        factories.staff(Role.HANDLER, of=unit),
        factories.staff(Role.AUDITOR, of=factories.organisation("别处")),
        factories.colleague(unit),
    ]
    for person in others:
        assert _release(signed_in, person, review).status_code in {403, 404}
    assert not Release.objects.exists()


def test_what_was_never_there_is_not_found(signed_in: SignedIn) -> None:
    _review, auditor = _reviewed()
    assert signed_in(auditor).get(f"/cockpit/words/{uuid4()}").status_code == 404

"""Who owns the database can write past the application; ``huiyin audit`` finds it in the log."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection

from huiyin.kernel import clock
from huiyin.log.models import Entry, EntrySecret, Leaf
from huiyin.matters.models import Matter, Step
from huiyin.matters.table import State
from huiyin.reviews.models import Review, ReviewContent
from tests import factories
from tests.conf.auditing.served import Served
from tests.security.test_tampering_is_found import sql
from tests.support.epochs import seal

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(served: Served) -> Served:
    """A whole loop, a review with words and one without, in two epochs, published."""
    factories.confirm(factories.loop(State.TOLD))
    factories.review(text="办得很快")
    seal()
    with clock.frozen(clock.now() + timedelta(days=3)):
        factories.review(level=5)
        seal()
    served.publish()
    return served


def names(served: Served, **options: object) -> set[str]:
    result = served.audit(**options)
    assert result.problem is None, result.problem
    return set(result.found.counts)


def test_an_honest_installation_passes(sealed: Served) -> None:
    result = sealed.audit(day=clock.today())
    assert result.problem is None
    assert result.passed, result.found
    assert result.with_rows
    assert result.entries == Leaf.objects.count()
    assert result.sums
    assert result.sums.of_day


def test_an_auditor_elsewhere_passes_it_too(sealed: Served) -> None:
    result = sealed.audit(rows=False)
    assert result.passed
    assert not result.with_rows


def test_an_empty_log_passes(served: Served) -> None:
    factories.reference_data()
    served.publish()
    assert served.audit().passed


def test_what_still_waits_for_its_epoch_is_no_difference(sealed: Served) -> None:
    factories.review(level=4)
    assert sealed.audit().passed


def test_a_lawful_erasure_is_no_difference(sealed: Served) -> None:
    ReviewContent.objects.all().delete()
    EntrySecret.objects.all().delete()
    assert sealed.audit().passed


# By SQL as the owner of the tables, who can lift the triggers.
_SUNDAY = "'2020-03-01 02:00:00'"


def delete_an_entry() -> None:
    last = Leaf.objects.order_by("-index").first()
    assert last
    sql(f'DELETE FROM log_leaf WHERE "index" = {last.index}')


def edit_an_entry() -> None:
    sql(
        "UPDATE log_entry SET public = REPLACE(public, '\"level\":1', '\"level\":5') "
        "WHERE kind = 'review'"
    )


def swap_two_leaves() -> None:
    first, second = Leaf.objects.order_by("index")[:2]
    sql(f'UPDATE log_leaf SET "index" = 999999 WHERE "index" = {first.index}')
    sql(f'UPDATE log_leaf SET "index" = {first.index} WHERE "index" = {second.index}')
    sql(f'UPDATE log_leaf SET "index" = {second.index} WHERE "index" = 999999')


def back_date_entries() -> None:
    sql(f"UPDATE log_entry SET appended_at = {_SUNDAY}")


def post_date_entries() -> None:
    sql("UPDATE log_entry SET appended_at = '2099-03-01 02:00:00'")


def move_an_entry_to_another_body() -> None:
    other = factories.organisation()
    value = f"'{other.pk}'" if connection.vendor == "postgresql" else f"'{other.pk.hex}'"
    sql(f"UPDATE log_entry SET organisation_id = {value} WHERE kind = 'review'")


def change_a_level() -> None:
    sql("UPDATE reviews_review SET level = 4 WHERE level = 1")


def change_the_tags() -> None:
    sql("UPDATE reviews_review SET tags = '[\"101\"]' WHERE level = 1")


def change_a_channel() -> None:
    sql("UPDATE reviews_review SET channel = 'paper'")


def change_the_trust() -> None:
    sql("UPDATE reviews_review SET trust = 'imported'")


def make_it_a_follow_up() -> None:
    sql("UPDATE reviews_review SET ordinal = 2 WHERE level = 5")


def back_date_a_review() -> None:
    sql(f"UPDATE reviews_review SET accepted_at = {_SUNDAY} WHERE level = 1")


def delete_a_review() -> None:
    sql("DELETE FROM reviews_review WHERE level = 5")


def change_words() -> None:
    sql("UPDATE reviews_reviewcontent SET text = 'altered'")


def back_date_a_step() -> None:
    sql(f"UPDATE matters_step SET at = {_SUNDAY} WHERE number = 2")


def change_what_a_step_did() -> None:
    sql("UPDATE matters_step SET event = 'close' WHERE number = 2")


def change_what_a_step_says() -> None:
    step = Step.objects.filter(event="verify").get()
    data = json.dumps(step.data | {"facts": "altered"})
    sql(f"UPDATE matters_step SET data = '{data}' WHERE event = 'verify'")


def delete_a_step() -> None:
    sql("DELETE FROM matters_step WHERE number = 3")


def change_a_reply() -> None:
    sql("UPDATE matters_reply SET text = 'altered'")


def change_an_epoch() -> None:
    sql("UPDATE log_epoch SET reviews = reviews + 1 WHERE number = 1")


def back_date_an_epoch() -> None:
    sql(f"UPDATE log_epoch SET sealed_at = {_SUNDAY} WHERE number = 2")


def move_a_matter() -> None:
    Matter.objects.update(state=State.DELIVERED)


def change_a_tally() -> None:
    # Not only the smallest counts, which are not published.
    sql("UPDATE indicators_tally SET amount = amount + 40")


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (delete_an_entry, {"leaf_missing", "published_missing"}),
        (edit_an_entry, {"entry_altered", "published_other_bytes"}),
        (swap_two_leaves, {"entry_altered", "published_other_bytes"}),
        (back_date_entries, {"review_backdated", "step_backdated"}),
        (post_date_entries, {"entry_backdated"}),
        (move_an_entry_to_another_body, {"entry_of_another_body"}),
        (change_a_level, {"review_altered"}),
        (change_the_tags, {"review_altered"}),
        (change_a_channel, {"review_altered"}),
        (change_the_trust, {"review_altered"}),
        (make_it_a_follow_up, {"review_altered"}),
        (back_date_a_review, {"review_backdated"}),
        (delete_a_review, {"review_missing"}),
        (change_words, {"review_altered"}),
        (back_date_a_step, {"step_backdated"}),
        (change_what_a_step_did, {"step_altered"}),
        (change_what_a_step_says, {"step_altered"}),
        (delete_a_step, {"step_missing"}),
        (change_a_reply, {"reply_altered"}),
        (change_an_epoch, {"epoch_altered"}),
        (back_date_an_epoch, {"epoch_altered", "entry_backdated"}),
        (move_a_matter, {"matter_misplaced"}),
        (change_a_tally, {"tally_differs", "figure_other_number"}),
    ],
)
def test_writing_past_the_application_is_found(
    sealed: Served, tamper: Callable[[], None], found: set[str]
) -> None:
    tamper()
    assert found <= names(sealed)


def test_a_review_that_was_put_in_by_hand_is_found(sealed: Served) -> None:
    other = Entry.objects.filter(kind="services").first()
    assert other
    value = other.pk if connection.vendor == "postgresql" else other.pk.hex
    sql(f"UPDATE reviews_review SET entry_id = '{value}' WHERE level = 1")
    assert {"review_missing", "review_stray"} <= names(sealed)


def test_an_entry_whose_bytes_are_no_entry_any_more_is_found(sealed: Served) -> None:
    sql("UPDATE log_entry SET public = 'nothing' WHERE kind = 'review'")
    assert {"entry_altered", "published_other_bytes"} <= names(sealed)


# What the site publishes


def test_a_published_figure_that_is_not_the_sum_of_the_log_is_found(sealed: Served) -> None:
    change_a_tally()
    result = sealed.audit(rows=False)
    assert set(result.found.counts) == {"figure_other_number"}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"index": 7}, "published_other_index"),
        ({"entry": "{}"}, "published_other_bytes"),
        ({"leaf_hash": "00"}, "published_other_hash"),
        ({"epoch": "1"}, "published_malformed"),
    ],
)
def test_a_published_entry_that_is_not_the_logs_is_found(
    sealed: Served, change: dict[str, object], found: str
) -> None:
    page = json.loads(sealed.get("http://127.0.0.1/api/v1/published", limit=10**9) or b"")
    page["entries"][0] |= change
    sealed.answers["/api/v1/published"] = page
    assert found in names(sealed, rows=False)


def test_published_epochs_that_go_backwards_are_found(sealed: Served) -> None:
    page = json.loads(sealed.get("http://127.0.0.1/api/v1/published", limit=10**9) or b"")
    page["entries"][-1]["epoch"] = 1
    sealed.answers["/api/v1/published"] = page
    assert "published_epochs_out_of_order" in names(sealed, rows=False)


@pytest.mark.parametrize("answer", [[], {}, {"epoch": 1}, {"figures": [1]}])
def test_figures_of_another_form_are_said(sealed: Served, answer: object) -> None:
    sealed.answers["/api/v1/figures"] = answer
    assert "figures_malformed" in names(sealed, rows=False)


def test_a_day_is_added_up_from_the_log(sealed: Served) -> None:
    result = sealed.audit(day=clock.today(), rows=False)
    assert result.sums
    reviews = sum(n for key, n in result.sums.of_day.items() if key.metric == "review")
    assert reviews == Review.objects.filter(ordinal=1).count() - 1  # one came three days later
    assert not served_day(sealed, date(2020, 1, 1))


def served_day(served: Served, day: date) -> dict[object, int]:
    result = served.audit(day=day, rows=False)
    assert result.sums
    return dict(result.sums.of_day)

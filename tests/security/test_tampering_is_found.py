"""Who owns the database can write past the application; ``huiyin doctor`` finds it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from PIL import Image

from huiyin.conf import doctor, integrity
from huiyin.indicators.models import Tally
from huiyin.kernel.ids import uuid7
from huiyin.kernel.uploads import accept_photo
from huiyin.log.models import EntrySecret, PendingEntry
from huiyin.matters.models import Matter
from huiyin.matters.table import State
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Channel, ImportedReview, Photo, Review, ReviewContent
from tests import factories
from tests.support.databases import _triggers_lifted
from tests.support.epochs import seal

pytestmark = pytest.mark.django_db


def sql(statement: str) -> None:
    """As the owner of the tables, who can lift the triggers."""
    with connection.cursor() as cursor, _triggers_lifted(connection, cursor):
        cursor.execute(statement)


def keep_out() -> None:
    factories.review()
    PendingEntry.objects.filter(is_review=True).delete()


def change_words() -> None:
    sql("UPDATE reviews_reviewcontent SET text = 'altered'")


def put_back_other_words() -> None:
    review = Review.objects.first()
    assert review
    ReviewContent.objects.filter(review=review).delete()
    ReviewContent.objects.create(review=review, text="altered")


def add_a_picture() -> None:
    review = Review.objects.first()
    assert review
    Photo.objects.create(review=review, media_type="image/jpeg", sha256="0" * 64, place=1)


def change_a_level() -> None:
    sql("UPDATE reviews_review SET level = 4")


def change_an_entry() -> None:
    # The level is part of what the leaf hash covers.
    sql(
        "UPDATE log_entry SET public = REPLACE(public, '\"level\":1', '\"level\":5') "
        "WHERE kind = 'review'"
    )


def lose_the_salts() -> None:
    EntrySecret.objects.all().delete()


def change_a_figure() -> None:
    Tally.objects.filter(metric="review").update(amount=7)


def move_a_matter() -> None:
    Matter.objects.update(state=State.CLOSED)


def import_some() -> None:
    unit = factories.organisation()
    source = reviews.import_source(name="旧平台", organisation=unit)
    past = [
        reviews.PastReview(
            unit.uscc, Channel.WEB, level, date(2023, 7, level), reference=f"{level}"
        )
        for level in (1, 2, 5)
    ]
    reviews.import_reviews(source=source, reviews=reviews.columns_of(past))


def change_an_import() -> None:
    sql("UPDATE reviews_importedreview SET level = 5 WHERE number = 1")


def move_an_import_to_another_day() -> None:
    sql("UPDATE reviews_importedreview SET day = '2023-07-09' WHERE number = 2")


def drop_an_import() -> None:
    sql("DELETE FROM reviews_importedreview WHERE number = 1")


def lose_the_salt_of_an_import() -> None:
    EntrySecret.objects.filter(entry__kind="imported").delete()


def forget_the_entry_of_an_import() -> None:
    sql("UPDATE reviews_importedchunk SET entry_id = NULL")


@pytest.mark.parametrize(
    "tamper",
    [
        change_an_import,
        move_an_import_to_another_day,
        drop_an_import,
        lose_the_salt_of_an_import,
        forget_the_entry_of_an_import,
    ],
)
@pytest.mark.parametrize("full", [False, True])
def test_an_altered_import_is_found(tamper: Callable[[], None], full: bool) -> None:
    import_some()
    seal()
    [fine] = doctor.agreement(full=full)
    assert fine.level is doctor.Level.OK

    tamper()

    [finding] = doctor.agreement(full=full)
    assert finding.level is doctor.Level.FAIL
    assert "1 chunks of imported reviews" in finding.found


def test_an_import_of_no_chunk_is_found_when_everything_is_read() -> None:
    import_some()
    past = ImportedReview.objects.get(number=1)
    ImportedReview.objects.create(
        chunk_id=uuid7(), number=1, organisation=past.organisation, level=5, day=past.day
    )
    assert integrity.altered_imports(full=True) == 1


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (keep_out, "1 entries have no place"),
        (change_words, "1 reviews are not what they were"),
        (put_back_other_words, "1 reviews are not what they were"),
        (add_a_picture, "1 reviews are not what they were"),
        (change_a_level, "1 reviews are not what they were"),
        (change_an_entry, "1 reviews are not what they were"),
        (lose_the_salts, "1 reviews are not what they were"),
        (change_a_figure, "1 figures are not the sum"),
        (move_a_matter, "1 matters do not stand"),
    ],
)
@pytest.mark.parametrize("full", [False, True])
def test_it_is_found(tamper: Callable[[], None], found: str, full: bool) -> None:
    factories.loop()
    seal()
    [fine] = doctor.agreement(full=full)
    assert fine.level is doctor.Level.OK

    tamper()

    said = [finding for finding in doctor.agreement(full=full) if found in finding.found]
    assert [finding.level for finding in said] == [doctor.Level.FAIL]


def test_another_picture_in_its_file_is_found_when_everything_is_read() -> None:
    written = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(written, "JPEG")
    written.seek(0)
    factories.review(photos=[accept_photo(written, name="a.jpg", field="photos")])
    seal()
    assert integrity.altered_reviews(full=True) == 0
    path = Path(Photo.objects.get().file.path)

    path.write_bytes(b"another")
    assert integrity.altered_reviews(full=True) == 1
    path.unlink()
    assert integrity.altered_reviews(full=True) == 1
    assert integrity.altered_reviews(full=False) == 0


def test_a_lawful_erasure_is_no_finding() -> None:
    factories.review(text="办得很快")
    seal()
    ReviewContent.objects.all().delete()
    EntrySecret.objects.all().delete()
    [finding] = doctor.agreement()
    assert finding.level is doctor.Level.OK


def test_on_a_long_log_the_newest_are_compared_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(integrity, "RECENT", 1)
    factories.review()
    factories.review()
    seal()
    change_a_figure()
    [finding] = doctor.agreement()
    assert finding.level is doctor.Level.OK
    assert "the newest 1 rows" in finding.found
    assert any(told.level is doctor.Level.FAIL for told in doctor.agreement(full=True))

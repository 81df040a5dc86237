"""Imported reviews are counted by entries of their own; ``huiyin audit`` compares their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from huiyin.conf import integrity
from huiyin.kernel import clock
from huiyin.kernel.ids import uuid7
from huiyin.log import sealing
from huiyin.log.models import EntrySecret, Leaf
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Channel, ImportedChunk, ImportedReview
from huiyin.reviews.services import importing
from tests import factories
from tests.conf.auditing.served import Served
from tests.security.test_tampering_is_found import sql
from tests.support.epochs import seal

pytestmark = pytest.mark.django_db
DAY = date(2023, 7, 1)


def import_some(*, source: str = "旧平台") -> ImportedChunk:
    one, other = factories.organisation(), factories.organisation()
    past = [
        reviews.PastReview(unit.uscc, channel, level, DAY.replace(day=day))
        for unit in (one, other)
        for channel in (Channel.WEB, Channel.SMS)
        for level in (1, 4, 5)
        for day in (1, 2, 2, 3)
    ]
    return reviews.import_reviews(
        source=reviews.import_source(name=source, organisation=one),
        reviews=reviews.columns_of(past),
        defaults=3,
    )


@pytest.fixture
def sealed(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Two chunks of several entries each, and a review of ours between them, published."""
    monkeypatch.setattr(importing, "_ENTRY_BYTES", 200)
    import_some()
    factories.review()
    import_some(source="别的平台")
    seal()
    assert Leaf.objects.filter(entry__kind="imported").count() > 4
    served.publish()
    return served


def test_imports_pass(sealed: Served) -> None:
    result = sealed.audit(day=DAY)
    assert result.passed, result.found
    assert result.sums
    assert {(key.trust, amount) for key, amount in result.sums.of_day.items()} == {("imported", 1)}
    assert sealed.audit(rows=False).passed


def test_an_import_that_waits_for_its_epoch_is_no_difference(sealed: Served) -> None:
    import_some(source="第三个平台")
    assert sealed.audit().passed


def test_a_chunk_without_reviews_passes(served: Served) -> None:
    source = reviews.import_source(name="旧平台", organisation=factories.organisation())
    nothing = reviews.columns_of([])
    reviews.import_reviews(source=source, reviews=nothing, defaults=2)
    reviews.import_reviews(source=source, reviews=nothing)
    seal()
    served.publish()
    assert served.audit().passed


# By SQL as the owner of the tables, who can lift the triggers.


def change_a_row() -> None:
    sql("UPDATE reviews_importedreview SET level = 5 WHERE number = 1")


def move_a_row_to_another_day() -> None:
    sql("UPDATE reviews_importedreview SET day = '2023-07-09' WHERE number = 2")


def change_what_no_count_tells() -> None:
    sql("UPDATE reviews_importedreview SET counter_number = '7' WHERE number = 1")


def drop_a_row() -> None:
    sql("DELETE FROM reviews_importedreview WHERE number = 1")


def add_a_row_of_no_chunk() -> None:
    past = ImportedReview.objects.filter(number=1)[0]
    ImportedReview.objects.create(
        chunk_id=uuid7(), number=1, organisation=past.organisation, level=5, day=past.day
    )


def change_how_many_were_taken() -> None:
    sql("UPDATE reviews_importedchunk SET taken = taken + 1")


def change_how_many_nobody_gave() -> None:
    sql("UPDATE reviews_importedchunk SET defaults = 0")


def forget_the_entries() -> None:
    sql("UPDATE reviews_importedchunk SET entry_id = NULL")


def delete_the_chunks() -> None:
    sql("DELETE FROM reviews_importedchunk")


def lose_the_salts() -> None:
    EntrySecret.objects.filter(entry__kind="imported").delete()


def change_a_count_in_an_entry() -> None:
    sql("UPDATE log_entry SET public = REPLACE(public, '\"5\":1', '\"5\":9')")


def write_something_else_into_the_entries() -> None:
    sql("UPDATE log_entry SET public = 'nothing' WHERE kind = 'imported'")


def change_a_tally() -> None:
    sql("UPDATE indicators_tally SET amount = amount + 40 WHERE trust = 'imported'")


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (change_a_row, {"import_altered", "import_miscounted"}),
        (move_a_row_to_another_day, {"import_altered", "import_miscounted"}),
        (change_what_no_count_tells, {"import_altered"}),
        (drop_a_row, {"import_altered", "import_miscounted"}),
        (add_a_row_of_no_chunk, {"import_altered"}),
        (change_how_many_were_taken, {"import_miscounted"}),
        (change_how_many_nobody_gave, {"import_miscounted"}),
        (forget_the_entries, {"import_altered"}),
        (delete_the_chunks, {"import_missing", "import_altered"}),
        (lose_the_salts, {"import_altered"}),
        (change_a_count_in_an_entry, {"entry_altered", "import_altered", "published_other_bytes"}),
        (write_something_else_into_the_entries, {"entry_altered", "import_altered"}),
        (change_a_tally, {"tally_differs", "figure_other_number"}),
    ],
)
def test_writing_past_the_application_is_found(
    sealed: Served, tamper: Callable[[], None], found: set[str]
) -> None:
    tamper()
    result = sealed.audit()
    assert result.problem is None
    assert found <= set(result.found.counts)


def test_an_entry_that_counted_more_than_there_was_is_found(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are the ones that are bound, the log adds up, and yet it says too much."""
    honest = importing._counts

    def one_more(*rows: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for amount, counts in honest(*rows):
            for body in counts.values():
                body["days"]["2023-07-01"]["web"]["5"] += 1
            yield amount, counts

    monkeypatch.setattr(importing, "_counts", one_more)
    import_some()
    seal()
    served.publish()
    assert integrity.altered_imports(full=True) == 0
    assert set(served.audit().found.counts) == {"import_miscounted"}
    assert served.audit(rows=False).passed


def test_an_entry_that_cannot_be_counted_is_found(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_counts", lambda *_rows: iter([(1, ["no counts"])]))
    import_some()
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert sealing.seal_if_due()  # what cannot be counted is never folded
    served.publish()
    found = set(served.audit().found.counts)
    assert {"entry_malformed", "import_miscounted"} <= found

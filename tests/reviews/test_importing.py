"""Taking over reviews of other systems: what is stored, what the log says, what is refused."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.conf import integrity
from huiyin.directory.models import Organisation
from huiyin.indicators.fold import contributions
from huiyin.kernel import clock
from huiyin.log.models import Entry, PendingEntry
from huiyin.reviews import errors
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Channel, ImportedChunk, ImportedReview, ImportSource
from huiyin.reviews.services import PastReview, importing
from tests import factories

DAY = date(2023, 7, 1)
pytestmark = pytest.mark.django_db


def source(name: str = "旧平台") -> ImportSource:
    body = Organisation.objects.order_by("pk").first() or factories.organisation()
    return reviews.import_source(name=name, organisation=body)


def take(*past: PastReview, of: ImportSource | None = None, **more: int) -> ImportedChunk:
    return reviews.import_reviews(source=of or source(), reviews=reviews.columns_of(past), **more)


def test_an_entry_counts_the_chunk_and_hides_which_row_is_which() -> None:
    one, other = factories.organisation(), factories.organisation()
    chunk = take(
        PastReview(one.uscc, Channel.WEB, 5, DAY, reference="CASE-4711"),
        PastReview(one.uscc, Channel.WEB, 5, DAY),
        PastReview(one.uscc, Channel.SMS, 1, DAY, tags=("108",)),
        PastReview(other.uscc, Channel.WEB, 2, DAY + timedelta(days=1), item_code="1" * 31),
        defaults=4,
    )

    [entry] = Entry.objects.filter(kind="imported")
    said = json.loads(entry.public)

    assert chunk.entry == entry
    assert said["counts"] == {
        one.uscc: {
            "region": one.region.code,
            "days": {"2023-07-01": {"web": {"5": 2}, "sms": {"1": 1}}},
        },
        other.uscc: {"region": other.region.code, "days": {"2023-07-02": {"web": {"2": 1}}}},
    }
    assert (said["reviews"], said["defaults"], said["source"]) == (4, 4, "旧平台")
    assert said["organisation"] == chunk.source.organisation.uscc
    assert list(said["private"]) == ["rows"]
    assert "4711" not in entry.public
    # They are no company for the reviews of an epoch.
    assert not PendingEntry.objects.get(entry=entry).is_review


def test_a_reference_is_kept_as_a_keyed_hash_of_its_source() -> None:
    unit = factories.organisation()
    past = PastReview(unit.uscc, Channel.WEB, 5, DAY, reference="CASE-4711")
    assert take(past, past).duplicates == 1
    assert (take(past).taken, take(past, of=source("别的平台")).taken) == (0, 1)
    hashes = set(ImportedReview.objects.values_list("reference", flat=True))
    assert len(hashes) == 2
    assert ImportedChunk.objects.filter(entry=None).count() == 1
    assert integrity.altered_imports(full=True) == 0


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("organisation", "11330106XXX000027Q"),
        ("level", "6"),
        ("channel", "pigeon"),
        ("day", "2023-02-30"),
        ("day", "2999-01-01"),
        ("tags", "501"),
        ("tags", "x"),
        ("item_code", "1"),
        ("counter_number", "1\t2"),
    ],
)
def test_what_was_not_decoded_is_refused_and_nothing_is_stored(field: str, wrong: str) -> None:
    unit = factories.organisation()
    good = reviews.columns_of([PastReview(unit.uscc, Channel.WEB, 4, DAY)] * 2)
    with pytest.raises(errors.ImportedRowInvalid) as refused:
        reviews.import_reviews(
            source=source(),
            reviews=good._replace(**{field: (getattr(good, field)[0], wrong)}),
        )
    assert refused.value.field == field
    assert not ImportedChunk.objects.exists()
    assert not Entry.objects.exists()


def test_a_part_that_another_process_has_stored_is_refused() -> None:
    unit, of = factories.organisation(), source()
    file = reviews.begin_file(source=of, sha256=b"1" * 32, manner={}, rejects="")
    part = reviews.Part(file, 1, rows_read=1, rejects_size=0, rejected=0, texts=0)
    columns = reviews.columns_of([PastReview(unit.uscc, Channel.WEB, 4, DAY)])
    reviews.import_reviews(source=of, reviews=columns, part=part)
    with pytest.raises(errors.ImportedElsewhere):
        reviews.import_reviews(source=of, reviews=columns, part=part)
    assert ImportedReview.objects.count() == 1


def test_what_is_too_much_for_one_entry_is_counted_in_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importing, "_ENTRY_BYTES", 1000)
    units = [factories.organisation() for _ in range(3)]
    past = [
        PastReview(units[n % 3].uscc, list(Channel)[n % 8], n % 5 + 1, DAY + timedelta(days=n % 31))
        for n in range(600)
    ]
    take(*past)
    documents = [json.loads(entry.public) for entry in Entry.objects.filter(kind="imported")]
    assert len(documents) > 5
    assert sorted(document["part"] for document in documents) == list(range(1, len(documents) + 1))
    assert all(len(entry.public) < 2500 for entry in Entry.objects.filter(kind="imported"))
    summed: Counter[tuple[str, str, int, str]] = Counter()
    for document in documents:
        assert sum(amount for _key, amount in contributions(document)) == document["reviews"]
        for key, amount in contributions(document):
            assert (key.trust, key.metric) == ("imported", "review")
            summed[key.organisation, key.day, key.value, key.channel] += amount
    assert summed == Counter(
        (one.organisation, one.day.isoformat(), one.level, one.channel.value) for one in past
    )


def test_the_number_of_queries_does_not_grow_with_the_rows() -> None:
    unit, of = factories.organisation(), source()
    few = [PastReview(unit.uscc, Channel.WEB, 5, DAY, reference=f"a{n}") for n in range(2)]
    many = [PastReview(unit.uscc, Channel.WEB, 5, DAY, reference=f"b{n}") for n in range(3000)]
    counts = []
    for past in (few, many):
        with CaptureQueriesContext(connection) as asked:
            take(*past, of=of)
        counts.append(len(asked))
    assert counts[0] == counts[1] < 16


@pytest.mark.django_db(transaction=True)
def test_the_same_reviews_at_the_same_time_are_stored_once() -> None:
    unit, of = factories.organisation(), source()
    past = [PastReview(unit.uscc, Channel.WEB, 5, DAY, reference=f"{n}") for n in range(500)]
    start = threading.Barrier(3)

    def work() -> None:
        start.wait(20)
        try:
            take(*past, of=of)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert ImportedReview.objects.count() == 500
    assert sorted(ImportedChunk.objects.values_list("taken", "duplicates")) == [
        (0, 500),
        (0, 500),
        (500, 0),
    ]


def test_todays_reviews_may_be_imported_and_tomorrows_not() -> None:
    unit = factories.organisation()
    today = clock.today()
    assert take(PastReview(unit.uscc, Channel.WEB, 5, today)).taken == 1
    with pytest.raises(errors.ImportedRowInvalid):
        take(PastReview(unit.uscc, Channel.WEB, 5, today + timedelta(days=1)))

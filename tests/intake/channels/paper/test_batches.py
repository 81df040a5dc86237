"""A batch of paper forms from the pile to the reviews."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from huiyin.directory.models import Organisation, Role, Staff
from huiyin.intake.channels.paper import errors, queries, services
from huiyin.intake.channels.paper.entries import Entry, differences
from huiyin.intake.channels.paper.models import Batch, BatchAction, KeyedWords, Keying, PaperForm
from huiyin.intake.channels.paper.services import checking, releasing
from huiyin.intake.lane.writer import Busy
from huiyin.kernel import clock
from huiyin.kernel.problems import Forbidden, Invalid, NotFound
from huiyin.kernel.uploads import accept_document
from huiyin.matters.models import Matter
from huiyin.reviews.errors import DetailMissing
from huiyin.reviews.models import Place, PlaceKind, Review, ReviewOrigin, ServiceEvent, Trust
from tests import factories

pytestmark = pytest.mark.django_db

GOOD = Entry(5)
BAD = Entry(1, text="等了两个小时。")


class Office:
    """An organisation with two people who key."""

    def __init__(self) -> None:
        # Everybody who is told of a bad review is on duty.
        self.organisation: Organisation = factories.bad_review().organisation
        self.first: Staff = factories.staff(Role.HANDLER, of=self.organisation)
        self.second: Staff = factories.staff(Role.APPROVER, of=self.organisation)

    def batch(self, forms: int = 3, **more: Any) -> Batch:
        return services.open_batch(
            **{
                "staff": self.first,
                "organisation": self.organisation,
                "counter": None,
                "day": clock.today(),
                "forms": forms,
            }
            | more
        )

    def keyed(self, *entries: Entry) -> Batch:
        """A batch of these, keyed by the first person, its sample drawn."""
        batch = self.batch(len(entries))
        for number, entry in enumerate(entries, start=1):
            self.key(batch, f"{batch.code}-{number}", entry)
        return services.finish_keying(batch=batch, staff=self.first)

    def key(self, batch: Batch, number: str, entry: Entry = GOOD) -> PaperForm:
        return services.key_form(batch=batch, staff=self.first, number=number, entry=entry)

    def check(self, batch: Batch, **otherwise: Entry) -> Batch:
        """The sample as the first person keyed it, but for ``otherwise``, by number."""
        while sheet := queries.next_to_check(batch, self.second):
            keyed = queries.latest_keyings(batch)["first"][sheet.pk]
            entry = otherwise.get(sheet.number.rpartition("-")[2]) or queries.entry_of(keyed)
            batch = services.check_form(sheet=sheet, staff=self.second, entry=entry)
            if batch.state != Batch.State.CHECKING:
                break
        return batch


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def everything_twice(settings: Any) -> None:
    settings.HUIYIN_PAPER_SAMPLE_PERCENT = 100


def verbs(batch: Batch) -> list[str]:
    return list(BatchAction.objects.filter(batch=batch).values_list("verb", flat=True))


def test_a_batch_whose_sample_agrees_becomes_reviews_counted_apart(office: Office) -> None:
    before = Review.objects.count()
    matters = Matter.objects.count()
    batch = office.keyed(GOOD, BAD, Entry(3, ()))
    assert batch.state == "checking"
    batch = office.check(batch)
    assert batch.state == "ready"
    batch = services.release(batch=batch, staff=office.second)
    assert batch.state == "released"
    given = Review.objects.filter(channel="paper")
    assert given.count() == Review.objects.count() - before == 3
    assert {review.trust for review in given} == {Trust.PAPER}
    assert sorted(given.values_list("level", flat=True)) == [1, 3, 5]
    assert Matter.objects.count() == matters + 1
    origins = ReviewOrigin.objects.filter(review__in=given)
    assert {origin.reference for origin in origins} == {f"{batch.code}-{n}" for n in (1, 2, 3)}
    assert {clock.local(origin.claimed_at).date() for origin in origins if origin.claimed_at} == {
        batch.day
    }
    assert verbs(batch) == ["opened", "sampled", "agreed", "released"]
    # What citizens wrote is with the reviews now, where it can be erased.
    assert not KeyedWords.objects.exists()


def test_a_batch_is_released_once(office: Office) -> None:
    batch = office.check(office.keyed(GOOD))
    services.release(batch=batch, staff=office.second)
    with pytest.raises(errors.BatchMoved):
        services.release(batch=batch, staff=office.second)
    assert Review.objects.filter(channel="paper").count() == 1


def test_a_release_that_broke_off_goes_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = office.check(office.keyed(GOOD, Entry(4), Entry(3)))
    monkeypatch.setattr(releasing, "_TOGETHER", 2)
    give_all = releasing.lane.give_all
    calls = []

    def breaks(given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            return [Busy() for _ in given]
        return give_all(given)

    monkeypatch.setattr(releasing.lane, "give_all", breaks)
    with pytest.raises(Busy):
        services.release(batch=batch, staff=office.second)
    batch.refresh_from_db()
    assert (batch.state, Review.objects.filter(channel="paper").count()) == ("ready", 2)
    services.release(batch=batch, staff=office.second)
    assert Review.objects.filter(channel="paper").count() == 3
    assert queries.progress_of(batch).given == 3


def test_what_the_lane_stored_and_nobody_noted_is_not_stored_twice(office: Office) -> None:
    batch = office.check(office.keyed(GOOD))
    services.release(batch=batch, staff=office.second)
    # As a crash between the lane and the note leaves it, but for the words, which are none here.
    PaperForm.objects.update(given_at=None)
    Batch.objects.update(state="ready")
    services.release(batch=batch, staff=office.second)
    assert Review.objects.filter(channel="paper").count() == 1
    assert PaperForm.objects.get().given_at is not None


@pytest.mark.parametrize(
    ("forms", "percent", "size"),
    [(1, 10, 1), (9, 10, 1), (10, 10, 1), (11, 10, 2), (500, 10, 50), (5, 0, 1), (3, 100, 3)],
)
def test_the_sample_is_a_share_and_one_at_least(forms: int, percent: int, size: int) -> None:
    assert checking.sample_size(forms, percent) == size


def test_the_sample_is_drawn_when_all_is_keyed_and_not_before(office: Office) -> None:
    batch = office.batch(2)
    office.key(batch, "A-1")
    with pytest.raises(errors.BatchIncomplete):
        services.finish_keying(batch=batch, staff=office.first)
    assert not PaperForm.objects.exclude(sampled=0).exists()
    office.key(batch, "A-2")
    services.finish_keying(batch=batch, staff=office.first)
    assert PaperForm.objects.exclude(sampled=0).count() == 1


def test_the_sample_is_another_one_each_time(office: Office) -> None:
    drawn = set()
    for _ in range(12):
        office.keyed(*[GOOD] * 5)
        sheet = PaperForm.objects.filter(sampled=1).order_by("pk").last()
        assert sheet is not None
        drawn.add(sheet.number.rpartition("-")[2])
    assert len(drawn) > 1  # the same twelve times over: one in 48 million


def test_a_form_number_is_used_once(office: Office) -> None:
    first = office.batch(2)
    office.key(first, "a-1")
    with pytest.raises(errors.FormNumberUsed):
        office.key(office.batch(2), "A-1")
    with pytest.raises(errors.FormNumberUsed):
        services.key_form(batch=first, staff=office.second, number="A-1", entry=BAD)
    other = Office()
    other.key(other.batch(), "A-1")  # another organisation has forms of its own


def test_who_keyed_a_form_may_correct_it_until_the_sample_is_drawn(office: Office) -> None:
    batch = office.batch(1)
    office.key(batch, "A-1", BAD)
    office.key(batch, "A-1", GOOD)
    assert Keying.objects.count() == 2  # both stay on record
    batch = office.check(services.finish_keying(batch=batch, staff=office.first))
    services.release(batch=batch, staff=office.second)
    assert Review.objects.get(channel="paper").level == 5


def test_a_wrong_number_is_taken_back_by_who_keyed_it(office: Office) -> None:
    batch = office.batch(1)
    office.key(batch, "A-9", BAD)
    with pytest.raises(Invalid):
        services.remove_form(batch=batch, staff=office.second, number="A-9")
    services.remove_form(batch=batch, staff=office.first, number="A-9")
    office.key(batch, "A-1")
    assert queries.progress_of(batch).keyed == 1
    assert not KeyedWords.objects.exists()
    assert verbs(batch) == ["opened", "removed"]


def test_there_are_no_more_forms_than_were_counted(office: Office) -> None:
    batch = office.batch(1)
    office.key(batch, "A-1")
    with pytest.raises(errors.BatchFull):
        office.key(batch, "A-2")


def test_nobody_checks_their_own_entries(office: Office) -> None:
    batch = office.keyed(GOOD)
    assert queries.next_to_check(batch, office.first) is None
    sheet = PaperForm.objects.get()
    with pytest.raises(errors.SecondPersonNeeded):
        services.check_form(sheet=sheet, staff=office.first, entry=GOOD)


def test_a_form_outside_the_sample_is_not_checked(office: Office) -> None:
    batch = office.keyed(GOOD, GOOD)
    other = PaperForm.objects.get(batch=batch, sampled=0)
    with pytest.raises(errors.BatchMoved):
        services.check_form(sheet=other, staff=office.second, entry=GOOD)


@pytest.mark.usefixtures("everything_twice")
def test_a_batch_that_differs_too_much_is_keyed_again(office: Office) -> None:
    batch = office.keyed(GOOD, GOOD, BAD)
    batch = office.check(batch, **{"1": Entry(4)})
    assert (batch.state, batch.round) == ("keying", 2)
    assert queries.progress_of(batch).keyed == 0
    with pytest.raises(errors.BatchMoved):
        services.release(batch=batch, staff=office.second)
    # Now by the other person, and checked by the one who was first before.
    numbers = list(queries.sheets_of(batch).values_list("number", flat=True))
    for number, entry in zip(numbers, (Entry(4), GOOD, BAD), strict=True):
        services.key_form(batch=batch, staff=office.second, number=number, entry=entry)
    batch = services.finish_keying(batch=batch, staff=office.second)
    office.first, office.second = office.second, office.first
    batch = office.check(batch)
    services.release(batch=batch, staff=office.second)
    assert sorted(Review.objects.filter(channel="paper").values_list("level", flat=True)) == [
        *(1, 4, 5)
    ]
    assert verbs(batch) == ["opened", "sampled", "again", "sampled", "agreed", "released"]


@pytest.mark.usefixtures("everything_twice")
def test_differences_within_the_limit_are_settled_with_a_reason(
    office: Office, settings: Any
) -> None:
    settings.HUIYIN_PAPER_ERROR_PERCENT = 50
    batch = office.check(office.keyed(GOOD, GOOD), **{"1": Entry(4)})
    assert batch.state == "settling"
    [found] = queries.differences_of(batch)
    assert found.fields == ("level",)
    with pytest.raises(errors.BatchMoved):
        services.release(batch=batch, staff=office.second)
    with pytest.raises(errors.SecondPersonNeeded):
        services.settle(sheet=found.sheet, staff=office.first, entry=GOOD, note="x")
    with pytest.raises(Invalid):
        services.settle(sheet=found.sheet, staff=office.second, entry=Entry(4), note=" ")
    batch = services.settle(
        sheet=found.sheet, staff=office.second, entry=Entry(4), note="第二格打勾。"
    )
    assert batch.state == "ready"
    services.release(batch=batch, staff=office.second)
    assert sorted(Review.objects.filter(channel="paper").values_list("level", flat=True)) == [4, 5]
    settled = Keying.objects.get(stage="settled")
    assert (settled.by, settled.note) == (office.second, "第二格打勾。")
    assert "settled" in verbs(batch)


@pytest.mark.usefixtures("everything_twice")
def test_other_words_are_settled_and_are_no_error(office: Office) -> None:
    batch = office.check(office.keyed(BAD), **{"1": Entry(1, text="等了三个小时。")})
    assert batch.state == "settling"
    batch = office.check(office.keyed(BAD), **{"1": Entry(1, text=" 等了 两个小时。")})
    assert batch.state == "ready"


def test_what_is_compared() -> None:
    assert differences(Entry(1, ("a", "b")), Entry(1, ("b", "a"))) == []
    assert differences(Entry(1, mobile="+86 138-0000-1234"), Entry(1, mobile="13800001234")) == []
    assert differences(Entry(1), Entry(None, unusable="no_level")) == ["level", "unusable"]


def test_a_form_that_is_no_review_is_counted_and_not_invented(office: Office) -> None:
    batch = office.check(office.keyed(GOOD, Entry(unusable="no_detail")))
    services.release(batch=batch, staff=office.second)
    assert Review.objects.filter(channel="paper").count() == 1
    found = queries.progress_of(batch)
    assert (found.given, found.unusable) == (1, 1)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (Entry(1), DetailMissing),
        (Entry(), Invalid),
        (Entry(5, unusable="illegible"), Invalid),
        (Entry(unusable="lazy"), Invalid),
    ],
)
def test_what_is_no_form_is_refused(office: Office, entry: Entry, problem: Any) -> None:
    batch = office.batch(1)
    with pytest.raises(problem):
        office.key(batch, "A-1", entry)
    assert not PaperForm.objects.exists()


@pytest.mark.parametrize("number", ["", " ", "张三", "A 1", "A" * 41, "=1+1", "../x"])
def test_a_number_is_a_number(office: Office, number: str) -> None:
    with pytest.raises(Invalid):
        office.key(office.batch(1), number)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"forms": 0},
        {"forms": 501},
        {"day": clock.today() + timedelta(days=1)},
        {"day": clock.today() - timedelta(days=400)},
    ],
)
def test_what_is_no_batch_is_refused(office: Office, otherwise: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        office.batch(**otherwise)
    assert not Batch.objects.exists()


def test_an_outsider_keys_nothing_and_sees_nothing(office: Office) -> None:
    batch = office.batch()
    for outsider in (
        factories.staff(Role.HANDLER),
        factories.colleague(office.organisation),
        factories.staff(Role.AUDITOR, over=factories.region(factories.PROVINCE)),
    ):
        with pytest.raises(Forbidden):
            office.batch(staff=outsider)
        with pytest.raises(NotFound):
            queries.get_batch(outsider, batch.code)
        assert not queries.visible_to(outsider).exists()


def test_a_scan_is_kept_without_what_hides_behind_the_picture(office: Office) -> None:
    from PIL import Image

    picture = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    picture.seek(0)
    scan = accept_document(picture, name="表 1.png", field="scan")
    sheet = services.key_form(
        batch=office.batch(1), staff=office.first, number="A-1", entry=GOOD, scan=scan
    )
    assert (sheet.scan_name, sheet.media_type) == ("表 1.jpg", "image/jpeg")
    assert "A-1" not in sheet.scan.name
    with sheet.scan.open("rb") as kept:
        assert kept.read() == scan.content
    sheet.scan.delete(save=False)


def test_what_was_keyed_cannot_be_changed(office: Office) -> None:
    office.key(office.batch(1), "A-1", BAD)
    for change in (
        lambda: Keying.objects.update(level=5),
        lambda: Keying.objects.all().delete(),
        lambda: BatchAction.objects.update(verb="agreed"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_piles_place_is_made_once(office: Office) -> None:
    counter = factories.counter()
    for _ in range(2):
        office.batch(counter=counter)
    place = Place.objects.get(kind=PlaceKind.PAPER, counter=counter)
    assert place.organisation == office.organisation
    assert not ServiceEvent.objects.filter(place=place).exists()

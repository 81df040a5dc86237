"""A lawful request to be erased: what names the person goes, what is public record stays."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from PIL import Image

from huiyin.conf import doctor
from huiyin.kernel.problems import Invalid, Problem
from huiyin.kernel.uploads import accept_photo
from huiyin.log.models import EntrySecret
from huiyin.matters.table import State
from huiyin.reviews import errors, services
from huiyin.reviews.models import Case, Erasure, Photo, Review, ReviewContent
from huiyin.reviews.queries import contact
from tests import factories
from tests.support.epochs import seal

if TYPE_CHECKING:
    from tests.conf.auditing.served import Served

pytestmark = pytest.mark.django_db
_TEXT = "排了三个小时，我叫张三丰。"


def _photo() -> object:
    written = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(written, "JPEG")
    written.seek(0)
    return accept_photo(written, name="a.jpg", field="photos")


@pytest.fixture
def loop() -> factories.Loop:
    """A bad review with words and a picture, in the log, whose matter has been answered."""
    made = factories.loop(State.TOLD, text=_TEXT, photos=[_photo()])
    seal()
    return made


def erase(made: factories.Loop) -> Erasure:
    case = services.case_of(made.receipt.code)
    return services.erase_person(case=case, reason="书面申请，2026-12-01", by="root")


def test_everything_that_names_the_person_is_gone(loop: factories.Loop) -> None:
    path = Path(Photo.objects.get().file.path)
    done = erase(loop)
    assert (done.reviews, done.photos, done.by) == (1, 1, "root")
    assert not path.exists()
    assert not Photo.objects.exists()
    assert not ReviewContent.objects.exists()
    review = Review.objects.get()
    assert not EntrySecret.objects.filter(entry=review.entry_id).exists()
    case = Case.objects.get()
    sealed = [getattr(case, f"{part}_sealed") for part in ("name", "identity", "mobile")]
    assert [bytes(one) for one in sealed] == [b"", b"", b""]
    assert (bytes(case.identity_hash), bytes(case.mobile_hash)) == (b"", b"")
    assert (case.title_sealed, case.agent_sealed) == (None, None)
    assert contact(loop.again()) is None
    assert loop.matter.contact_ended_at is not None


def test_nothing_in_the_database_holds_the_name_the_number_or_the_words(
    loop: factories.Loop,
) -> None:
    erase(loop)
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f'SELECT * FROM "{table}"')
            held = repr(cursor.fetchall())
            for told in (factories.NAME, factories.MOBILE, factories.IDENTITY, _TEXT):
                assert told not in held, table


def test_log_figures_and_receipt_stay_verifiable(
    loop: factories.Loop, served: Served, client: Client
) -> None:
    served.publish()
    erase(loop)
    assert {one.level for one in doctor.agreement(full=True)} == {doctor.Level.OK}
    assert served.audit().passed
    receipt = client.get(f"/s/{loop.receipt.code}/receipt.json").json()
    assert (receipt["text"], receipt["salts"]) == ("", {})
    assert receipt["entry_hash"] == loop.receipt.entry_hash


def test_a_name_in_the_item_goes_too() -> None:
    event = factories.event(taskName=f"{factories.NAME}的社会保障卡")
    assert event.case.item_name.startswith(factories.NAME)
    services.erase_person(case=event.case, reason="书面申请", by="root")
    event.case.refresh_from_db()
    assert (event.case.item, event.case.item_name) == (None, event.case.item_code)


def test_the_pages_say_so(
    loop: factories.Loop, client: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    erase(loop)
    client.cookies["django_language"] = "en"
    page = client.get(f"/s/{loop.receipt.code}").content.decode()
    assert "Erased at the person&#x27;s request" in page or "Erased at the person's request" in page
    assert _TEXT not in page
    public = client.get("/reviews/").content.decode()
    assert "Erased at the person" in public
    assert _TEXT not in public
    client.force_login(loop.handler)
    desk = client.get(f"/desk/matters/{loop.matter.code}").content.decode()
    assert "Erased at the person" in desk
    assert _TEXT not in desk


def test_it_is_done_once(loop: factories.Loop) -> None:
    erase(loop)
    with pytest.raises(errors.AlreadyErased):
        erase(loop)
    assert Erasure.objects.count() == 1


def test_the_words_of_a_review_that_was_given_since_are_erased_by_asking_again(
    loop: factories.Loop,
) -> None:
    done = erase(loop)
    token = services.follow_up_token(loop.matter)
    services.submit(token=token, review=services.NewReview(5, text=_TEXT))
    assert ReviewContent.objects.count() == 1
    assert erase(loop) == done
    assert not ReviewContent.objects.exists()
    assert not EntrySecret.objects.filter(entry__kind="review").exists()
    with pytest.raises(errors.AlreadyErased):
        erase(loop)


def test_cut_off_before_the_pictures_it_is_completed_by_calling_it_again(
    loop: factories.Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(Photo.objects.get().file.path)
    with monkeypatch.context() as patch:
        patch.setattr(Photo, "delete", _cut_off)
        with pytest.raises(KeyboardInterrupt):
            erase(loop)
    assert Photo.objects.count() == 1
    erase(loop)
    assert not Photo.objects.exists()
    assert not path.exists()
    assert Erasure.objects.count() == 1


def _cut_off(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        ("", Invalid),
        ("x" * 501, Invalid),
        (f"{factories.NAME}的申请", errors.ReasonNamesSomebody),
        (f"申请人电话 {factories.MOBILE}", errors.ReasonNamesSomebody),
    ],
)
def test_a_reason_is_needed_and_names_nobody(
    loop: factories.Loop, reason: str, problem: type[Problem]
) -> None:
    with pytest.raises(problem):
        services.erase_person(case=Case.objects.get(), reason=reason, by="root")
    assert ReviewContent.objects.exists()


def test_a_case_is_found_by_its_number(loop: factories.Loop) -> None:
    case = Case.objects.get()
    assert services.case_of(case.project_no) == case
    assert services.case_of(case.project_no, uscc=case.organisation.uscc) == case
    with pytest.raises(errors.CaseUnknown):
        services.case_of(case.project_no, uscc=factories.uscc())
    with pytest.raises(errors.CaseUnknown):
        services.case_of("nothing")


def test_a_number_that_two_bodies_use_needs_the_body() -> None:
    one = factories.event(projectNo="A1")
    factories.event(projectNo="A1")
    with pytest.raises(errors.CaseAmbiguous):
        services.case_of("A1")
    assert services.case_of("A1", uscc=one.organisation.uscc) == one.case


def test_the_command_asks_first(
    loop: factories.Loop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda _prompt: "no")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase_person", loop.receipt.code, reason="书面申请")
    assert ReviewContent.objects.exists()
    call_command("erase_person", loop.receipt.code, reason="书面申请", yes=True)
    assert not ReviewContent.objects.exists()
    assert factories.NAME not in capsys.readouterr().out


def test_a_review_without_words_is_erased_too() -> None:
    receipt = factories.review()
    services.erase_person(case=services.case_of(receipt.code), reason="书面申请", by="root")
    assert {one.level for one in doctor.agreement(full=True)} == {doctor.Level.OK}

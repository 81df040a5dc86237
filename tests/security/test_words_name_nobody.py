"""What is published names nobody who has to do with the service."""

from __future__ import annotations

import json

import pytest

from huiyin.kernel import crypto
from huiyin.matters.kinds import describe
from huiyin.matters.table import State
from huiyin.reviews.models import Case, ReviewContent
from huiyin.reviews.queries import for_unit
from huiyin.reviews.screening import Finding
from tests import factories
from tests.support.epochs import published

pytestmark = pytest.mark.django_db
PERSONS = {
    "userName": "欧阳明月",
    "handleUserName": "尉迟代办",
    "handleUserPageType": "111",
    "handleUserPageCode": "330106198501011238",
    "evaluatedPersonInfo": json.dumps([{"loginName": "c1", "name": "慕容"}]),
    "projectNo": "ZJ2026117",
}


@pytest.mark.parametrize(
    "text",
    [
        "我欧阳 明月等了很久",
        "尉迟代办来的",
        "慕容态度很好",
        "件号ZJ 2026117",
        "一三八零零零零一二三四",
    ],
)
def test_a_citizens_words_are_held_back_when_they_tell_who_is_known(text: str) -> None:
    factories.review(factories.event(**PERSONS), text=text)
    assert Finding.KNOWN in ReviewContent.objects.get().held_back
    [story] = published()
    assert story.review.words.held_back


def test_a_reply_is_held_back_when_it_tells_who_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factories, "NAME", "高峰时段")
    factories.loop(State.TOLD)
    [story] = published()
    assert [answer.words.held_back for answer in story.answers] == [True]


def test_other_words_are_published() -> None:
    factories.review(factories.event(**PERSONS), text="办得很快，谢谢！")
    [story] = published()
    assert story.review.words.text == "办得很快，谢谢！"


@pytest.mark.parametrize("name", ["王小明先生13800001234的户口迁移", "欧阳明月的户口迁移"])
def test_an_item_name_of_a_business_system_that_names_somebody_is_shown_as_its_code(
    name: str,
) -> None:
    event = factories.event(**PERSONS | {"taskName": name})
    factories.review(event)
    [story] = published()
    assert story.service == event.case.item_code


def test_titles_for_the_unit_and_its_notices_name_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def event_row(*args, row=factories.event_row, **changes):
        return row(*args, **changes) | {"taskName": f"{factories.NAME}的户口迁移"}

    monkeypatch.setattr(factories, "event_row", event_row)
    made = factories.loop(hide_name_from_unit=True)
    code = made.event.case.item_code
    assert for_unit(made.again()).service == code
    assert describe([made.matter])[made.matter.pk].title == code


def test_a_review_is_taken_and_held_back_when_the_persons_do_not_open() -> None:
    event = factories.event()
    Case.objects.update(name_sealed=crypto.seal("x", purpose="other", about=b"other"))
    factories.review(event, text="办得很快")
    assert ReviewContent.objects.get().held_back == [Finding.KNOWN]

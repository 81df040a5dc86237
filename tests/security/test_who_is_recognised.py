"""Neither the public nor the unit recognises a citizen who did not want that, or who praised."""

from __future__ import annotations

import pytest

from huiyin.matters.table import State
from huiyin.reviews.queries import for_unit
from tests import factories
from tests.support.epochs import published, seal

pytestmark = pytest.mark.django_db


def test_the_public_reads_the_masked_name_of_a_bad_review() -> None:
    factories.loop()
    [story] = published()
    assert story.name == "张**"


@pytest.mark.parametrize(
    "said",
    [
        {"level": 5},
        {"level": 3},
        {"level": 1, "text": "差", "hide_name_from_unit": True},
        {"level": 1, "text": "差", "hide_name_from_public": True},
    ],
)
def test_nobody_reads_the_name_of_praise_or_a_name_hidden_from_public_or_unit(said) -> None:
    factories.review(**said)
    [story] = published()
    assert story.name is None


def test_a_name_hidden_in_the_follow_up_is_hidden_from_then_on() -> None:
    made = factories.loop(State.TOLD)
    factories.confirm(made, hide_name_from_unit=True)
    [story] = published()
    assert story.name is None


def test_a_citizen_hidden_from_the_unit_is_not_found_by_where_and_when() -> None:
    made = factories.loop(hide_name_from_unit=True)

    seen = for_unit(made.again())

    assert seen.name_hidden
    assert seen.masked_name is seen.project_no is None
    assert not seen.clerks
    assert not seen.counter
    assert (seen.served_at.hour, seen.served_at.minute, seen.served_at.second) == (0, 0, 0)


def test_a_citizen_who_hides_nothing_is_found_by_the_case() -> None:
    made = factories.loop()

    seen = for_unit(made.again())

    assert seen.project_no == made.event.case.project_no
    assert seen.served_at == made.event.occurred_at
    assert "12" in seen.counter


def test_the_unit_reads_a_good_follow_up_only_once_it_is_sealed() -> None:
    made = factories.loop(State.TOLD)
    factories.confirm(made, text="这次很快")

    before = for_unit(made.again())
    assert before.follow_up_level is before.follow_up_text is None
    assert before.follow_up_note

    seal()
    after = for_unit(made.again())
    assert (after.follow_up_level, after.follow_up_text) == (4, "这次很快")
    assert not after.follow_up_note


def test_the_unit_reads_a_bad_follow_up_at_once() -> None:
    seen = for_unit(factories.loop(State.REOPENED).again())
    assert (seen.follow_up_level, seen.follow_up_text) == (2, "窗口还是没有开。")
    assert not seen.follow_up_note

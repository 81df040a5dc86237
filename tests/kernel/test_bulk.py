"""Rows written by the thousand come back as they were given, whatever a column holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection

from huiyin.conf.models import Heartbeat
from huiyin.kernel import bulk

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 4, 5, 6, 789, tzinfo=UTC)
LATER = AT + timedelta(days=1)
AWKWARD = ["a\tb", "line\nbreak", "back\\slash", 'quo"te', "回音", "\\N", "{a,b}", ""]


def _stored() -> dict[str, datetime]:
    return dict(Heartbeat.objects.values_list("name", "at"))


@pytest.mark.parametrize("name", AWKWARD)
def test_a_text_comes_back_as_it_was_given(name: str) -> None:
    bulk.insert(Heartbeat, ("name", "at"), [("plain", AT), (name, AT)])
    assert _stored() == {"plain": AT, name: AT}
    bulk.update(Heartbeat, ("at",), [(name, LATER)])
    assert _stored() == {"plain": AT, name: LATER}


def test_a_column_may_hold_moments_and_their_texts() -> None:
    text = str(LATER.replace(tzinfo=None))
    bulk.insert(Heartbeat, ("name", "at"), [("a", AT), ("b", f"{text}")])
    assert _stored() == {"a": AT, "b": LATER}
    bulk.update(Heartbeat, ("at",), [("a", text), ("b", AT)])
    assert _stored() == {"a": LATER, "b": AT}


def test_what_is_the_same_in_all_rows_is_given_once() -> None:
    bulk.insert(Heartbeat, ("name",), [("a",), ("b",)], same={"at": AT})
    assert _stored() == {"a": AT, "b": AT}


def test_no_rows_change_nothing() -> None:
    bulk.insert(Heartbeat, ("name", "at"), [])
    bulk.update(Heartbeat, ("at",), [])
    assert _stored() == {}


def test_a_lookup_sees_what_came_since_its_plan_was_made() -> None:
    def names() -> list[str]:
        return [row[0] for row in bulk.fetch("SELECT name FROM conf_heartbeat WHERE %s = 1", [1])]

    assert names() == []
    bulk.insert(Heartbeat, ("name", "at"), [("a", AT)])
    assert names() == ["a"]


@pytest.mark.django_db(transaction=True)
def test_what_is_gathered_is_stored_all_or_nothing_and_only_then_told() -> None:
    told: list[str] = []
    with bulk.gathered():
        bulk.insert(Heartbeat, ("name", "at"), [("a", AT)])
        bulk.when_stored(lambda: told.append("a"))
        if connection.vendor == "postgresql":
            assert not _stored()
            assert not told
    assert _stored() == {"a": AT}
    assert told == ["a"]
    if connection.vendor != "postgresql":
        return  # elsewhere each is sent as it comes, and the caller keeps the transaction

    def one_twice() -> None:
        with bulk.gathered():
            bulk.insert(Heartbeat, ("name", "at"), [("b", AT)])
            bulk.insert(Heartbeat, ("name", "at"), [("a", AT)])
            bulk.when_stored(lambda: told.append("b"))

    with pytest.raises(IntegrityError):
        one_twice()
    assert _stored() == {"a": AT}
    assert told == ["a"]


def test_what_is_there_already_is_left_out() -> None:
    bulk.insert(Heartbeat, ("name", "at"), [("a", AT)])
    bulk.insert_missing([Heartbeat(name=name, at=LATER) for name in ("a", "b")])
    assert _stored() == {"a": AT, "b": LATER}
    bulk.insert_missing([])

"""The conversation by keys, walked through: every state with every key, silence and hanging up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.intake.channels.hotline import dialogue
from huiyin.intake.channels.hotline.dialogue import ENDS, TABLE, State, Talk

pytestmark = pytest.mark.once

MENU = ("101", "102", "103")
KEYS = "0123456789*#"
FRESH = Talk(State.LEVEL)


def after(talk: Talk, keys: str) -> Talk:
    """``keys`` one after the other; "-" is silence."""
    for key in keys:
        talk = dialogue.silent(talk) if key == "-" else dialogue.pressed(talk, key, MENU)
    return talk


@pytest.mark.parametrize("level", "543")
def test_a_good_level_is_given_once_it_is_confirmed(level: str) -> None:
    assert after(FRESH, level).state == State.CONFIRM
    said = after(FRESH, level + "1")
    assert (said.state, said.level) == (State.GIVING, int(level))


@pytest.mark.parametrize("level", "21")
def test_a_bad_level_is_asked_for_its_reasons(level: str) -> None:
    said = after(FRESH, level + "1" + "2" + "2" + "1" + "0")
    assert said.state == State.GIVING
    assert said.reasons == ("102", "101")
    assert not said.call_back


def test_a_person_may_be_asked_for_instead_of_reasons() -> None:
    said = after(FRESH, "119")
    assert (said.state, said.reasons, said.call_back) == (State.GIVING, (), True)


def test_a_level_can_be_chosen_again_before_it_is_confirmed() -> None:
    assert after(FRESH, "12").level is None
    assert after(FRESH, "1251").level == 5


@pytest.mark.parametrize("keys", ["---", "7-8", "5---", "5789", "5-9-"])
def test_silence_and_wrong_keys_are_never_a_rating(keys: str) -> None:
    assert after(FRESH, keys).state == State.NOTHING


def test_a_key_that_means_something_starts_the_count_of_tries_anew() -> None:
    assert after(FRESH, "--5--1").state == State.GIVING


def test_silence_after_the_confirmation_keeps_what_was_confirmed() -> None:
    said = after(FRESH, "112---")
    assert (said.state, said.level, said.reasons) == (State.GIVING, 1, ("102",))


@pytest.mark.parametrize(
    ("keys", "state"),
    [("", State.NOTHING), ("5", State.NOTHING), ("11", State.GIVING), ("111", State.GIVING)],
)
def test_hanging_up_gives_what_was_confirmed_and_nothing_else(keys: str, state: State) -> None:
    assert dialogue.hung_up(after(FRESH, keys)).state == state


def test_a_key_for_which_there_is_no_service_or_reason_is_a_wrong_one() -> None:
    which = Talk(State.WHICH, options=("a", "b"))
    assert dialogue.keys_of(which) == "12*"
    assert after(which, "3").missed == 1
    assert after(which, "2").service == "b"
    reasons = Talk(State.REASONS, level=1)
    assert dialogue.keys_of(reasons, MENU) == "12390*"
    assert after(reasons, "4").missed == 1


def test_the_language_changes_and_nothing_else() -> None:
    assert after(FRESH, "*") == replace(FRESH, language="en")
    assert after(FRESH, "**") == FRESH


def test_every_state_knows_what_follows_whatever_is_heard() -> None:
    for state in State:
        for level in (None, 1, 5):
            talk = Talk(state, options=("a",), level=level)
            if state in {State.CONFIRM, State.REASONS, State.GIVING} and level is None:
                continue  # cannot be
            heard = [dialogue.pressed(talk, key, MENU) for key in KEYS]
            heard += [dialogue.silent(talk), dialogue.hung_up(talk)]
            for said in heard:
                assert said.state in State
                if state not in TABLE and state != State.ASKED:
                    assert said == talk
                if state not in {State.CONFIRM, State.REASONS, State.GIVING}:
                    assert said.state != State.GIVING


@given(st.text(alphabet=KEYS + "-", max_size=30))
def test_nothing_is_given_that_was_not_pressed_and_confirmed(keys: str) -> None:
    said = dialogue.hung_up(after(FRESH, keys))
    assert said.state in ENDS | {State.GIVING}
    if said.state == State.GIVING:
        assert said.level is not None
        assert f"{said.level}" in keys.partition("1")[0] + keys
        assert "1" in keys
    else:
        assert said.state in {State.NOTHING, State.OPTED_OUT}

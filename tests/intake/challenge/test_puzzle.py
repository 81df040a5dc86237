"""The challenge itself: ours, for one thing, for a while, and not solved by less than the work."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.intake.challenge import puzzle
from huiyin.intake.challenge.puzzle import PARTS, Challenge, is_answer, issue, read
from tests.support.clock import FrozenClock

EASY = 6


def solve(challenge: Challenge) -> str:
    """What a browser finds."""
    seal, found = challenge.text[-16:], []
    for part in range(PARTS):
        number = 0
        while True:
            digest = hashlib.sha256(f"{seal}.{part}.{number}".encode()).digest()
            if int.from_bytes(digest[:4]) >> (32 - challenge.bits) == 0:
                break
            number += 1
        found.append(str(number))
    return ",".join(found)


def test_what_was_issued_is_read_again_for_the_same_thing_only() -> None:
    made = issue("visit-1", bits=EASY, wait=20)
    assert len(made.text) == 48
    assert read(made.text, "visit-1") == made
    assert read(made.text, "visit-2") is None


def test_it_is_good_for_half_an_hour(frozen_clock: FrozenClock) -> None:
    made = issue("visit", bits=EASY, wait=20)
    frozen_clock.move_by(minutes=30)
    assert read(made.text, "visit")
    frozen_clock.move_by(seconds=1)
    assert read(made.text, "visit") is None


@given(st.integers(0, 35), st.integers(1, 255))
def test_no_byte_of_it_can_be_altered(place: int, mask: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(issue("visit", bits=EASY, wait=20).text))
    raw[place] ^= mask
    assert read(base64.urlsafe_b64encode(raw).decode(), "visit") is None


@given(st.text(max_size=60))
def test_any_text_is_a_challenge_or_none(text: str) -> None:
    assert read(text, "visit") is None


@given(st.text(max_size=300))
def test_any_text_is_an_answer_or_not(text: str) -> None:
    assert not is_answer(issue("visit", bits=puzzle.HARDEST, wait=20), text)


def test_the_work_is_an_answer_and_nothing_less() -> None:
    made = issue("visit", bits=EASY, wait=20)
    answer = solve(made)
    assert is_answer(made, answer)
    numbers = answer.split(",")
    assert not is_answer(made, ",".join(numbers[:-1]))
    assert not is_answer(made, ",".join([*numbers, "0"]))
    assert not is_answer(made, ",".join(["²", *numbers[1:]]))
    other = issue("visit", bits=puzzle.EASIEST, wait=20)
    assert not is_answer(other, answer)


@pytest.mark.parametrize("part", range(PARTS))
def test_each_part_counts(part: int) -> None:
    made = issue("visit", bits=EASY, wait=20)
    numbers = solve(made).split(",")
    # The number before it was tried and was none, unless the first fitted at once.
    numbers[part] = str(int(numbers[part]) - 1) if numbers[part] != "0" else "x"
    assert not is_answer(made, ",".join(numbers))

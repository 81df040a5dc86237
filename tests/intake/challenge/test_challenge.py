"""Off while all is calm; under attack a proof is demanded, taken once, and waiting is one too."""

from __future__ import annotations

import pytest

from huiyin.intake import challenge
from huiyin.intake.challenge import ANSWER, FIELD, ChallengeDemanded, honeypot, puzzle
from huiyin.intake.challenge.alarms import Alarm
from huiyin.kernel import clock
from huiyin.kernel.throttle import Throttle
from tests.intake.challenge.test_puzzle import EASY, solve
from tests.support.clock import FrozenClock

KEYS = challenge.keys_of("hall", "192.0.2.1")
OTHER_HALL = challenge.keys_of("another hall", "192.0.2.2")


@pytest.fixture(autouse=True)
def _small(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HUIYIN_CHALLENGE_AFTER = 10  # type: ignore[attr-defined]
    settings.HUIYIN_CHALLENGE_WAIT = 20  # type: ignore[attr-defined]
    monkeypatch.setattr(puzzle, "EASIEST", EASY)
    monkeypatch.setattr(challenge, "waited_for", Throttle(burst=2, per_minute=1))


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """``seconds[0]``: how late it is on the clock that never goes back."""
    now = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    return now


def attack(keys: tuple[str, ...] = KEYS, times: int = 11) -> None:
    for _ in range(times):
        challenge.note(keys)


def worked(bound: str = "visit") -> dict[str, str]:
    asked = challenge.demanded(KEYS, bound=bound)
    assert asked
    return {FIELD: asked.text, ANSWER: solve(asked)}


def test_nothing_is_asked_while_all_is_calm() -> None:
    attack(times=5)
    assert challenge.demanded(KEYS, bound="visit") is None
    challenge.check({}, KEYS, bound="visit")


def test_under_attack_a_proof_is_demanded_and_taken_once() -> None:
    attack()
    with pytest.raises(ChallengeDemanded):
        challenge.check({}, KEYS, bound="visit")
    proof = worked()
    challenge.check(proof, KEYS, bound="visit")
    with pytest.raises(ChallengeDemanded):
        challenge.check(proof, KEYS, bound="visit")


def test_a_proof_is_worth_nothing_for_another_visit() -> None:
    attack()
    with pytest.raises(ChallengeDemanded):
        challenge.check(worked("visit"), KEYS, bound="another")


def test_another_place_is_not_asked() -> None:
    attack()
    assert challenge.demanded(OTHER_HALL, bound="visit") is None


def test_guesses_from_an_address_count_for_the_forms_behind_it() -> None:
    attack(challenge.keys_of("", "192.0.2.1"))
    assert challenge.demanded(KEYS, bound="visit")


def test_without_a_script_waiting_is_enough_but_not_for_a_crowd(frozen_clock: FrozenClock) -> None:
    attack()
    asked = [challenge.demanded(KEYS, bound="visit") for _ in range(3)]
    with pytest.raises(ChallengeDemanded):
        challenge.check({FIELD: asked[0].text}, KEYS, bound="visit")  # type: ignore[union-attr]
    frozen_clock.move_by(seconds=20)
    for one in asked[:2]:
        challenge.check({FIELD: one.text}, KEYS, bound="visit")  # type: ignore[union-attr]
    with pytest.raises(ChallengeDemanded):
        challenge.check({FIELD: asked[2].text}, KEYS, bound="visit")  # type: ignore[union-attr]
    challenge.check(worked(), KEYS, bound="visit")


def test_who_fills_in_what_nobody_sees_has_to_prove_something_even_when_calm() -> None:
    trapped = {honeypot.FIELD: "https://spam.example"}
    with pytest.raises(ChallengeDemanded):
        challenge.check(trapped, KEYS, bound="visit")
    asked = challenge.demanded(KEYS, bound="visit", refused=True)
    assert asked, "or the page could never be sent"
    challenge.check(trapped | {FIELD: asked.text, ANSWER: solve(asked)}, KEYS, bound="visit")


def test_it_ends_when_the_attack_has_ended(seconds: list[float]) -> None:
    attack(times=20)
    assert challenge.demanded(KEYS, bound="visit")
    seconds[0] += 60  # 7.4 are left of 20: still more than half of what began it
    assert challenge.demanded(KEYS, bound="visit")
    seconds[0] += 60
    assert challenge.demanded(KEYS, bound="visit") is None


def test_twice_the_attack_is_twice_the_work(seconds: list[float]) -> None:
    attack(times=10)
    assert challenge.demanded(KEYS, bound="visit").bits == EASY  # type: ignore[union-attr]
    attack(times=30)
    assert challenge.demanded(KEYS, bound="visit").bits == EASY + 2  # type: ignore[union-attr]
    attack(times=10_000_000 // 1000)
    assert challenge.demanded(KEYS, bound="visit").bits <= puzzle.HARDEST  # type: ignore[union-attr]


def test_it_can_be_switched_off(settings: object) -> None:
    settings.HUIYIN_CHALLENGE_AFTER = 0  # type: ignore[attr-defined]
    attack(times=100)
    assert challenge.demanded(KEYS, bound="visit") is None


def test_an_alarm_remembers_only_so_many(
    seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huiyin.intake.challenge.alarms._MAX_KEYS", 3)
    alarm = Alarm()
    for number in range(10):
        alarm.note([f"block:{number}"])
    assert len(alarm._counts) == 3
    assert alarm.pressure(["block:9"], limit=1) == 1
    assert alarm.pressure(["block:1"], limit=1) == 0

import pytest

from huiyin.kernel import clock
from huiyin.kernel.problems import TooMany
from huiyin.kernel.throttle import Throttle


def test_a_key_that_guesses_too_often_is_told_when_to_come_back() -> None:
    throttle = Throttle(burst=3, per_minute=6)
    for _ in range(3):
        throttle.check("a")
        throttle.spend("a")
    with pytest.raises(TooMany) as refused:
        throttle.check("a")
    assert 1 <= refused.value.extra["retry_after"] <= 11


def test_keys_do_not_share_a_budget() -> None:
    throttle = Throttle(burst=1, per_minute=1)
    throttle.spend("a")
    throttle.check("b")


def test_the_budget_fills_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 0.0
    monkeypatch.setattr(clock, "monotonic", lambda: seconds)
    throttle = Throttle(burst=1, per_minute=60)
    throttle.spend("a")
    seconds = 1.0
    throttle.check("a")

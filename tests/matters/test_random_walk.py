"""Many matters, anybody's attempts, a clock that moves on: after every step all must hold.

``script/random-walk --matters 10000`` walks farther than the suite does.
"""

from __future__ import annotations

import gc
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huiyin.matters.models import Matter
from huiyin.matters.table import State
from tests.support.random_walk import MOVES, Walk

pytestmark = pytest.mark.django_db


@settings(
    max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True
)
@given(seed=st.integers(0, 2**32 - 1))
def test_whatever_anybody_tries_everything_holds(
    seed: int, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    if pytestconfig.getoption("matters"):
        return
    walk = Walk(Random(seed))
    walk.run(8, at_once=5)
    assert not walk.open


def test_the_long_walk(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> None:
    """As far as asked for on the command line; by default as far as the suite has time for."""
    wanted = pytestconfig.getoption("matters") or 20
    walk = Walk(Random(pytestconfig.getoption("seed")))

    def tell(walked: Walk) -> None:
        with capsys.disabled():
            print(f"{walked.closed} of {wanted}", flush=True)

    if pytestconfig.getoption("matters"):
        # A walk keeps little, so that most looking for garbage is in vain.
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
    walk.run(wanted, tell=tell)
    assert not Matter.objects.exclude(state=State.CLOSED).exists()
    if pytestconfig.getoption("matters"):
        with capsys.disabled():
            print(walk.report())
    if wanted > 1000:
        assert set(walk.taken) == {move.name for move in MOVES}

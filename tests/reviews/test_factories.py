"""The builders that other tests stand on really build what they say."""

from __future__ import annotations

import pytest

from huiyin.matters.table import State
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", list(State))
def test_a_loop_can_be_brought_to_every_state(state: State) -> None:
    made = factories.loop(state)

    assert made.again().state == state


@pytest.mark.parametrize("state", [State.RECTIFYING, State.REPLY_DRAFTED, State.APPROVED])
def test_a_loop_can_be_brought_to_its_second_round(state: State) -> None:
    made = factories.loop(state, in_round=2)

    assert (made.again().state, made.matter.round) == (state, 2)

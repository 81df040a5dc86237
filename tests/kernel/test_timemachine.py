from datetime import timedelta

import pytest
from django.conf import LazySettings

from huiyin.kernel import clock, timemachine
from huiyin.kernel.problems import Forbidden, Invalid

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_demo_moves_forward_and_every_process_follows() -> None:
    before = clock.now()
    timemachine.move_forward(timedelta(days=3))
    assert clock.now() - before >= timedelta(days=3)
    clock.set_offset(timedelta())  # another process, which has not heard yet
    timemachine.sync()
    assert clock.now() - before >= timedelta(days=3)


@pytest.mark.parametrize("by", [timedelta(), timedelta(hours=-1), timedelta(days=401)])
def test_nobody_moves_back_or_too_far(by: timedelta) -> None:
    with pytest.raises(Invalid):
        timemachine.move_forward(by)
    assert clock.offset() == timedelta()


def test_production_has_no_time_machine(settings: LazySettings) -> None:
    settings.HUIYIN_DEMO = False
    with pytest.raises(Forbidden):
        timemachine.move_forward(timedelta(hours=1))

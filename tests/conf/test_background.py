"""The loops as they are put together."""

import threading
from dataclasses import replace

import pytest

from huiyin.conf.background import LOOPS
from huiyin.conf.loops import Runner
from huiyin.directory.models import Role
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import InboxItem
from tests import factories
from tests.notices.support import endpoint_for, listening

pytestmark = pytest.mark.django_db(transaction=True)
LONG = 60.0  # longer than this test waits


def test_a_bad_review_wakes_the_dispatcher_by_itself() -> None:
    """Not a moment of a loop's pause lies between the review and the arrival."""
    unit = factories.organisation()
    factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    dispatcher, idle, arrived = Dispatcher(), threading.Event(), threading.Event()

    def step() -> bool:
        more = dispatcher.round()
        if InboxItem.objects.count() == 2 and receiver.received:
            arrived.set()
        if not more:
            idle.set()
        return more

    [loop] = [loop for loop in LOOPS if loop.name == "dispatcher"]
    with listening() as receiver:
        endpoint_for(receiver, unit)
        runner = Runner([replace(loop, step=step, every_seconds=LONG)])
        runner.start()
        try:
            assert idle.wait(20), "it looks once when it begins"
            factories.review(factories.event(unit), level=1, text="不行。")
            assert arrived.wait(20)
        finally:
            runner.stop()
            dispatcher.close()

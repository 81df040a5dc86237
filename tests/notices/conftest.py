"""Fixtures of the notices. Models are imported late: this file is read before Django is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from huiyin.notices.dispatcher import Dispatcher
    from tests.notices.support import ObedientRelay, Receiver


@pytest.fixture
def make_receiver() -> Iterator[Callable[[], Receiver]]:
    """Makes systems that listen on loopback for webhooks."""
    from tests.notices.support import listening

    with ExitStack() as stack:
        yield lambda: stack.enter_context(listening())


@pytest.fixture
def receiver(make_receiver: Callable[[], Receiver]) -> Receiver:
    return make_receiver()


@pytest.fixture
def dispatcher() -> Iterator[Dispatcher]:
    """A dispatcher of the test's own."""
    from huiyin.notices.dispatcher import Dispatcher

    made = Dispatcher()
    yield made
    made.close()


@pytest.fixture
def gateway() -> Iterator[ObedientRelay]:
    """A relay that remembers what it was asked for."""
    from huiyin.notices import relay
    from tests.notices.support import ObedientRelay

    made = ObedientRelay()
    before = relay.use(made)
    yield made
    relay.use(before)

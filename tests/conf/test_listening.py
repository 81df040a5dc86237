"""A socket for each process: the system spreads connections over them."""

from __future__ import annotations

import pickle
import socket
from contextlib import ExitStack

import pytest

from huiyin.conf.listening import CAN_SPREAD, SocketForEach

pytestmark = pytest.mark.once


@pytest.mark.skipif(not CAN_SPREAD, reason="this system gives everything to one")
def test_each_process_has_a_socket_of_its_own_and_each_gets_connections() -> None:
    held = SocketForEach("127.0.0.1", 0)
    with ExitStack() as stack:
        # As a new process receives it.
        each = [stack.enter_context(pickle.loads(pickle.dumps(held))) for _ in range(2)]  # noqa: S301
        address = each[0].getsockname()
        assert [one.getsockname() for one in each] == [address] * 2
        for one in each:
            one.listen(64)
            one.setblocking(False)
        for _ in range(64):
            stack.enter_context(socket.create_connection(address))
        assert all(_waiting(one, stack) for one in each)


@pytest.mark.skipif(not CAN_SPREAD, reason="this system gives everything to one")
def test_the_port_is_taken_for_everybody_else() -> None:
    held = SocketForEach("127.0.0.1", 0)
    with pickle.loads(pickle.dumps(held)) as one, socket.socket() as other:  # noqa: S301
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.listen()
        with pytest.raises(OSError, match="in use"):
            other.bind(one.getsockname())


def _waiting(listening: socket.socket, stack: ExitStack) -> int:
    """How many connections wait at this socket."""
    many = 0
    while True:
        try:
            stack.enter_context(listening.accept()[0])
        except BlockingIOError:
            return many
        many += 1

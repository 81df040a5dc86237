"""Clients that behave badly: that hang up, that never finish, that are ten thousand."""

from __future__ import annotations

import resource
import socket
import struct
import time
from contextlib import ExitStack, suppress

from tests.load.stage import Stage, Under

# Without a goodbye: the other side learns it by a reset.
_RESET = struct.pack("ii", 1, 0)


def hang_up(stage: Stage, load: Under) -> str:
    """Citizens send their review, whole or half, and are gone before the answer."""
    # The last of the crowd: the load is not there yet, and may come to the same ones, who then
    # ask again.
    rude = range(len(load.crowd.said) - 1, len(load.crowd.said) // 2, -1)
    hung_up = 0
    for number in rude:
        if not load.goes_on:
            break
        request = load.crowd.request(number, stage.address)
        end = stage.chance.choice((len(request), stage.chance.randrange(len(request))))
        with socket.socket() as client, suppress(OSError):
            client.settimeout(5)
            client.connect(("127.0.0.1", stage.port))
            client.sendall(request[:end])
            if stage.chance.random() < 0.5:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            hung_up += 1
        time.sleep(stage.chance.uniform(0.0, 0.01))
    return (
        f"{hung_up} clients hung up before the answer, half of them before the end of the request"
    )


def slow(stage: Stage, load: Under) -> str:
    """Slow-loris: many connections that send a byte of their request now and then."""
    request = load.crowd.request(0, stage.address).replace(load.crowd.name.encode(), b"slow")
    with ExitStack() as stack:
        held = _connections(stage, stack)
        place, closed, rounds = 0, set(), 0
        while load.goes_on:
            for client in held:
                if client in closed:
                    continue
                try:
                    client.send(request[place : place + 1])
                except BlockingIOError:
                    continue
                except OSError:
                    closed.add(client)
            place = min(place + 1, len(request) - 2)
            rounds += 1
            time.sleep(0.1)
        return (
            f"{len(held)} slow connections, a byte each in {rounds} rounds, "
            f"{len(closed)} closed by the server"
        )


def many(stage: Stage, load: Under) -> str:
    """Thousands of connections held open while others give their reviews."""
    with ExitStack() as stack:
        held = _connections(stage, stack)
        load.wait_for_more()
        time.sleep(stage.size.seconds / 2)
    short = "" if len(held) == stage.size.connections else f" of {stage.size.connections}"
    return f"{len(held)}{short} connections held open"


def _connections(stage: Stage, stack: ExitStack) -> list[socket.socket]:
    """As many as the stage wants, if this machine lets one process have them."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held: list[socket.socket] = []
    for _ in range(min(stage.size.connections, hard - 200)):
        client = stack.enter_context(socket.socket())
        client.settimeout(5)
        try:
            client.connect(("127.0.0.1", stage.port))
        except OSError:
            break
        client.setblocking(False)
        held.append(client)
    return held

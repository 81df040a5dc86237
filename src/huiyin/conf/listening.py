"""A listening socket for each web process, over which the system spreads the connections.

With one socket for all, whichever process wakes up first takes whatever has come: of connections
that are made at the same time, as a gateway makes them, one process may get all and keep them.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

# Elsewhere the option exists too, and the last process gets everything.
CAN_SPREAD = sys.platform == "linux"


class SocketForEach:
    """Stands for a socket on the way to a new process, where it becomes one of that process's own.

    The port stays taken as long as this exists; nothing is ever accepted here. Raises ``OSError``.
    """

    def __init__(self, host: str, port: int) -> None:
        self._held = bound(host, port)

    def __reduce__(self) -> tuple[Any, ...]:
        host, port, *_rest = self._held.getsockname()
        return bound, (host, port)


def bound(host: str, port: int) -> socket.socket:
    """A socket at this address, beside others of the same user. Raises ``OSError``."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((host, port))
    return made

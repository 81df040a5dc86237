"""HTTP as ``huiyin serve`` speaks it."""

from __future__ import annotations

from functools import partial

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from huiyin.kernel import whole

# Address and headers of a request. Proxies forward far less (nginx: 32 KiB).
_LONGEST_HEAD = 64 * 1024


class BoundedHeads(HttpToolsProtocol):
    """Cuts a connection on which the head of a request does not end: uvicorn would keep what comes,
    and one client could fill the memory. Takes answers in one piece, too."""

    _pending = 0  # bytes since a head last ended or a body last went on

    def data_received(self, data: bytes) -> None:
        self._pending += len(data)
        super().data_received(data)
        if self._pending > _LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        self._pending = 0
        super().on_headers_complete()
        # The application runs later, and on one connection the next request may have come by then.
        self.scope["extensions"] = whole.offer(partial(_answer, self.cycle))

    def on_body(self, body: bytes) -> None:
        self._pending = 0
        super().on_body(body)


def _answer(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> bool:
    """Send an answer in one piece (``kernel.whole``), if all is as usual: somebody listens, takes
    what is sent, and keeps the connection. ``head`` says how long ``body`` is."""
    if (
        cycle.disconnected
        or cycle.response_started
        or not cycle.keep_alive
        or cycle.flow.write_paused
    ):
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    ours = whole.head(cycle.default_headers)
    cycle.transport.write(b"".join((STATUS_LINE[status], ours, head, b"\r\n", body)))
    cycle.message_event.set()
    cycle.on_response()
    return True

"""HTTP as ``huiyin serve`` speaks it."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Address and headers of a request. Proxies forward far less (nginx: 32 KiB).
_LONGEST_HEAD = 64 * 1024


class BoundedHeads(HttpToolsProtocol):
    """Cuts a connection on which the head of a request does not end: uvicorn would keep what comes,
    and one client could fill the memory."""

    _pending = 0  # bytes since a head last ended or a body last went on

    def data_received(self, data: bytes) -> None:
        self._pending += len(data)
        super().data_received(data)
        if self._pending > _LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        self._pending = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._pending = 0
        super().on_body(body)

"""Another system's end of the line: a server for webhooks and readers of event streams.

Told what to do in one line of JSON, it answers when all streams are open, and at the next line with
all that arrived and when. Nothing of the product is imported: it checks signatures by itself.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from typing import Any


class Ears:
    def __init__(self, secret: str) -> None:
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self.hooks: list[tuple[str, float]] = []
        self.events: list[tuple[str, int, float]] = []
        self.connections = 0
        self.refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """HTTP/1.1, as much of it as a webhook needs."""
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                request, *lines = head.rstrip().split("\r\n")
                fields = (line.split(":", 1) for line in lines)
                headers = {name.lower(): value.strip() for name, value in fields}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                at = time.time()  # noqa: TID251 - a clock of its own
                good = " /bare " in request or self._take(headers, body, at)
                status = b"204 No Content" if good else b"401 Unauthorized"
                writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # Cancelled when everything ends: the server would print that as an error.
            writer.close()

    def _take(self, headers: dict[str, str], body: bytes, at: float) -> bool:
        key, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        signed = f"{key}.{stamp}.".encode() + body
        wanted = base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256)).decode()
        if headers["webhook-signature"] != f"v1,{wanted}" or abs(at - int(stamp)) > 300:
            self.refused += 1
            return False
        if json.loads(body)["data"]["event"] == "open":
            self.hooks.append((key, at))
        return True

    async def follow(self, port: int, desk: str, session: str, opened: asyncio.Event) -> None:
        """Read the event stream of ``desk`` for as long as it lasts."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"GET /desk/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Cookie: {session}\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"the stream of a desk answered {status!r}")
        number = 0
        event = ""
        while line := await reader.readline():
            text = line.decode().strip()
            if text.startswith("id:"):
                number = int(text[3:])
            elif text.startswith("event:"):
                event = text[6:].strip()
            elif text.startswith("data:") and event == "state":
                opened.set()
            elif text.startswith("data:") and event == "notice":
                self.events.append((desk, number, time.time()))  # noqa: TID251


async def main() -> None:
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    ears = Ears(told["secret"])
    server = await asyncio.start_server(ears.serve, "127.0.0.1", told["hook_port"])
    streams = []
    for desk, session in told["sessions"].items():
        opened = asyncio.Event()
        stream = asyncio.create_task(ears.follow(told["port"], desk, session, opened))
        await asyncio.wait(
            {stream, asyncio.create_task(opened.wait())}, return_when="FIRST_COMPLETED"
        )
        if stream.done():
            stream.result()
        streams.append(stream)
    print(json.dumps("ready"), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    heard = {
        "hooks": ears.hooks,
        "events": ears.events,
        "desks": list(told["sessions"]),
        "refused": ears.refused,
        "connections": ears.connections,
    }
    print(json.dumps(heard), flush=True)
    for stream in streams:
        stream.cancel()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())

"""The least that an ASGI server can answer: the reference for what the lane adds to it.

    python -m bench.empty PORT

runs it under uvicorn with the options of ``huiyin serve``.
"""

from __future__ import annotations

import sys

import uvicorn
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

_BODY = b'{"receipt":{}}'


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Read the request and answer 201."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/healthz":
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": False})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_BODY)).encode()),
    ]
    await send(
        {"type": "http.response.start", "status": 201, "headers": headers, "trailers": False}
    )
    await send({"type": "http.response.body", "body": _BODY, "more_body": False})


def main() -> None:
    uvicorn.run(
        "bench.empty:application",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        workers=int(sys.argv[2]) if len(sys.argv) > 2 else 1,
        loop="auto",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
    )


if __name__ == "__main__":
    main()

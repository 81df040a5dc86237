"""A log in a folder, written by code of the tests' own and served by a real HTTP server.

It is as the formats say (C2SP tlog-tiles, signed notes), and shares no code with the product.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "example.gov.cn/log"
NOW = datetime(2026, 11, 30, 8, 15, 30, 123000, tzinfo=UTC)


class SigningKey:
    def __init__(self, name: str = ORIGIN, kind: int = 1) -> None:
        self.name, self.kind = name, kind
        self.private = Ed25519PrivateKey.generate()
        public = bytes([kind]) + self.private.public_key().public_bytes_raw()
        self.hash = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
        self.vkey = f"{name}+{self.hash.hex()}+{base64.b64encode(public).decode()}"

    def line(self, body: str) -> str:
        signed = self.private.sign(body.encode())
        return f"— {self.name} {base64.b64encode(self.hash + signed).decode()}\n"


def note(body: str, *keys: SigningKey) -> str:
    return body + "\n" + "".join(key.line(body) for key in keys)


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962's definition, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


class SmallLog:
    """``files`` are what the server serves, by path; change them to make it lie."""

    def __init__(self, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.keys = [SigningKey(origin)]
        self.retired: dict[str, str] = {}
        self.entries: list[bytes] = []
        self.files: dict[str, bytes] = {}
        self.posted: list[bytes] = []
        self.cosignatures: list[str] = []
        self.publish()

    def review(self, number: int, **public: Any) -> tuple[dict[str, Any], bytes]:
        """An entry and what the receipt tells of it; not yet in the log."""
        salt = hashlib.sha256(f"salt {number}".encode()).digest()
        text = f"第 {number} 条：排队三小时"
        document = {
            "v": 1,
            "kind": "review",
            "organisation": "11330106MB0000001A",
            "region": "330106000000",
            "item": "11330106MB0000001A4330114001000",
            "day": "2026-11-30",
            "ordinal": 1,
            "level": 1,
            "tags": ["115"],
            "channel": "web",
            "trust": "verified",
            **public,
            "private": {"text": hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()},
        }
        entry = json.dumps(
            document, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()
        return {"text": text, "salt": salt.hex(), "document": document}, entry

    def receipt(
        self,
        number: int = 0,
        *,
        accepted_at: datetime = NOW,
        delay: int = 86400,
        key: SigningKey | None = None,
    ) -> dict[str, Any]:
        """The receipt of review ``number``, as the API hands it out."""
        told, entry = self.review(number)
        signer = key or self.keys[-1]
        moment = accepted_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        digest = base64.b64encode(leaf_hash(entry)).decode()
        return {
            "code": "0000000000000000",
            "accepted_at": moment,
            "ordinal": 1,
            "level": 1,
            "tags": ["115"],
            "text": told["text"],
            "photos": 0,
            "organisation": "西湖区人力社保局",
            "service": "社会保险登记",
            "entry_hash": leaf_hash(entry).hex(),
            "log": self.origin,
            "maximum_delay": delay,
            "entry": entry.decode(),
            "salts": {"text": told["salt"]},
            "promise": note(f"{self.origin}/promise\n{digest}\n{moment}\n{delay}\n", signer),
            "log_key": signer.vkey,
        }

    def add(self, count: int = 1) -> None:
        """Append the next reviews and publish."""
        for _ in range(count):
            self.entries.append(self.review(len(self.entries))[1])
        self.publish()

    def rotate(self) -> None:
        self.keys.append(SigningKey(self.origin))
        self.publish()

    def publish(self) -> None:
        leaves = [leaf_hash(entry) for entry in self.entries]
        self.files = {}
        self._put_tiles(leaves)
        for index, leaf in enumerate(leaves):
            self.files[f"/log/find/{leaf.hex()}"] = json.dumps({"index": index}).encode()
        body = f"{self.origin}\n{len(leaves)}\n{base64.b64encode(root_of(leaves)).decode()}\n"
        signing = [key for key in self.keys if key.vkey not in self.retired]
        self.files["/log/checkpoint"] = (note(body, *signing) + "".join(self.cosignatures)).encode()
        self.files["/log/keys"] = json.dumps(
            {"origin": self.origin, "keys": self._listed()}
        ).encode()

    def _listed(self) -> list[dict[str, Any]]:
        listed, before = [], None
        for place, key in enumerate(self.keys):
            since = (NOW + timedelta(days=place)).isoformat().replace("+00:00", "Z")
            body = f"{self.origin}/key\n{key.vkey}\n{since}\n"
            listed.append(
                {
                    "vkey": key.vkey,
                    "since": since,
                    "retired": self.retired.get(key.vkey),
                    "introduction": note(body, before) if before else None,
                }
            )
            before = key
        return listed

    def _put_tiles(self, leaves: list[bytes]) -> None:
        for number in range(-(-len(self.entries) // 256)):
            some = self.entries[number * 256 : number * 256 + 256]
            packed = b"".join(len(one).to_bytes(2) + one for one in some)
            self.files[_path("entries", number, len(some))] = packed
        level, hashes = 0, leaves
        while hashes:
            for number in range(-(-len(hashes) // 256)):
                some = hashes[number * 256 : number * 256 + 256]
                self.files[_path(str(level), number, len(some))] = b"".join(some)
            whole = len(hashes) // 256
            hashes = [root_of(hashes[at * 256 : at * 256 + 256]) for at in range(whole)]
            level += 1


def _path(level: str, number: int, width: int) -> str:
    partial = "" if width == 256 else f".p/{width}"
    assert number < 1000
    return f"/log/tile/{level}/{number:03d}{partial}"


@contextmanager
def serving(log: SmallLog) -> Iterator[str]:
    """The address of the log while it is served on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = log.files.get(self.path)
            if body is not None and body.startswith(b"redirect:"):
                self.send_response(302)
                self.send_header("Location", body.removeprefix(b"redirect:").decode())
                self.end_headers()
                return
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            log.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/log"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""Reading the public log as anybody would: over HTTP, with nothing of the product's code."""

from __future__ import annotations

import base64
import hashlib
import time

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def size_of(client: httpx.Client) -> int:
    """How many entries the served checkpoint speaks of; 0 before the first."""
    answer = client.get("/log/checkpoint")
    return int(answer.text.split("\n")[1]) if answer.status_code == 200 else 0


def wait_until(client: httpx.Client, size: int, *, seconds: float = 30) -> None:
    """Wait for a checkpoint of at least ``size`` entries."""
    deadline = time.monotonic() + seconds
    while size_of(client) < size:
        assert time.monotonic() < deadline, f"no checkpoint of {size} entries in {seconds} s"
        time.sleep(0.1)


def read(client: httpx.Client) -> list[bytes]:
    """All entries, after the signature of a published key, every bundle, every tile at level 0 and
    the root were found to fit."""
    checkpoint = client.get("/log/checkpoint").raise_for_status().text
    body, _, signatures = checkpoint.rpartition("\n\n")
    body += "\n"
    _origin, size, root, _ = body.split("\n", 3)
    assert any(_is_signed(body, line, client) for line in signatures.splitlines())
    entries: list[bytes] = []
    for index in range((int(size) + 255) // 256):
        width = min(256, int(size) - index * 256)
        name = _name(index, width)
        bundle = client.get(f"/log/tile/entries/{name}").raise_for_status().content
        tile = client.get(f"/log/tile/0/{name}").raise_for_status().content
        some = _split(bundle)
        assert len(some) == width
        assert tile == b"".join(hashlib.sha256(b"\0" + entry).digest() for entry in some)
        entries += some
    hashes = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    assert base64.b64encode(_root(hashes)).decode() == root
    return entries


def _name(index: int, width: int) -> str:
    assert index < 1000, "a test's log is small"
    return f"{index:03d}" if width == 256 else f"{index:03d}.p/{width}"


def _split(bundle: bytes) -> list[bytes]:
    entries = []
    while bundle:
        length = int.from_bytes(bundle[:2])
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return entries


def _root(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\1" + _root(hashes[:split]) + _root(hashes[split:])).digest()


def _is_signed(body: str, line: str, client: httpx.Client) -> bool:
    name, encoded = line.removeprefix("— ").split(" ")
    signature = base64.b64decode(encoded)
    for key in client.get("/log/keys").raise_for_status().json()["keys"]:
        key_name, key_id, material = key["vkey"].split("+", 2)
        if (key_name, key_id) == (name, signature[:4].hex()):
            public = base64.b64decode(material)[1:]
            Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], body.encode())
            return True
    return False

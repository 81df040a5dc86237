"""The connection goes to the address that was looked up, and must prove the name all the same."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from huiyin.notices.transports.webhook import guard, transport
from tests.notices.support import Receiver, certificate_for, listening

NAME = "hook.example.org"


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver with a certificate for ``NAME`` from an authority installed on this machine."""
    path = tmp_path / "both.pem"
    path.write_bytes(certificate_for(NAME))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    transport._trusted.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with listening(context) as receiver:
        yield receiver
    transport._trusted.cache_clear()


def _post_to(name: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Post to ``name``, which resolves to the receiver once, and to nothing the second time."""
    port = int(receiver.url.split(":")[2].split("/")[0])
    looked_up: list[str] = []
    really = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host != name:
            return really(host, *args, **kwargs)
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(guard.socket, "getaddrinfo", look_up)
    result = transport._post(f"https://{name}:{port}/hook", secret="whsec_", key="k", body=b"{}")
    assert looked_up == [name]
    return result


def test_the_certificate_is_checked_for_the_name_although_we_connect_to_an_address(
    secure: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = _post_to(NAME, secure, monkeypatch)
    assert result.delivered, result.error
    assert secure.received[0].headers["host"].startswith(NAME)


def test_a_certificate_for_another_name_is_refused(
    secure: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = _post_to("other.example.org", secure, monkeypatch)
    assert result.error == "connection failed (ConnectError)"
    assert secure.received == []

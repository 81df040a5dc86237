"""The connection goes to the address that was looked up, and must prove the name all the same."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from huiyin.notices.transports.webhook import guard, transport
from tests.notices.support import Receiver, listening

NAME = "hook.example.org"


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver with a certificate for ``NAME`` from an authority installed on this machine."""
    path = tmp_path / "both.pem"
    path.write_bytes(_certificate_and_key())
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    transport._trusted.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with listening(context) as receiver:
        yield receiver
    transport._trusted.cache_clear()


def _certificate_and_key() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


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

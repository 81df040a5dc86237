"""A receiver of webhooks that really listens, a relay that obeys, and turning the dispatcher."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from huiyin.directory.models import Organisation, Staff
from huiyin.kernel import clock
from huiyin.matters.kinds import Contact
from huiyin.matters.models import Matter
from huiyin.notices import relay, services
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Outbox, WebhookEndpoint
from huiyin.notices.transports.base import RemoteTransport, Result, Send


@dataclass
class Received:
    """One request as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Another system on loopback. ``answers`` are used up in turn, then the last one stays."""

    url: str
    answers: list[int] = field(default_factory=lambda: [204])
    received: list[Received] = field(default_factory=list)
    # Requests wait here while it is clear.
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def keys(self) -> list[str]:
        return [request.key for request in self.received]

    def answer(self) -> int:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def listening(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on a port of its own, behind ``tls`` if given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(headers, body))
            receiver.gate.wait(20)
            status = receiver.answer()
            self.send_response(status)
            if status == 302:
                self.send_header("location", "http://127.0.0.1:9/")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    receiver.gate.set()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield receiver
    receiver.gate.set()
    server.shutdown()
    server.server_close()


def endpoint_for(receiver: Receiver, organisation: Organisation) -> tuple[WebhookEndpoint, str]:
    return services.add_endpoint(name=receiver.url, url=receiver.url, organisation=organisation)


def certificate_for(name: str) -> bytes:
    """A certificate for ``name`` that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def drain(dispatcher: Dispatcher) -> None:
    """Deliver all that is due."""
    for _round in range(200):
        if not dispatcher.round():
            return
    raise AssertionError("the outbox does not become empty")


def later(**by: float) -> Any:
    """The clock held further on: long after every pause between tries, unless told otherwise."""
    return clock.frozen(datetime.now(UTC) + timedelta(**(by or {"days": 1})))


@dataclass
class ObedientRelay:
    """Does what a gateway does, but in memory."""

    reaches_people: bool = True
    places_calls: bool = True
    down: bool = False
    messages: list[tuple[str, str, str]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)

    def place_call(
        self, matter: Matter, staff: Staff, *, to: Contact, key: str, own_number: str
    ) -> relay.Placed:
        self._work()
        self.calls.append((to.mobile, key))
        return relay.Placed(f"call-{len(self.calls)}")

    def send_message(self, matter: Matter, text: str, *, to: Contact, key: str) -> relay.Placed:
        self._work()
        self.messages.append((to.mobile, text, key))
        return relay.Placed(f"message-{len(self.messages)}")

    def _work(self) -> None:
        if self.down:
            raise relay.RelayFailed("no line")


class Remembering(RemoteTransport):
    """A transport that does what it is asked in memory, unless it is ``down``."""

    width = endpoint_width = 4

    def __init__(self, code: str) -> None:
        self.code = code  # type: ignore[misc]
        self.set_up = True
        self.down: Result | None = None
        # Delivery keys; and actions with the key of what they undo.
        self.sent: list[str] = []
        self.done: list[tuple[str, str | None]] = []
        # Sends wait here while it is clear.
        self.gate = threading.Event()
        self.gate.set()

    def is_set_up(self) -> bool:
        return self.set_up

    def prepare(self, notice: Outbox) -> Send:
        key, action, of = notice.delivery_key, notice.action, notice.payload.get("of")

        def send() -> Result:
            self.gate.wait(20)
            if self.down:
                return self.down
            self.sent.append(key)
            self.done.append((action, of))
            return Result(delivered=True, reference=f"ref-{key}"[:64])

        return send

"""E-mail, against a mail server that is not ours, and against servers that misbehave."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import override

from huiyin.matters.models import Matter
from huiyin.notices import ladder, services
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Circuit, Outbox
from huiyin.notices.transports.email import config, transport
from huiyin.notices.transports.email.transport import EmailTransport
from tests import factories
from tests.notices.support import certificate_for, drain, later

# Says nothing of the database, and takes long.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

MAILBOX = "li.si@example.gov.cn"


class Mailboxes:
    """What arrived; ``refuse`` maps a command of SMTP to what the server says to it."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - its library calls it by this name
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if "RCPT" in self.refuse:
            return self.refuse["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "DATA" in self.refuse:
            return self.refuse["DATA"]
        assert isinstance(envelope.content, bytes)
        read = message_from_bytes(envelope.content, policy=default)
        assert isinstance(read, EmailMessage)
        self.received.append(read)
        self.recipients += envelope.rcpt_tos
        return "250 taken"


@contextmanager
def serving(settings: Any, scheme: str = "smtp+plain", **options: Any) -> Iterator[Mailboxes]:
    mailboxes = Mailboxes()
    controller = Controller(mailboxes, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    user = "huiyin:s%40cret@" if "authenticator" in options else ""
    settings.HUIYIN_SMTP_URL = f"{scheme}://{user}localhost:{controller.port}"
    settings.HUIYIN_EMAIL_FROM = "notices@example.gov.cn"
    try:
        yield mailboxes
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def outside() -> Iterator[Dispatcher]:
    made = Dispatcher(remote=[EmailTransport()])
    yield made
    made.close()


@pytest.fixture
def mailboxes(settings: Any) -> Iterator[Mailboxes]:
    with serving(settings) as found:
        yield found


def _told() -> Outbox:
    """A handler's notice, on its way by e-mail."""
    loop = factories.loop()
    services.give_address(
        staff=loop.handler, transport="email", address=MAILBOX, by=loop.supervisor
    )
    assert not ladder.fall_back()
    return Outbox.objects.get(transport="email")


def test_a_letter_says_what_has_to_be_done_and_nothing_personal(
    mailboxes: Mailboxes, outside: Dispatcher
) -> None:
    notice = _told()
    drain(outside)

    [letter] = mailboxes.received
    matter = Matter.objects.get()
    assert mailboxes.recipients == [MAILBOX]
    assert matter.code in letter["Subject"]
    assert letter["From"] == "notices@example.gov.cn"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert notice.delivery_key in letter["Message-ID"]
    plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert rich is not None
    address = f"/desk/matters/{matter.code}"
    assert address in plain.get_content()
    assert f'{address}"' in rich.get_content()
    assert "<script" not in rich.get_content()
    for personal in (factories.MOBILE, factories.IDENTITY, factories.NAME, "等了三个小时"):
        assert personal not in plain.get_content()
    notice.refresh_from_db()
    assert notice.state == "delivered"
    [delivery] = notice.deliveries.all()
    assert (delivery.status_code, delivery.error) == (250, "")


def test_a_repetition_has_the_same_message_id(mailboxes: Mailboxes, outside: Dispatcher) -> None:
    notice = _told()
    drain(outside)
    Outbox.objects.filter(pk=notice.pk).update(state="waiting", next_attempt_at=notice.created_at)
    drain(outside)
    first, second = mailboxes.received
    assert first["Message-ID"] == second["Message-ID"]


def test_what_the_unit_is_called_cannot_break_the_letter(
    mailboxes: Mailboxes, outside: Dispatcher
) -> None:
    notice = _told()
    unit = notice.about.organisation
    unit.name = "<b>窗口</b>\nBcc: all@example.org"
    unit.save()
    drain(outside)
    [letter] = mailboxes.received
    assert letter["Bcc"] is None
    rich = letter.get_body(("html",))
    assert rich is not None
    assert "<b>" not in rich.get_content()


@pytest.mark.parametrize(
    ("command", "said", "state", "error"),
    [
        ("RCPT", "550 no such mailbox", "dead", "the mailbox was refused (550)"),
        ("RCPT", "450 come back later", "waiting", "the mailbox was refused (450)"),
        ("DATA", "554 not wanted", "dead", "the message was refused (554)"),
        ("DATA", "451 no space left", "waiting", "the message was refused (451)"),
    ],
)
def test_a_refusal_for_good_is_not_repeated_and_one_for_now_is(
    mailboxes: Mailboxes, outside: Dispatcher, command: str, said: str, state: str, error: str
) -> None:
    mailboxes.refuse = {command: said}
    notice = _told()
    drain(outside)
    notice.refresh_from_db()
    assert notice.state == state
    assert notice.deliveries.get().error == error
    mailboxes.refuse = {}
    with later():
        # In the morning of a working day, whatever day this test runs on.
        Outbox.objects.filter(state="waiting").update(event="open")
        drain(outside)
    assert len(mailboxes.received) == (1 if state == "waiting" else 0)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    path = tmp_path / "both.pem"
    path.write_bytes(certificate_for("localhost"))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    transport._trusted.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    yield context
    transport._trusted.cache_clear()


def _authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"huiyin", b"s@cret"))


def test_it_signs_in_over_an_encrypted_connection(
    settings: Any, certificate: ssl.SSLContext, outside: Dispatcher
) -> None:
    options = {
        "authenticator": _authenticate,
        "auth_required": True,
        "require_starttls": True,
        "tls_context": certificate,
    }
    with serving(settings, "smtp", **options) as mailboxes:
        _told()
        drain(outside)
    assert len(mailboxes.received) == 1


def test_a_server_without_encryption_is_not_told_a_password(
    settings: Any, outside: Dispatcher
) -> None:
    options = {"authenticator": _authenticate, "auth_require_tls": False}
    with serving(settings, "smtp", **options) as mailboxes:
        notice = _told()
        drain(outside)
    assert mailboxes.received == []
    assert notice.deliveries.get().error == "the server does not offer what is needed"


def test_a_certificate_of_nobody_we_trust_ends_it(
    settings: Any, certificate: ssl.SSLContext, outside: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    transport._trusted.cache_clear()
    with serving(settings, "smtp", tls_context=certificate) as mailboxes:
        notice = _told()
        drain(outside)
    assert mailboxes.received == []
    assert notice.deliveries.get().error == "connection failed (SSLCertVerificationError)"


Script = Callable[[socket.socket], None]


@contextmanager
def misbehaving(settings: Any, script: Script) -> Iterator[None]:
    """A server that does what ``script`` does with each connection."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()
    workers: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                script(connection)
            except OSError:
                return

    def accept() -> None:
        server.settimeout(0.05)
        while not ended.is_set():
            try:
                connection, _address = server.accept()
            except TimeoutError:
                continue
            connection.settimeout(5)
            worker = threading.Thread(target=serve, args=(connection,), daemon=True)
            worker.start()
            workers.append(worker)

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    settings.HUIYIN_SMTP_URL = f"smtp+plain://127.0.0.1:{server.getsockname()[1]}"
    settings.HUIYIN_EMAIL_FROM = "notices@example.gov.cn"
    yield
    ended.set()
    accepting.join()
    server.close()


def _silent(connection: socket.socket) -> None:
    connection.recv(1)


def _dripping(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"2")
        time.sleep(0.02)


def _garbage(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff HTTP/1.1 200 OK\r\n\r\n")
    connection.recv(100)


def _dropping(connection: socket.socket) -> None:
    """Takes everything until the middle of the letter, then goes away."""
    connection.sendall(b"220 here\r\n")
    for answer in (b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
        connection.recv(1000)
        connection.sendall(answer)
    connection.recv(10)


@pytest.mark.parametrize(
    ("script", "errors"),
    [
        (_silent, {"no answer in time"}),
        (_dripping, {"connection failed (SMTPServerDisconnected)", "the server refused (222)"}),
        (_garbage, {"connection failed (SMTPServerDisconnected)", "answered what is no SMTP"}),
        (
            _dropping,
            {
                "connection failed (SMTPServerDisconnected)",
                "connection failed (ConnectionResetError)",
            },
        ),
    ],
)
def test_whatever_a_server_does_the_try_ends_in_time_and_is_repeated(
    settings: Any,
    outside: Dispatcher,
    monkeypatch: pytest.MonkeyPatch,
    script: Script,
    errors: set[str],
) -> None:
    monkeypatch.setattr(transport, "_STEP_SECONDS", 0.4)
    monkeypatch.setattr(transport, "_SECONDS", 0.8)
    with misbehaving(settings, script):
        notice = _told()
        drain(outside)
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == ("waiting", 1)
    assert notice.deliveries.get().error in errors
    assert Circuit.objects.get().failures == 1
    with serving(settings) as mailboxes, later():
        drain(outside)
    assert len(mailboxes.received) == 1


def test_who_has_no_address_any_more_is_a_dead_letter(
    mailboxes: Mailboxes, outside: Dispatcher
) -> None:
    notice = _told()
    assert notice.staff
    services.give_address(staff=notice.staff, transport="email", address="", by=notice.staff)
    drain(outside)
    notice.refresh_from_db()
    assert notice.state == "dead"
    assert mailboxes.received == []


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("http://mail.example.gov.cn", "a@example.gov.cn"),
        ("smtps://", "a@example.gov.cn"),
        ("smtps://mail.example.gov.cn:99999", "a@example.gov.cn"),
        ("smtps://mail.example.gov.cn/path", "a@example.gov.cn"),
        ("smtps://mail.example.gov.cn", ""),
        ("smtps://mail.example.gov.cn", "nobody"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused(settings: Any, url: str, sender: str) -> None:
    settings.HUIYIN_SMTP_URL, settings.HUIYIN_EMAIL_FROM = url, sender
    with pytest.raises(ImproperlyConfigured):
        config.server()


def test_the_ports_are_the_usual_ones(settings: Any) -> None:
    settings.HUIYIN_EMAIL_FROM = "a@example.gov.cn"
    found = []
    for scheme in ("smtps", "smtp", "smtp+plain"):
        settings.HUIYIN_SMTP_URL = f"{scheme}://u:p%3Aw@mail.example.gov.cn"
        server = config.server()
        found.append(server.port)
        assert (server.user, server.password) == ("u", "p:w")
    assert found == [465, 587, 25]


def test_a_letter_in_english(mailboxes: Mailboxes, outside: Dispatcher) -> None:
    with override("en"):
        _told()
        drain(outside)
    [letter] = mailboxes.received
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert "Please sign in to the desk" in plain.get_content()

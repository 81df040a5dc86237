"""Notices as e-mails, by the operator's own mail server."""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
from contextlib import suppress
from email.message import EmailMessage
from functools import lru_cache
from threading import Timer
from urllib.parse import urlsplit

from django.conf import settings

from huiyin.kernel import clock
from huiyin.notices import channels, links, wording
from huiyin.notices.models import Outbox
from huiyin.notices.transports import names
from huiyin.notices.transports.base import RemoteTransport, Result, Send
from huiyin.notices.transports.email import config, letter

log = logging.getLogger(__name__)

# For one answer of the server, and for the whole exchange: a server that drips is cut off.
_STEP_SECONDS = 8.0
_SECONDS = 25.0
_REFUSED_FOR_GOOD = 500


class EmailTransport(RemoteTransport):
    code = names.EMAIL
    width = endpoint_width = 4

    def is_set_up(self) -> bool:
        return config.wanted()

    def prepare(self, notice: Outbox) -> Send:
        to = channels.address_of(notice)
        if to is None:
            return lambda: Result(delivered=False, error="no address", permanent=True)
        server = config.server()
        message = letter.write(
            sender=server.sender,
            to=to,
            subject=wording.title_for_staff(notice),
            text=wording.letter_for_staff(notice),
            link=links.url_of(notice),
            key=notice.delivery_key,
            thread=notice.matter.code if notice.matter else "",
            at=clock.local(clock.machine_now()),
        )
        return lambda: _send(server, message)


def _send(server: config.Server, message: EmailMessage) -> Result:
    try:
        _exchange(server, message)
    except smtplib.SMTPRecipientsRefused as refused:
        [(status, _text), *_others] = refused.recipients.values()
        return _refused("the mailbox was refused", status, final=True)
    except smtplib.SMTPDataError as refused:
        return _refused("the message was refused", refused.smtp_code, final=True)
    except smtplib.SMTPAuthenticationError as refused:
        return _refused("signing in was refused", refused.smtp_code)
    except smtplib.SMTPResponseException as refused:
        return _refused("the server refused", refused.smtp_code)
    except smtplib.SMTPNotSupportedError:
        return Result(delivered=False, error="the server does not offer what is needed")
    except (smtplib.SMTPException, OSError, ValueError) as error:
        # smtplib wraps a time-out that happens while it reads.
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return Result(delivered=False, error="no answer in time")
        # The class says what happened; the text may hold an address.
        return Result(delivered=False, error=f"connection failed ({type(error).__name__})")
    return Result(delivered=True, status_code=250, reference=str(message["Message-ID"])[1:65])


def _refused(what: str, status: int, *, final: bool = False) -> Result:
    """``final`` where a 5xx speaks of this very letter; elsewhere it speaks of the server."""
    if not 100 <= status <= 999:
        # So smtplib says that the answer had no code.
        return Result(delivered=False, error="answered what is no SMTP")
    return Result(
        delivered=False,
        error=f"{what} ({status})",
        status_code=status,
        permanent=final and status >= _REFUSED_FOR_GOOD,
    )


def _exchange(server: config.Server, message: EmailMessage) -> None:
    """Hand ``message`` over; returns once the server has taken it."""
    us = urlsplit(settings.HUIYIN_BASE_URL).hostname or "localhost"
    client: smtplib.SMTP
    if server.security is config.Security.TLS:
        client = smtplib.SMTP_SSL(local_hostname=us, timeout=_STEP_SECONDS, context=_trusted())
    else:
        client = smtplib.SMTP(local_hostname=us, timeout=_STEP_SECONDS)
    cut = Timer(_SECONDS, _cut_off, [client])
    cut.daemon = True
    cut.start()
    try:
        # Also the name that the server's certificate has to prove.
        client._host = server.host  # type: ignore[attr-defined]
        status, _text = client.connect(server.host, server.port)
        if status != 220:
            raise smtplib.SMTPConnectError(status, b"")
        if server.security is config.Security.STARTTLS:
            client.starttls(context=_trusted())
        if server.user:
            client.login(server.user, server.password)
        client.send_message(message)
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
    finally:
        cut.cancel()
        client.close()


def _cut_off(client: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        if client.sock:
            client.sock.shutdown(socket.SHUT_RDWR)


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The authorities this machine trusts: government networks have their own."""
    return ssl.create_default_context()

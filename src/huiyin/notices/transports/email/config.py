"""The mail server of this installation, from the environment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email


class Security(StrEnum):
    """How the connection is encrypted."""

    TLS = "smtps"
    STARTTLS = "smtp"
    # For a relay on this machine or in the operator's own network.
    NONE = "smtp+plain"


_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    security: Security
    user: str
    password: str
    sender: str


def wanted() -> bool:
    """Whether the operator means to use it at all."""
    return bool(settings.HUIYIN_SMTP_URL)


def server() -> Server:
    """The server that ``HUIYIN_SMTP_URL`` names. Raises ``ImproperlyConfigured``, whose text names
    no password."""
    try:
        parts = urlsplit(settings.HUIYIN_SMTP_URL)
        security = Security(parts.scheme)
        host, port = parts.hostname, parts.port or _PORTS[security]
    except ValueError as error:
        raise ImproperlyConfigured(
            "HUIYIN_SMTP_URL must be smtps://, smtp:// or smtp+plain:// with a host, such as "
            "smtps://user:password@mail.example.gov.cn."
        ) from error
    if not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise ImproperlyConfigured("HUIYIN_SMTP_URL must name a host and, after it, nothing else.")
    try:
        validate_email(settings.HUIYIN_EMAIL_FROM)
    except ValidationError as error:
        raise ImproperlyConfigured(
            "HUIYIN_EMAIL_FROM must be the address that e-mails come from."
        ) from error
    return Server(
        host,
        port,
        security,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        settings.HUIYIN_EMAIL_FROM,
    )

"""What sends text messages: at most one gateway of each kind in a process.

``HUIYIN_SMS_GATEWAY`` says through which one citizens are written to.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class SmsFailed(Exception):
    """The gateway did not take the message. The text is ours and names nobody.

    ``permanent``: trying again cannot help. ``status``: the code the other side gave, if any.
    ``unsure``: it may have taken it all the same; the line broke before it could say so.
    """

    def __init__(
        self,
        said: str,
        *,
        permanent: bool = False,
        status: int | None = None,
        unsure: bool = False,
    ) -> None:
        super().__init__(said)
        self.permanent = permanent
        self.status = status
        self.unsure = unsure


class Gateway(Protocol):
    """``send`` returns what the gateway calls each part, or raises ``SmsFailed``; it touches no
    database, may be called from several threads, and returns within 30 seconds.

    ``to`` is a number in its normal form. ``key`` is the same when the same message is sent again;
    a gateway that knows it does not send it twice. ``extension`` are digits to add to our number.
    """

    @property
    def code(self) -> str: ...

    # Whether a message that is sent again under its key is not sent twice.
    @property
    def knows_keys(self) -> bool: ...

    def send(self, text: str, *, to: str, key: str, extension: str = "") -> tuple[str, ...]: ...


_CHOICES = ("", "smpp", "http")


def named(name: str) -> Gateway | None:
    """The gateway called ``smpp`` or ``http``; None for no name. Raises ``ImproperlyConfigured``.

    Made when first asked for, and then the same one in all of the process.
    """
    if name not in _CHOICES:
        raise ImproperlyConfigured("HUIYIN_SMS_GATEWAY must be smpp, http or nothing.")
    return _made(name) if name else None


@lru_cache(maxsize=2)
def _made(name: str) -> Gateway:
    if name == "smpp":
        from huiyin.notices.transports.sms_smpp.gateway import SmppGateway

        return SmppGateway.from_settings()
    from huiyin.notices.transports.sms_http.gateway import HttpGateway

    return HttpGateway.from_settings()


def is_configured(name: str) -> bool:
    """Whether the settings of the gateway called ``smpp`` or ``http`` are there."""
    return bool({"smpp": settings.HUIYIN_SMPP_HOST, "http": settings.HUIYIN_SMS_TEMPLATE}.get(name))


def forget() -> None:
    """Make gateways anew when they are asked for next; for tests."""
    _made.cache_clear()


def current() -> Gateway | None:
    """The gateway through which citizens are written to; None while none is connected."""
    return named(settings.HUIYIN_SMS_GATEWAY)

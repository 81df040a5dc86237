"""How this installation is connected to 浙政钉; everything comes from the environment."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from huiyin.notices.transports.zwding.client import Client, Credentials


class NotConfigured(Exception):
    """Something that is needed was not set; the text names the variables."""


def wanted() -> bool:
    """Whether the operator means to use it at all."""
    return bool(settings.HUIYIN_ZWDING_HOST)


def credentials() -> Credentials:
    """Raises ``NotConfigured``."""
    needed = {
        name: getattr(settings, name)
        for name in (
            "HUIYIN_ZWDING_HOST",
            "HUIYIN_ZWDING_APP_KEY",
            "HUIYIN_ZWDING_APP_SECRET",
            "HUIYIN_ZWDING_TENANT_ID",
        )
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise NotConfigured(f"{', '.join(missing)} not set")
    host, app_key, app_secret, tenant_id = needed.values()
    return Credentials(
        host=_address(host),
        app_key=app_key,
        app_secret=app_secret,
        tenant_id=tenant_id,
        app_name=settings.HUIYIN_ZWDING_APP_NAME,
        creator_id=settings.HUIYIN_ZWDING_CREATOR_ID,
    )


def client() -> Client:
    """The client of this process, whose token all its threads share. Raises ``NotConfigured``."""
    return _client(credentials())


@lru_cache(maxsize=4)
def _client(known: Credentials) -> Client:
    return Client(known)


def _address(host: str) -> str:
    """``host`` with its scheme and no path; encrypted unless the operator says otherwise."""
    address = host if "://" in host else f"https://{host}"
    try:
        parts = urlsplit(address.rstrip("/"))
        plain = parts.port is None or parts.port > 0
    except ValueError:
        plain = False
    if (
        not plain
        or parts.scheme not in {"https", "http"}
        or not parts.hostname
        or parts.username
        or parts.path
        or parts.query
        or parts.fragment
    ):
        raise NotConfigured("HUIYIN_ZWDING_HOST must be a host, such as platform.example.gov.cn")
    return f"{parts.scheme}://{parts.netloc}"

"""Reading the configuration from the environment, with refusals that say what to do."""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from huiyin.log import notes
from huiyin.notices.transports.webhook import signing


def text(name: str, default: str) -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool) -> bool:
    return text(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str, default: str) -> list[str]:
    return [word for word in text(name, default).replace(",", " ").split() if word]


def shared_secret(name: str) -> str:
    """A secret as Standard Webhooks has them, or nothing."""
    value = text(name, "")
    if value and not signing.is_secret(value):
        raise ImproperlyConfigured(
            f"{name} must be whsec_ and at least 24 bytes in Base64: the secret you share with "
            "the provider."
        )
    return value


def log_name(name: str, default: str) -> str:
    """The name of the public log, which is also that of its keys."""
    value = text(name, default)
    if not notes.is_name(value):
        raise ImproperlyConfigured(
            f"{name} cannot be {value!r}: a log's name has no spaces and no plus sign. Your host "
            "name is a good one, such as hcp.example.gov.cn/log."
        )
    return value


def witnesses(name: str) -> list[notes.VerifierKey]:
    """The verifier keys of those whose cosignatures count."""
    found = []
    for written in text(name, "").replace(",", " ").split():
        try:
            key = notes.VerifierKey.parse(written)
        except notes.NoteInvalid as error:
            raise ImproperlyConfigured(
                f"{name}: {written!r} is no verifier key: {error}."
            ) from error
        if key.kind != notes.COSIGNATURE:
            raise ImproperlyConfigured(
                f"{name}: the key of {key.name} is not one for cosignatures (type 0x04)."
            )
        found.append(key)
    return found


def secret_pair(*, demo: bool, data_dir: Path) -> tuple[str, bytes]:
    """Django's secret key and the master key (32 bytes) that everything sealed depends on.

    Production takes both from the environment and refuses to start without them. The demo makes
    its own on the first run and keeps them in a file that only its owner can read.
    """
    django_key, master = text("HUIYIN_SECRET_KEY", ""), text("HUIYIN_MASTER_KEY", "")
    if demo and not (django_key and master):
        made = _demo_secrets(data_dir / "secrets.json")
        django_key, master = django_key or made["secret_key"], master or made["master_key"]
    if len(django_key) < 40:
        raise ImproperlyConfigured(
            "HUIYIN_SECRET_KEY is missing or shorter than 40 characters. Make one with "
            "`python -c 'import secrets; print(secrets.token_urlsafe(48))'` and keep it secret."
        )
    return django_key, _master_key(master)


def _master_key(encoded: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured(
            "HUIYIN_MASTER_KEY must be 32 bytes in URL-safe Base64. Make one with "
            "`python -c 'import secrets; print(secrets.token_urlsafe(32))'`; whoever loses it "
            "loses every sealed contact, so keep a copy offline."
        )
    return key


def _demo_secrets(path: Path) -> dict[str, str]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {
            "secret_key": secrets.token_urlsafe(48),
            "master_key": secrets.token_urlsafe(32),
        }
        # Another process of the same demo may be doing this too: the first one wins.
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w") as file:
                json.dump(made, file)
    stored: dict[str, str] = json.loads(path.read_text())
    return stored


# What libpq may be told after the "?", besides the host: TLS, time-outs and the like.
_LIBPQ = frozenset(
    {
        "application_name",
        "connect_timeout",
        "options",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "target_session_attrs",
    }
)


def database(url: str) -> dict[str, object]:
    """Django's settings for ``sqlite:///path`` or ``postgres://user:password@host:port/name``."""
    parts = urlsplit(url)
    asked = _parameters(parts.query)
    if parts.scheme == "sqlite":
        _refuse_unknown(asked, known=frozenset())
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": "/" + unquote(parts.path).lstrip("/"),
            "OPTIONS": {
                # Writers queue at BEGIN instead of failing half-way through.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # An acknowledged review survives a power cut: WAL is synced at every commit.
                # REPLACE deletes without a DELETE trigger unless triggers are recursive, and what
                # is append-only could be overwritten that way.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                "PRAGMA recursive_triggers=ON;",
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        socket = asked.pop("host", "")
        _refuse_unknown(asked, known=_LIBPQ)
        # Statements are prepared only where they are sent again and again with arrays of whatever
        # length (``kernel/bulk.py``): planning them anew each time costs as much as a few rows.
        asked["options"] = f"-c plan_cache_mode=force_generic_plan {asked.get('options', '')}"
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or socket,
            "PORT": str(parts.port or ""),
            # Under ASGI each request may run in another thread, so a connection kept by a thread
            # would be lost; a pool shared by the process keeps them instead. It also bounds how
            # many a crowd of requests can open.
            "OPTIONS": {
                "pool": {
                    "min_size": 1,
                    "max_size": number("HUIYIN_DATABASE_POOL", 20),
                    # Seconds; while the database is away nobody waits longer to be told so.
                    "timeout": 5.0,
                },
                # Django would prepare nothing, so that poolers work. We prepare what asks for it
                # (``kernel/bulk.py``) and nothing else, however often it is sent.
                "prepare_threshold": 1_000_000_000,
                **asked,
            },
        }
    raise ImproperlyConfigured(
        f"HUIYIN_DATABASE_URL starts with {parts.scheme!r}; it must be sqlite:///absolute/path or "
        "postgres://user:password@host:port/name."
    )


def _parameters(query: str) -> dict[str, str]:
    """``query`` as libpq reads it: percent-encoded, and a plus sign is one."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return {unquote(name): unquote(value) for name, _equals, value in pairs}


def _refuse_unknown(asked: dict[str, str], *, known: frozenset[str]) -> None:
    unknown = sorted(asked.keys() - known)
    if unknown:
        can = f"it may hold {', '.join(sorted(known | {'host'}))}" if known else "it takes none"
        raise ImproperlyConfigured(
            f"HUIYIN_DATABASE_URL holds a parameter that is not known: {', '.join(unknown)}; {can}."
        )

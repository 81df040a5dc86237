"""The relay: the only way to a citizen, so that nobody on the desk ever holds a number.

A real relay is a telephone or SMS gateway. The one here plays it in the demo, by writing to the log
that it would have called or sent. Elsewhere it reaches nobody, and is not asked: until a gateway is
installed (``HUIYIN_RELAY``), staff are told that there is none.
"""

from __future__ import annotations

import hashlib
import logging
from importlib import import_module
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from huiyin.directory.models import Staff
from huiyin.kernel import ids
from huiyin.matters.kinds import Contact
from huiyin.matters.models import Matter

log = logging.getLogger(__name__)


class RelayFailed(Exception):
    """The relay did not take the call or message. The text is ours and names nobody."""


class Relay(Protocol):
    """Both verbs return the relay's reference (at most 40 characters) or raise ``RelayFailed``.

    ``key`` is the same when the same call or message is asked for again; a gateway that knows it
    does not place it twice. They do not touch the database and return within seconds.
    """

    # Whether a message really gets to somebody: what is recorded as told depends on it.
    @property
    def reaches_people(self) -> bool: ...

    def place_call(self, matter: Matter, staff: Staff, *, to: Contact, key: str) -> str: ...

    def send_message(self, matter: Matter, text: str, *, to: Contact, key: str) -> str: ...


class ConsoleRelay:
    """Names the matter and the reference in the log; never the number, never the text."""

    @property
    def reaches_people(self) -> bool:
        # In the demo it plays the gateway. Elsewhere it must not pretend that anybody was told.
        return bool(settings.HUIYIN_DEMO)

    def place_call(self, matter: Matter, staff: Staff, *, to: Contact, key: str) -> str:
        reference = _reference(key)
        log.info("relay: call about matter %s, reference %s", matter.code, reference)
        return reference

    def send_message(self, matter: Matter, text: str, *, to: Contact, key: str) -> str:
        reference = _reference(key)
        log.info("relay: message about matter %s, reference %s", matter.code, reference)
        return reference


def _reference(key: str) -> str:
    return ids.code_from(hashlib.sha256(key.encode()).digest(), 9)


_VERBS = ("reaches_people", "place_call", "send_message")
_relay: Relay = ConsoleRelay()


def use(relay: Relay) -> Relay:
    """Put ``relay`` in the place of the present one, which is returned."""
    global _relay
    before, _relay = _relay, relay
    return before


def named(name: str) -> Relay:
    """The gateway called ``module:Class``. Raises ``ImproperlyConfigured``."""
    module, _colon, kind = name.partition(":")
    try:
        made = getattr(import_module(module), kind)()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ImproperlyConfigured(
            f"HUIYIN_RELAY names no class that can be made: {error}"
        ) from error
    lacking = [verb for verb in _VERBS if not hasattr(made, verb)]
    if lacking:
        raise ImproperlyConfigured(f"HUIYIN_RELAY names a class without {', '.join(lacking)}.")
    gateway: Relay = made
    return gateway


def current() -> Relay:
    return _relay

"""The relay: the only way to a citizen, so that nobody on the desk ever holds a number.

``HUIYIN_RELAY`` names the one to use. ``huiyin.notices.relay.gateway:GatewayRelay`` sends messages
through the SMS gateway and places calls through a telephony provider. Without one the demo plays
it, by writing to the log that it would have called or sent; elsewhere staff are told that there is
none.
"""

from __future__ import annotations

from importlib import import_module

from django.core.exceptions import ImproperlyConfigured

from huiyin.notices.relay.base import (
    NoOwnNumber,
    NotConnected,
    Placed,
    Relay,
    RelayFailed,
    Subject,
    reference_of,
)
from huiyin.notices.relay.console import ConsoleRelay

__all__ = [
    "ConsoleRelay",
    "NoOwnNumber",
    "NotConnected",
    "Placed",
    "Relay",
    "RelayFailed",
    "Subject",
    "current",
    "named",
    "reference_of",
    "use",
]

_VERBS = ("reaches_people", "places_calls", "place_call", "send_message")
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

"""Programs that speak to us, and their keys: business systems that push service events, and
adapters that bring the reviews of a channel."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ValidationError

from huiyin.directory.models import Region
from huiyin.kernel.problems import Invalid
from huiyin.reviews.models import Channel, ChannelAdapter, Integrator
from huiyin.reviews.queries import hash_of_adapter_key, hash_of_key

# The prefix lets scanners for leaked secrets recognise a key.
_KEY_PREFIX, _KEY_BYTES = "hy_", 32

Program = TypeVar("Program", Integrator, ChannelAdapter)


def add_integrator(*, name: str, region: Region, active: bool = True) -> tuple[Integrator, str]:
    """Let a business system push events for the organisations of ``region``; its key, shown once.

    Only a keyed hash of the key is kept. Raises ``Invalid`` for a name that is taken.
    """
    return _added(Integrator(name=name.strip(), region=region, active=active), hash_of_key)


def add_adapter(
    *, name: str, channel: Channel | str, active: bool = True
) -> tuple[ChannelAdapter, str]:
    """Let a program bring the reviews of ``channel``; as ``add_integrator``."""
    adapter = ChannelAdapter(name=name.strip(), channel=channel, active=active)
    return _added(adapter, hash_of_adapter_key)


def renew_key(*, integrator: Integrator) -> str:
    """A new key for ``integrator``, shown once; the old one stops working at once."""
    return _renewed(integrator, hash_of_key)


def renew_adapter_key(*, adapter: ChannelAdapter) -> str:
    """A new key for ``adapter``, shown once; the old one stops working at once."""
    return _renewed(adapter, hash_of_adapter_key)


def _added(program: Program, hashed: Callable[[str], bytes]) -> tuple[Program, str]:
    key = _new_key()
    program.key_hash = hashed(key)
    try:
        program.full_clean()
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field="name") from error
    program.save(force_insert=True)
    return program, key


def _renewed(program: Program, hashed: Callable[[str], bytes]) -> str:
    key = _new_key()
    program.key_hash = hashed(key)
    program.save(update_fields=["key_hash"])
    return key


def _new_key() -> str:
    return _KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)

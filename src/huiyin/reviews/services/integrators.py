"""Business systems that push service events, and their keys."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError

from huiyin.directory.models import Region
from huiyin.kernel.problems import Invalid
from huiyin.reviews.models import Integrator
from huiyin.reviews.queries import hash_of_key

# The prefix lets scanners for leaked secrets recognise a key.
_KEY_PREFIX, _KEY_BYTES = "hy_", 32


def add_integrator(*, name: str, region: Region, active: bool = True) -> tuple[Integrator, str]:
    """Let a business system push events for the organisations of ``region``; its key, shown once.

    Only a keyed hash of the key is kept. Raises ``Invalid`` for a name that is taken.
    """
    integrator, key = Integrator(name=name.strip(), region=region, active=active), new_key()
    integrator.key_hash = hash_of_key(key)
    try:
        integrator.full_clean()
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field="name") from error
    integrator.save(force_insert=True)
    return integrator, key


def renew_key(*, integrator: Integrator) -> str:
    """A new key for ``integrator``, shown once; the old one stops working at once."""
    key = new_key()
    integrator.key_hash = hash_of_key(key)
    integrator.save(update_fields=["key_hash"])
    return key


def new_key() -> str:
    """A key for a program, to be shown once."""
    return _KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)

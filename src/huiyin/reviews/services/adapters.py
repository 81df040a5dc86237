"""Channel adapters, and their keys."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from huiyin.kernel.problems import Invalid
from huiyin.reviews.models import Channel, ChannelAdapter
from huiyin.reviews.queries import hash_of_adapter_key
from huiyin.reviews.services.integrators import new_key


def add_adapter(
    *, name: str, channel: Channel | str, active: bool = True
) -> tuple[ChannelAdapter, str]:
    """Let a program bring the reviews of ``channel``; its key, shown once.

    Only a keyed hash of the key is kept. Raises ``Invalid`` for a name that is taken.
    """
    key = new_key()
    adapter = ChannelAdapter(
        name=name.strip(), channel=channel, active=active, key_hash=hash_of_adapter_key(key)
    )
    try:
        adapter.full_clean()
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field="name") from error
    adapter.save(force_insert=True)
    return adapter, key


def renew_adapter_key(*, adapter: ChannelAdapter) -> str:
    """A new key for ``adapter``, shown once; the old one stops working at once."""
    key = new_key()
    adapter.key_hash = hash_of_adapter_key(key)
    adapter.save(update_fields=["key_hash"])
    return key

"""Fujian over HTTP: pushed or in SOAP, answered the same way."""

from __future__ import annotations

from collections.abc import Sequence

from huiyin.dialects.binding import Asked, Gateway, receiver
from huiyin.dialects.fujian import codec, reply
from huiyin.dialects.structs import Reply, Told


def _reply_to(told: Sequence[Told], text: str, asked: Asked) -> Reply:
    in_json = asked.client is not None and asked.client.replies_in_json
    return reply.reply(told, text, envelope=asked.envelope, in_json=in_json)


GATEWAY = Gateway(codec.TRAITS, codec.envelope, codec.message, reply.reply, _reply_to)
receive = receiver(GATEWAY)

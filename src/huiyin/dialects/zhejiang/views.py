"""Zhejiang (Ningbo) over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from huiyin.dialects.binding import Asked, Gateway, receiver
from huiyin.dialects.structs import Reply, Told
from huiyin.dialects.zhejiang import codec, reply


def _reply_to(told: Sequence[Told], text: str, asked: Asked) -> Reply:
    return reply.reply(told, text, success=asked.client.success_code if asked.client else "")


GATEWAY = Gateway(codec.TRAITS, codec.envelope, codec.message, reply.reply, _reply_to)
receive = receiver(GATEWAY)

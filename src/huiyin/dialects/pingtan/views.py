"""Pingtan over HTTP."""

from __future__ import annotations

from huiyin.dialects.binding import Gateway, receiver
from huiyin.dialects.pingtan import codec, reply

GATEWAY = Gateway(codec.TRAITS, codec.envelope, codec.message, reply.reply)
receive = receiver(GATEWAY)

"""The writers of notices: announcing steps, endpoints, dead letters, reading, and the relay."""

from huiyin.notices.services.announcing import OUTBOX, SYSTEM, announce
from huiyin.notices.services.channels import Choice, arrange, give_address
from huiyin.notices.services.contacting import (
    CALL_OUTCOMES,
    MAX_MESSAGE,
    call_came_to,
    call_citizen,
    message_citizen,
)
from huiyin.notices.services.endpoints import add_endpoint, renew_secret
from huiyin.notices.services.letters import replay_dead_letter
from huiyin.notices.services.reading import mark_read
from huiyin.notices.services.receiving import record_receipt

__all__ = [
    "CALL_OUTCOMES",
    "MAX_MESSAGE",
    "OUTBOX",
    "SYSTEM",
    "Choice",
    "add_endpoint",
    "announce",
    "arrange",
    "call_came_to",
    "call_citizen",
    "give_address",
    "mark_read",
    "message_citizen",
    "record_receipt",
    "renew_secret",
    "replay_dead_letter",
]

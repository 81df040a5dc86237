"""The writers of notices: announcing steps, endpoints, dead letters, reading, and the relay."""

from huiyin.notices.services.announcing import OUTBOX, SYSTEM, announce
from huiyin.notices.services.channels import (
    LONGEST_WAIT_MINUTES,
    Choice,
    arrange,
    check_address,
    give_address,
)
from huiyin.notices.services.contacting import (
    CALL_OUTCOMES,
    MAX_MESSAGE,
    call_came_to,
    call_citizen,
    message_citizen,
)
from huiyin.notices.services.digests import write_digests
from huiyin.notices.services.endpoints import add_endpoint, renew_secret
from huiyin.notices.services.letters import replay_dead_letter, replay_dead_letters
from huiyin.notices.services.reading import mark_items_read, mark_read
from huiyin.notices.services.receiving import record_receipt
from huiyin.notices.services.wordings import check_wording, word, word_again

__all__ = [
    "CALL_OUTCOMES",
    "LONGEST_WAIT_MINUTES",
    "MAX_MESSAGE",
    "OUTBOX",
    "SYSTEM",
    "Choice",
    "add_endpoint",
    "announce",
    "arrange",
    "call_came_to",
    "call_citizen",
    "check_address",
    "check_wording",
    "give_address",
    "mark_items_read",
    "mark_read",
    "message_citizen",
    "record_receipt",
    "renew_secret",
    "replay_dead_letter",
    "replay_dead_letters",
    "word",
    "word_again",
    "write_digests",
]

"""Slowing down who tries tokens and codes that are none, wherever they try: pages or API.

Only what was wrong is counted, and only what is wrong is ever held up: a valid token and a right
code open whatever the address is known for. A hall of two hundred people has one address.
"""

from __future__ import annotations

from huiyin.intake import challenge
from huiyin.kernel.addresses import block_of
from huiyin.kernel.throttle import Throttle

wrong_tokens = Throttle(burst=60, per_minute=60, name="wrong_tokens")
wrong_codes = Throttle(burst=30, per_minute=30, name="wrong_codes")


def count(brake: Throttle, address: str) -> None:
    """One wrong guess from ``address``, which raises ``TooMany`` when there were too many."""
    block = block_of(address)
    # Forms for people without a token become harder to flood from where guesses come from.
    challenge.note(challenge.keys_of("", address))
    brake.spend(block)
    brake.check(block)

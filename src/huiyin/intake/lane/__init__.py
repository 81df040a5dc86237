"""The fast lane: how every review gets in.

Whoever takes a review, a page or an address of the API, gives it to ``lane.give`` and waits for the
receipt. One thread takes all that are waiting, stores them in one transaction, and tells each what
became of theirs.
"""

from huiyin.intake.lane.writer import Busy, Lane, Unavailable, lane

__all__ = ["Busy", "Lane", "Unavailable", "lane"]

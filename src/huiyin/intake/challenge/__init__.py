"""Proof of work under attack, for what comes without an invitation; off while all is calm.

Whoever offers a form to people who hold no token::

    keys = challenge.keys_of(place_id, address)
    challenge.note(keys)                                  # each such request counts
    asked = challenge.demanded(keys, bound=str(visit_id))    # into the page, or None
    challenge.check(request.POST, keys, bound=str(visit_id))  # raises ChallengeDemanded

``bound`` is what the request is about and can be used once anyway, such as the id of a visit: a
proof is worth nothing for another. A proof is taken once in each process; with several, the
right that ``bound`` names is what keeps it from being used twice. Never ask holders of an
invitation. Why and how: docs/explain/abuse.md.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from huiyin.intake.challenge import honeypot, metrics, puzzle
from huiyin.intake.challenge.alarms import Alarm
from huiyin.intake.challenge.puzzle import Challenge
from huiyin.kernel import clock
from huiyin.kernel.addresses import block_of
from huiyin.kernel.problems import Problem, TooMany
from huiyin.kernel.throttle import Throttle

__all__ = [
    "ANSWER",
    "FIELD",
    "Challenge",
    "ChallengeDemanded",
    "alarm",
    "check",
    "demanded",
    "honeypot",
    "keys_of",
    "note",
]

# The fields of a form that hold the challenge and what was found.
FIELD, ANSWER = "challenge", "challenge_answer"
_MAX_SPENT = 100_000

alarm = Alarm()
# Waiting costs an attacker nothing, so what was waited for is taken at a walking pace; what was
# worked for is not held up. By place or block.
waited_for = Throttle(burst=30, per_minute=30, name="waited_for")


class ChallengeDemanded(Problem):
    code = "challenge-demanded"
    status = 429
    title = _(
        "A great many ratings are arriving from this place at this moment. Nothing is lost: your "
        "device does a short calculation, then it can be sent."
    )


class _Spent:
    """Challenges that were taken once already, for as long as they could come again."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, challenge: Challenge) -> bool:
        """Whether this is the first time; it is the last, too."""
        now = clock.now()
        with self._lock:
            while self._until and next(iter(self._until.values())) < now:
                self._until.popitem(last=False)
            if challenge.text in self._until:
                return False
            self._until[challenge.text] = now + puzzle.LIFETIME
            if len(self._until) > _MAX_SPENT:
                self._until.popitem(last=False)
            return True


_spent = _Spent()


def keys_of(place: object, address: str) -> tuple[str, ...]:
    """What requests about ``place`` from ``address`` are counted by; either may be empty."""
    keys = (f"place:{place}" if place else "", f"block:{block_of(address)}" if address else "")
    return tuple(key for key in keys if key)


def note(keys: Sequence[str]) -> None:
    """Count one request that is wrong, or for which no token speaks."""
    alarm.note(keys)


def demanded(keys: Sequence[str], *, bound: str, refused: bool = False) -> Challenge | None:
    """What a page for ``bound`` has to do now, or None while all is calm.

    ``refused``: ``check`` has just demanded a proof, which it does in calm times too.
    """
    pressure = alarm.pressure(keys, limit=settings.HUIYIN_CHALLENGE_AFTER)
    if not pressure and not refused:
        return None
    metrics.demanded()
    # Twice the pressure, twice the work.
    bits = min(puzzle.HARDEST, puzzle.EASIEST + int(math.log2(max(1.0, pressure))))
    return puzzle.issue(bound, bits=bits, wait=settings.HUIYIN_CHALLENGE_WAIT)


def check(data: Mapping[str, str], keys: Sequence[str], *, bound: str) -> None:
    """Raise ``ChallengeDemanded`` unless all is calm, or ``data`` holds a proof for ``bound``.

    Whatever else is wrong with the request should be found before: a proof is used up here. A
    field that people do not see was filled in: then a proof is asked for in calm times too.
    """
    trapped = honeypot.filled(data)
    if trapped:
        note(keys)
    if not trapped and not alarm.pressure(keys, limit=settings.HUIYIN_CHALLENGE_AFTER):
        return
    found = puzzle.read(data.get(FIELD, ""), bound)
    if found is None:
        raise ChallengeDemanded
    if puzzle.is_answer(found, data.get(ANSWER, "")):
        way = "worked"
    elif found.ready_at <= clock.now() and _is_at_walking_pace(keys):
        way = "waited"
    else:
        metrics.came_of.labels("failed").inc()
        raise ChallengeDemanded
    if not _spent.take(found):
        metrics.came_of.labels("used_twice").inc()
        raise ChallengeDemanded
    metrics.came_of.labels(way).inc()


def _is_at_walking_pace(keys: Sequence[str]) -> bool:
    try:
        for key in keys:
            waited_for.check(key)
    except TooMany:
        return False
    for key in keys:
        waited_for.spend(key)
    return True

"""How fast a robot may speak: 20 messages a minute, or it is silenced for ten.

Pure: what was sent and when goes in, and comes out as something that can be stored. A clock that
jumped cannot silence a robot for longer than the rule itself does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MOST = 20
MINUTE = timedelta(minutes=1)
SILENCE = timedelta(minutes=10)
# What leaves at the beginning of a minute may arrive some seconds into it: as long as a send lasts.
_ON_THE_WAY = timedelta(seconds=10)
_WINDOW = MINUTE + _ON_THE_WAY


@dataclass(frozen=True)
class Pace:
    """The messages of the last minute, oldest first, and the end of a silence."""

    sent: tuple[datetime, ...] = ()
    silent_until: datetime | None = None

    def wait(self, now: datetime) -> timedelta:
        """How long the next message has to wait; nothing when it may leave at once."""
        pace = self._at(now)
        ends = [now]
        if len(pace.sent) >= MOST:
            ends.append(pace.sent[-MOST] + _WINDOW)
        if pace.silent_until:
            ends.append(pace.silent_until)
        return max(ends) - now

    def sending(self, now: datetime) -> Pace:
        """After one more message left."""
        pace = self._at(now)
        return replace(pace, sent=(*pace.sent, now))

    def silenced(self, now: datetime) -> Pace:
        """After we were told that it was too much."""
        return replace(self._at(now), silent_until=now + SILENCE)

    def _at(self, now: datetime) -> Pace:
        """Without what is over. What lies in the future was written before the clock was set back:
        it counts as of now."""
        sent = tuple(min(moment, now) for moment in self.sent if moment > now - _WINDOW)
        until = self.silent_until
        if until is not None:
            until = min(until, now + SILENCE) if until > now else None
        return Pace(sent[-MOST:], until)

"""What a relay is: two verbs, and what they may say no with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

from huiyin.directory.models import Staff
from huiyin.kernel import ids
from huiyin.matters.kinds import Contact


class RelayFailed(Exception):
    """The relay did not take the call or message. The text is ours and names nobody."""


class NotConnected(RelayFailed):
    """Nothing is connected that could do this."""


class NoOwnNumber(RelayFailed):
    """The member of staff has no telephone that the provider could ring."""


@dataclass(frozen=True)
class Placed:
    """A call or message that was taken over. ``reference`` is how we call it (at most 40
    characters, the same for the same key); ``parts`` is what ``gateway`` calls its pieces."""

    reference: str
    gateway: str = ""
    parts: tuple[str, ...] = ()


class Subject(Protocol):
    """What a call or message is about: a matter, or a rating that is asked for by telephone.
    Its code names nobody, and is all that the relay may tell of it."""

    @property
    def code(self) -> str: ...


class Relay(Protocol):
    """Both verbs return what was placed or raise ``RelayFailed``.

    ``key`` is the same when the same call or message is asked for again; a gateway that knows it
    does not place it twice. ``own_number`` is the telephone of the member of staff, blank when none
    is known; ``staff`` is None when a call centre rings. They do not touch the database and return
    within half a minute.
    """

    # Whether a message really gets to somebody: what is recorded as told depends on it.
    @property
    def reaches_people(self) -> bool: ...

    # Whether a call really rings.
    @property
    def places_calls(self) -> bool: ...

    def place_call(
        self, subject: Subject, staff: Staff | None, *, to: Contact, key: str, own_number: str
    ) -> Placed: ...

    def send_message(self, subject: Subject, text: str, *, to: Contact, key: str) -> Placed: ...


def reference_of(key: str) -> str:
    """How we call what was asked for under ``key``: a short code that says nothing."""
    return ids.code_from(hashlib.sha256(key.encode()).digest(), 9)

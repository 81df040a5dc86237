"""The conversation by keys, as one table: what is heard in which state, and what follows.

Pure. A key that a state does not know, and silence, are asked for again, three times in all; what
follows then, and when the caller hangs up, stands beside the state. Silence is never a rating: only
once a level has been confirmed is there anything to give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db.models import TextChoices

TRIES = 3
MOST_OPTIONS = 5


class State(TextChoices):
    """Where the conversation stands."""

    ASKED = "asked", "asked"
    WHICH = "which", "which"
    LEVEL = "level", "level"
    CONFIRM = "confirm", "confirm"
    REASONS = "reasons", "reasons"
    # Confirmed and complete: the lane is given it.
    GIVING = "giving", "giving"
    # The ends: what is said last.
    STORED = "stored", "stored"
    NOT_TAKEN = "not_taken", "not taken"
    NOTHING = "nothing", "nothing"
    OPTED_OUT = "opted_out", "opted out"
    NO_INVITATION = "no_invitation", "no invitation"


ENDS = frozenset(
    {State.STORED, State.NOT_TAKEN, State.NOTHING, State.OPTED_OUT, State.NO_INVITATION}
)


class Does(StrEnum):
    """What a key changes beside the state."""

    NOTHING = ""
    CHOOSE_SERVICE = "choose_service"
    CHOOSE_LEVEL = "choose_level"
    FORGET_LEVEL = "forget_level"
    ADD_REASON = "add_reason"
    ASK_CALL_BACK = "ask_call_back"
    SWITCH_LANGUAGE = "switch_language"


@dataclass(frozen=True)
class Key:
    """What the keys ``keys`` mean; ``bad`` when it depends on whether the level is a bad one."""

    keys: str
    then: State
    does: Does = Does.NOTHING
    bad: bool | None = None


@dataclass(frozen=True)
class Asks:
    """A state in which a key is waited for."""

    keys: tuple[Key, ...]
    # After the last try without a key that means something.
    given_up: State
    hung_up: State
    # Seconds to wait for a key once the prompt has been played.
    seconds: int = 8


TABLE: dict[State, Asks] = {
    State.WHICH: Asks(
        (
            Key("12345", State.LEVEL, Does.CHOOSE_SERVICE),
            Key("*", State.WHICH, Does.SWITCH_LANGUAGE),
        ),
        given_up=State.NOTHING,
        hung_up=State.NOTHING,
    ),
    State.LEVEL: Asks(
        (
            Key("54321", State.CONFIRM, Does.CHOOSE_LEVEL),
            Key("0", State.OPTED_OUT),
            Key("*", State.LEVEL, Does.SWITCH_LANGUAGE),
        ),
        given_up=State.NOTHING,
        hung_up=State.NOTHING,
    ),
    State.CONFIRM: Asks(
        (
            Key("1", State.GIVING, bad=False),
            Key("1", State.REASONS, bad=True),
            Key("2", State.LEVEL, Does.FORGET_LEVEL),
            Key("*", State.CONFIRM, Does.SWITCH_LANGUAGE),
        ),
        given_up=State.NOTHING,
        hung_up=State.NOTHING,
    ),
    State.REASONS: Asks(
        (
            Key("12345678", State.REASONS, Does.ADD_REASON),
            Key("9", State.GIVING, Does.ASK_CALL_BACK),
            Key("0", State.GIVING),
            Key("*", State.REASONS, Does.SWITCH_LANGUAGE),
        ),
        given_up=State.GIVING,
        hung_up=State.GIVING,
        seconds=15,
    ),
}
_LANGUAGES = {"zh-hans": "en", "en": "zh-hans"}
_BAD_LEVELS = (1, 2)


@dataclass(frozen=True)
class Talk:
    """How far a conversation has come. ``options`` are the services a caller may choose from,
    ``menu`` the reasons in the order of their keys."""

    state: State
    language: str = "zh-hans"
    options: tuple[str, ...] = ()
    service: str = ""
    level: int | None = None
    reasons: tuple[str, ...] = ()
    call_back: bool = False
    missed: int = 0


def keys_of(talk: Talk, menu: Sequence[str] = ()) -> str:
    """The keys that mean something now, in the order in which they are read out."""
    if talk.state not in TABLE:
        return ""
    found = "".join(key.keys for key in TABLE[talk.state].keys if _holds(key, talk))
    beyond = {
        State.WHICH: "12345"[len(talk.options) :],
        State.REASONS: "12345678"[len(menu) :],
    }.get(talk.state, "")
    return "".join(key for key in found if key not in beyond)


def pressed(talk: Talk, key: str, menu: Sequence[str] = ()) -> Talk:
    """After ``key``; ``menu`` are the codes of the reasons that keys 1 to 8 stand for."""
    if talk.state not in TABLE:
        return talk
    if key not in keys_of(talk, menu):
        return silent(talk)
    row = next(row for row in TABLE[talk.state].keys if key in row.keys and _holds(row, talk))
    after = replace(talk, state=row.then, missed=0)
    match row.does:
        case Does.CHOOSE_SERVICE:
            return replace(after, service=talk.options[int(key) - 1])
        case Does.CHOOSE_LEVEL:
            return replace(after, level=int(key))
        case Does.FORGET_LEVEL:
            return replace(after, level=None)
        case Does.ADD_REASON:
            reason = menu[int(key) - 1]
            known = talk.reasons if reason in talk.reasons else (*talk.reasons, reason)
            return replace(after, reasons=known)
        case Does.ASK_CALL_BACK:
            return replace(after, call_back=True)
        case Does.SWITCH_LANGUAGE:
            return replace(after, language=_LANGUAGES.get(talk.language, "zh-hans"))
        case Does.NOTHING:
            return after


def silent(talk: Talk) -> Talk:
    """After nothing was pressed in time, or nothing that means anything."""
    if talk.state not in TABLE:
        return talk
    missed = talk.missed + 1
    if missed < TRIES:
        return replace(talk, missed=missed)
    return replace(talk, state=TABLE[talk.state].given_up, missed=0)


def hung_up(talk: Talk) -> Talk:
    """After the caller hung up."""
    if talk.state == State.ASKED:
        return replace(talk, state=State.NOTHING)
    return replace(talk, state=TABLE[talk.state].hung_up) if talk.state in TABLE else talk


def _holds(key: Key, talk: Talk) -> bool:
    return key.bad is None or key.bad == (talk.level in _BAD_LEVELS)

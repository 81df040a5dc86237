"""What is played to a caller, in Chinese or English, and which keys are waited for.

A function of the call as it stands: who asks again hears the same. Nothing of it names a person or
a service; in a call that we placed the organisation and the day are said, in one that came in,
where the number may be a made-up one, the day alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import dateformat, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from huiyin.intake.channels.hotline.dialogue import ENDS, TABLE, TRIES, State, Talk, keys_of
from huiyin.kernel import clock
from huiyin.reviews.models import Level


@dataclass(frozen=True)
class About:
    """What may be said of the services: organisation and day of the one, days of those to choose
    from, and the reasons that the keys 1 to 8 stand for."""

    organisation: str = ""
    day: datetime | None = None
    days: Sequence[datetime] = ()
    reasons: Sequence[str] = ()
    greet: bool = False


@dataclass(frozen=True)
class Prompt:
    """One thing to play: an id under which a platform may keep a recording, and the words."""

    prompt: str
    text: str


@dataclass(frozen=True)
class Instruction:
    """What the platform does next."""

    play: Sequence[Prompt]
    then: Mapping[str, Any] = field(default_factory=dict)
    # How the call ended, once it has.
    result: str = ""


def instruction(talk: Talk, about: About) -> Instruction:
    """What follows now, in the caller's language."""
    with translation.override(talk.language):
        play = [Prompt(name, text) for name, text in _words(talk, about)]
    if talk.state in ENDS:
        return Instruction(play, {"do": "hang_up"}, str(talk.state))
    if talk.state not in TABLE:
        return Instruction([], {"do": "wait"})
    return Instruction(
        play,
        {
            "do": "collect",
            "keys": keys_of(talk, about.reasons),
            "digits": 1,
            "timeout_seconds": TABLE[talk.state].seconds,
            "barge_in": True,
            "try": talk.missed + 1,
            "tries": TRIES,
        },
    )


def _words(talk: Talk, about: About) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    if about.greet:
        said.append(("greeting", _greeting(about)))
    if talk.missed:
        said.append(("again", _("That was not understood.")))
    match talk.state:
        case State.WHICH:
            said.append(("which", _which(about.days)))
        case State.LEVEL:
            said.append(("level", _level()))
        case State.CONFIRM:
            said.append((f"confirm-{talk.level}", _confirm(talk.level)))
        case State.REASONS:
            said.append(("reasons", _reasons(talk, about.reasons)))
        case State.STORED:
            name = "stored-call-back" if talk.call_back else "stored"
            said.append((name, _stored(talk.call_back)))
        case State.NOT_TAKEN:
            said.append(
                (
                    "not-taken",
                    _("This service can no longer be rated, or has been rated before. Goodbye."),
                )
            )
        case State.NOTHING:
            said.append(("nothing", _("No rating was recorded. Thank you, and goodbye.")))
        case State.OPTED_OUT:
            said.append(("opted-out", _("We will not call you about ratings any more. Goodbye.")))
        case State.NO_INVITATION:
            said.append(
                (
                    "no-invitation",
                    _(
                        "There is no service to be rated from this telephone number. You can also "
                        "rate by the link that you were sent. Goodbye."
                    ),
                )
            )
    return said


def _greeting(about: About) -> str:
    hello = _("Hello, this is the service evaluation line. We ask you to rate a public service.")
    if about.organisation and about.day:
        return hello + _(" It is the service that %(organisation)s gave on %(day)s.") % {
            "organisation": about.organisation,
            "day": _spoken_day(about.day),
        }
    if about.day:
        return hello + _(" It is the service that you were given on %(day)s.") % {
            "day": _spoken_day(about.day)
        }
    return hello


def _which(days: Sequence[datetime]) -> str:
    choices = _together(
        *(
            _("For the service of %(day)s at %(time)s press %(key)d.")
            % {"day": _spoken_day(day), "time": f"{clock.local(day):%H:%M}", "key": key}
            for key, day in enumerate(days, start=1)
        )
    )
    return _together(choices, _english())


def _level() -> str:
    scale = _together(
        *(
            _("Press %(key)d for %(level)s.") % {"key": level.value, "level": _spoken(level)}
            for level in sorted(Level, reverse=True)
        )
    )
    out = _("Press 0 if you do not want to be called about ratings.")
    return _together(scale, out, _english())


def _english() -> str:
    return _("For Chinese press the star key.")


def _spoken(level: int | None) -> str:
    """Within a sentence."""
    return {
        5: pgettext("spoken", "very satisfied"),
        4: pgettext("spoken", "satisfied"),
        3: pgettext("spoken", "fairly satisfied"),
        2: pgettext("spoken", "dissatisfied"),
        1: pgettext("spoken", "very dissatisfied"),
    }[level or 0]


def _confirm(level: int | None) -> str:
    return _("You chose %(key)d, %(level)s. Press 1 to confirm, or 2 to choose again.") % {
        "key": level,
        "level": _spoken(level),
    }


def _reasons(talk: Talk, reasons: Sequence[str]) -> str:
    first = _("Your rating is confirmed. What went wrong? You may press several keys.")
    if talk.reasons:
        first = _("Noted. You may press another key.")
    menu = _together(
        *(
            _("Press %(key)d: %(reason)s.") % {"key": key, "reason": reason}
            for key, reason in enumerate(reasons, start=1)
        )
    )
    end = _("Press 9 to be called back by a person, or 0 to finish.")
    return _together(first, menu, end)


def _stored(call_back: bool) -> str:
    thanks = _("Your rating is recorded. It is counted, and it cannot be changed.")
    if call_back:
        return thanks + _(" A person will call you back. Thank you, and goodbye.")
    return thanks + _(" Thank you, and goodbye.")


def _together(*sentences: str) -> str:
    """One after the other, with a space between them where the language has spaces."""
    return ("" if translation.get_language() == "zh-hans" else " ").join(sentences)


def _spoken_day(moment: datetime) -> str:
    return dateformat.format(clock.local(moment), pgettext("spoken date", "j F"))

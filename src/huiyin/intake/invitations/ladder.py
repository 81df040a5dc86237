"""The ladder of a place as one document: when whom to ask for a rating, by what, and when not.

A member that is not known, or a contradiction, is refused with the reason. What a document leaves
out is as below.
"""

from __future__ import annotations

from datetime import time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from huiyin.intake.invitations.models import Ladder

MOST_RUNGS = 3
SMS, HOTLINE = "sms", "hotline"
# How a place asks: once a case, when it is finished, or after every service of it.
FINISHED, EACH = "finished", "each"

HourOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the document."""


class RungRule(_Part, frozen=True):
    """Ask by ``channel`` so long after the service was completed, if nobody has rated it yet."""

    channel: Literal["sms", "hotline"]
    after: Annotated[int, msgspec.Meta(ge=1, le=400)]
    unit: Literal["hour", "day"] = "hour"

    @property
    def wait(self) -> timedelta:
        return timedelta(hours=self.after) if self.unit == "hour" else timedelta(days=self.after)


class QuietRule(_Part, frozen=True):
    """When nobody is asked, local time; it may span midnight. What would fall into it waits."""

    quiet_from: HourOfDay = "20:00"
    quiet_to: HourOfDay = "09:00"
    working_days_only: bool = False

    def __post_init__(self) -> None:
        if self.quiet_from == self.quiet_to:
            raise ValueError(_("the quiet hours begin when they end"))

    @property
    def quiet(self) -> tuple[time, time]:
        return time.fromisoformat(self.quiet_from), time.fromisoformat(self.quiet_to)


class Rules(_Part, frozen=True):
    """No rung at all: nobody is asked."""

    rungs: Annotated[tuple[RungRule, ...], msgspec.Meta(max_length=MOST_RUNGS)] = ()
    services: Literal["finished", "each"] = "finished"
    quiet: QuietRule = QuietRule()

    def __post_init__(self) -> None:
        for before, after in zip(self.rungs, self.rungs[1:], strict=False):
            if after.wait <= before.wait:
                raise ValueError(_("each rung comes later than the one before it"))
            if after.channel == before.channel:
                raise ValueError(_("the next rung asks on another channel"))


# Prepared while there is one thread, as ``matters.policy`` does.
msgspec.json.Decoder(Rules)


def read(document: Any) -> Rules:
    """The rules in ``document`` (JSON-like). Raises ``msgspec.ValidationError``."""
    return msgspec.convert(document, Rules)


@lru_cache(maxsize=256)
def rules_of(version: Ladder) -> Rules:
    """What ``version`` says. It is never edited, so it is read once (rows are equal when their keys
    are)."""
    return read(version.document)

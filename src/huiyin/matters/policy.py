"""The rules of a place as one document: every clock, limit and window of the closed loop.

Places differ (Shanghai 1/5/15 working days, elsewhere 5, or 7 natural days), so nothing of this is
a constant. A document with an unknown member, a missing clock or a contradiction is refused with
the reason. Members that a document leaves out have the national default.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.matters.table import Event

Amount = Annotated[int, msgspec.Meta(ge=1, le=400)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
UnitName = Literal["natural_day", "working_day", "month"]
# What may hold a clock while it lasts.
Pause = Literal["appeal"]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the document; a member it does not know is an error, not a remark."""


class PeriodRule(Part, frozen=True):
    amount: Amount
    unit: UnitName


class ClockRule(Part, frozen=True):
    """``amount`` of ``unit``; reminders come when the shares ``warn_at`` of the time are used up.

    ``pauses`` names what holds the clock while it lasts; by default nothing does.
    """

    amount: Amount
    unit: UnitName
    warn_at: Share | tuple[Share, ...] = 0.75
    pauses: tuple[Pause, ...] = ()
    # The shorter period of a simple matter; null when the place knows no such thing.
    simple: PeriodRule | None = None

    def __post_init__(self) -> None:
        shares = self.warnings
        if list(shares) != sorted(set(shares)):
            raise ValueError(_("the shares of “warn_at” have to grow"))

    @property
    def warnings(self) -> tuple[float, ...]:
        """The shares of the time at which reminders come, ascending."""
        return self.warn_at if isinstance(self.warn_at, tuple) else (self.warn_at,)


class ClockRules(Part, frozen=True):
    callback: ClockRule
    rectification: ClockRule
    follow_up: ClockRule
    ruling: ClockRule = ClockRule(5, "working_day")
    supervision: ClockRule = ClockRule(3, "working_day")


class UnreachableRule(Part, frozen=True):
    """So many attempts, so many hours apart, before a citizen may be called unreachable."""

    attempts: Annotated[int, msgspec.Meta(ge=1, le=10)] = 3
    hours_apart: Annotated[int, msgspec.Meta(ge=0, le=72)] = 2


class ExtensionRule(Part, frozen=True):
    """How often a rectification may be extended, and by how many units of its clock at most."""

    times: Annotated[int, msgspec.Meta(ge=0, le=5)] = 1
    longest: Amount = 15


class ApprovalRule(Part, frozen=True):
    """Who approves the unit's first reply; always another person than its author. A second reply,
    after a reopening, is the arbiter's."""

    reply: Literal["approver", "supervisor"] = "approver"


class AppealRule(Part, frozen=True):
    """How soon a unit has to appeal, and how long the other side has to be heard."""

    window: PeriodRule = PeriodRule(3, "working_day")
    hearing: PeriodRule = PeriodRule(2, "working_day")


class ReassignmentRule(Part, frozen=True):
    """A unit may hand a matter on ``free`` times by itself; from then on the level above decides,
    and after ``limit`` moves nobody returns it any more."""

    free: Annotated[int, msgspec.Meta(ge=0, le=3)] = 1
    limit: Annotated[int, msgspec.Meta(ge=1, le=5)] = 2

    def __post_init__(self) -> None:
        if self.free > self.limit:
            raise ValueError(_("more free moves than moves in all"))


class ConsequenceRule(Part, frozen=True):
    """How long a member of staff has to object to a consequence."""

    objection: PeriodRule = PeriodRule(5, "working_day")


class EscalationRule(Part, frozen=True):
    """How high the ladder goes: one level for each further full period, up to ``highest``."""

    highest: Literal["county", "prefecture", "province"] = "province"


HourOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class NoticeRule(Part, frozen=True):
    """When staff are left in peace (local time), what is urgent enough all the same (steps of the
    transition table), and when the daily digest comes."""

    quiet_from: HourOfDay = "21:00"
    quiet_to: HourOfDay = "08:00"
    working_days_only: bool = True
    urgent: tuple[Event, ...] = (Event.OPEN,)
    digest_at: HourOfDay = "08:30"

    def __post_init__(self) -> None:
        if self.quiet_from == self.quiet_to:
            raise ValueError(_("the quiet hours begin when they end"))

    @property
    def quiet(self) -> tuple[time, time]:
        """From when until when nobody is disturbed; may span midnight."""
        return time.fromisoformat(self.quiet_from), time.fromisoformat(self.quiet_to)


class Rules(Part, frozen=True):
    clocks: ClockRules
    unreachable: UnreachableRule = UnreachableRule()
    extension: ExtensionRule = ExtensionRule()
    approvals: ApprovalRule = ApprovalRule()
    appeals: AppealRule = AppealRule()
    reassignment: ReassignmentRule = ReassignmentRule()
    consequences: ConsequenceRule = ConsequenceRule()
    escalation: EscalationRule = EscalationRule()
    notices: NoticeRule = NoticeRule()

    def __post_init__(self) -> None:
        clocks = self.clocks
        rectification, simple = clocks.rectification, clocks.rectification.simple
        for sooner, one, later, other in (
            (_CALLBACK, clocks.callback, _RECTIFICATION, rectification),
            (_HEARING, self.appeals.hearing, _RULING, clocks.ruling),
            (_APPEAL, self.appeals.window, _RECTIFICATION, rectification),
            (_SIMPLE, simple, _RECTIFICATION, rectification),
            (_CALLBACK, clocks.callback, _SIMPLE, simple),
        ):
            if one and other and _is_later(one, other):
                raise ValueError(
                    _("“%(sooner)s” cannot be due after “%(later)s”")
                    % {"sooner": sooner, "later": later}
                )


_CALLBACK = gettext_lazy("call back")
_RECTIFICATION = gettext_lazy("rectify and reply")
_SIMPLE = gettext_lazy("rectify and reply when simple")
_APPEAL = gettext_lazy("appeal")
_HEARING = gettext_lazy("hearing of the other side")
_RULING = gettext_lazy("ruling")
# The least and the greatest number of natural days a unit can last, holidays included.
_LEAST = {"natural_day": 1, "working_day": 1, "month": 28}
_GREATEST = {"natural_day": 1, "working_day": 12, "month": 31}


def _is_later(one: PeriodRule | ClockRule, other: PeriodRule | ClockRule) -> bool:
    """Whether ``one`` is always (in one unit: ever) due after ``other``."""
    if one.unit == other.unit:
        return one.amount > other.amount
    return one.amount * _LEAST[one.unit] > other.amount * _GREATEST[other.unit]


# Has msgspec prepared the types while there is one thread: two that are the first to read a policy
# at the same moment crash the process, since the second meets a type that is half prepared.
msgspec.json.Decoder(Rules)


def read(document: Any) -> Rules:
    """The rules in ``document`` (JSON-like). Raises ``msgspec.ValidationError``."""
    return msgspec.convert(document, Rules)

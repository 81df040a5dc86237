"""The rules of a place as one document: clocks and what counts as “unreachable”.

Places differ (Shanghai 1/5/15 working days, elsewhere 5, or 7 natural days), so nothing of this is
a constant. A document with an unknown member, a missing one or a contradiction is refused.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

Amount = Annotated[int, msgspec.Meta(ge=1, le=400)]


class ClockRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``amount`` of ``unit``; the warning comes when ``warn_at`` of the time is used up."""

    amount: Amount
    unit: Literal["natural_day", "working_day", "month"]
    warn_at: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.75


class ClockRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    callback: ClockRule
    rectification: ClockRule
    follow_up: ClockRule


class UnreachableRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many attempts, so many hours apart, before a citizen may be called unreachable."""

    attempts: Annotated[int, msgspec.Meta(ge=1, le=10)] = 3
    hours_apart: Annotated[int, msgspec.Meta(ge=0, le=72)] = 2


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    clocks: ClockRules
    unreachable: UnreachableRule = UnreachableRule()

    def __post_init__(self) -> None:
        callback, rectification = self.clocks.callback, self.clocks.rectification
        if callback.unit == rectification.unit and callback.amount > rectification.amount:
            raise ValueError("the callback cannot be due after the rectification")


def read(document: Any) -> Rules:
    """The rules in ``document`` (JSON-like). Raises ``msgspec.ValidationError``."""
    return msgspec.convert(document, Rules)


DEFAULT_BASIS = (
    "《国务院办公厅关于建立政务服务“好差评”制度提高政务服务水平的意见》（国办发〔2019〕51号）"
)
# The national default: call back within 1 working day, rectify and reply within 15.
DEFAULT = {
    "clocks": {
        "callback": {"amount": 1, "unit": "working_day", "warn_at": 0.75},
        "rectification": {"amount": 15, "unit": "working_day", "warn_at": 0.75},
        "follow_up": {"amount": 30, "unit": "natural_day", "warn_at": 0.75},
    },
    "unreachable": {"attempts": 3, "hours_apart": 2},
}

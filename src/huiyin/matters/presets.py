"""Policies as some places have them, to start from: each is a document ``policy.read`` accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NATIONAL_BASIS = (
    "《国务院办公厅关于建立政务服务“好差评”制度提高政务服务水平的意见》（国办发〔2019〕51号）"
)


@dataclass(frozen=True)
class Preset:
    code: str
    name: str | Promise
    legal_basis: str
    document: dict[str, Any]


def _document(
    callback: int, rectification: int, unit: str, *, simple: int | None = None
) -> dict[str, Any]:
    """Clocks in one unit; everything else is the national default, written out to be edited."""
    rectify: dict[str, Any] = {"amount": rectification, "unit": unit, "warn_at": [0.75]}
    if simple:
        rectify["simple"] = {"amount": simple, "unit": unit}
    return {
        "clocks": {
            "callback": {"amount": callback, "unit": unit, "warn_at": [0.75]},
            "rectification": rectify,
            "follow_up": {"amount": 30, "unit": "natural_day", "warn_at": [0.75]},
            "ruling": {"amount": 5, "unit": "working_day", "warn_at": [0.75]},
            "supervision": {"amount": 3, "unit": "working_day", "warn_at": [0.75]},
        },
        "unreachable": {"attempts": 3, "hours_apart": 2},
        "extension": {"times": 1, "longest": rectification},
        "approvals": {"reply": "approver"},
        "appeals": {
            "window": {"amount": 3, "unit": "working_day"},
            "hearing": {"amount": 2, "unit": "working_day"},
        },
        "reassignment": {"free": 1, "limit": 2},
        "consequences": {"objection": {"amount": 5, "unit": "working_day"}},
        "escalation": {"highest": "province"},
        "notices": {
            "quiet_from": "21:00",
            "quiet_to": "08:00",
            "working_days_only": True,
            "urgent": ["open"],
            "digest_at": "08:30",
        },
    }


PRESETS: tuple[Preset, ...] = (
    Preset(
        "national",
        _("National default: 1 and 15 working days"),
        NATIONAL_BASIS,
        _document(1, 15, "working_day"),
    ),
    Preset(
        "zhejiang-working",
        _("Zhejiang, read in working days: 1 and 15"),
        NATIONAL_BASIS,
        _document(1, 15, "working_day"),
    ),
    Preset(
        "zhejiang-natural",
        _("Zhejiang, read in natural days: 1 and 15"),
        NATIONAL_BASIS,
        _document(1, 15, "natural_day"),
    ),
    Preset(
        "shanghai",
        _("Shanghai: 1 working day, 5 when simple, else 15"),
        NATIONAL_BASIS,
        _document(1, 15, "working_day", simple=5),
    ),
    Preset(
        "five-working-days",
        _("1 and 5 working days"),
        NATIONAL_BASIS,
        _document(1, 5, "working_day"),
    ),
    Preset(
        "seven-natural-days",
        _("1 and 7 natural days"),
        NATIONAL_BASIS,
        _document(1, 7, "natural_day"),
    ),
)
DEFAULT = PRESETS[0]


def get(code: str) -> Preset:
    """The preset called ``code``. Raises ``KeyError``."""
    return next(preset for preset in PRESETS if preset.code == code)

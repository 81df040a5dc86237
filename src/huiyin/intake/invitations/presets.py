"""Ladders as some places have them, to start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Preset:
    code: str
    name: str | Promise
    document: dict[str, Any]


_QUIET = {"quiet_from": "20:00", "quiet_to": "09:00", "working_days_only": False}


def _document(*rungs: dict[str, Any]) -> dict[str, Any]:
    return {"rungs": list(rungs), "services": "finished", "quiet": dict(_QUIET)}


PRESETS: tuple[Preset, ...] = (
    Preset(
        "three-days",
        _("A text message three days after the service"),
        _document({"channel": "sms", "after": 3, "unit": "day"}),
    ),
    Preset(
        "message-then-call",
        _("A text message after 24 hours, a call after three days"),
        _document(
            {"channel": "sms", "after": 24, "unit": "hour"},
            {"channel": "hotline", "after": 3, "unit": "day"},
        ),
    ),
    Preset("none", _("Nobody is asked"), _document()),
)
DEFAULT = PRESETS[0]


def get(code: str) -> Preset:
    """The preset called ``code``. Raises ``KeyError``."""
    return next(preset for preset in PRESETS if preset.code == code)

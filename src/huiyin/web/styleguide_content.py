"""Invented content for the styleguide, with deadlines around the current time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import segno
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.intake.challenge import puzzle
from huiyin.kernel import clock


@dataclass(frozen=True)
class SampleClock:
    due_at: datetime
    warn_at: datetime
    stopped_at: datetime | None = None
    breached: bool = False
    provisional: bool = False


class SampleForm(forms.Form):
    use_required_attribute = False
    unit = forms.CharField(
        label=gettext_lazy("Unit in charge"),
        help_text=gettext_lazy("The full name, as on its seal."),
        max_length=60,
    )
    heading = forms.ChoiceField(
        label=gettext_lazy("Kind of measure"),
        choices=[
            ("training", gettext_lazy("Training")),
            ("climate", gettext_lazy("Working climate")),
            ("process", gettext_lazy("Process and systems")),
        ],
        widget=forms.RadioSelect,
    )
    cause = forms.CharField(
        label=gettext_lazy("Root cause"),
        help_text=gettext_lazy("What would have prevented it?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    due = forms.DateField(
        label=gettext_lazy("To be done by"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    photo = forms.FileField(
        label=gettext_lazy("Evidence"),
        help_text=gettext_lazy("Up to 8 MB; where it was taken is removed."),
        required=False,
    )
    hide_name = forms.BooleanField(
        label=gettext_lazy("Hide my name from the public"), required=False
    )


def content(data: QueryDict | None = None) -> dict[str, Any]:
    """The context of web/styleguide.html; ``data`` is what was typed into the sample form."""
    now = clock.now()
    clocks = _clocks(now)
    midnight = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "form": SampleForm(data),
        "challenge": puzzle.issue("styleguide", bits=puzzle.EASIEST, wait=20),
        "clocks": [*clocks.values(), SampleClock(midnight + timedelta(days=9), now + _days(6))],
        "steps": [
            {"title": _("Delivered"), "state": "done"},
            {"title": _("Called back"), "state": "done"},
            {"title": _("Put right"), "state": "now"},
            {"title": _("Replied"), "state": "next"},
            {"title": _("Confirmed"), "state": "next"},
        ],
        "timeline": [
            {
                "title": _("You rated the service"),
                "state": "done",
                "at": now - _days(3),
                "text": _("I waited for two hours,\nand then the counter had closed."),
            },
            {
                "title": _("Your review reached the unit in charge"),
                "state": "done",
                "at": now - _days(3) + timedelta(seconds=2),
                "actor": _("Sunshine District Real Estate Registration Centre"),
            },
            {
                "title": _("The unit called you back"),
                "state": "late",
                "at": now - _days(1),
                "clock": clocks["finished late"],
            },
            {"title": _("The unit is putting it right"), "state": "now", "clock": clocks["ok"]},
            {"title": _("You say whether it has been solved"), "state": "next"},
        ],
        "tags_by_level": _tags(),
        "chosen_tags": ["2e"],
        "receipt": {
            "code": "K3F92MZQ7TWHC",
            "accepted_at": now,
            "tags": [_("Long waiting time"), _("Counter closed early")],
            "text": _("I waited for two hours,\nand then the counter had closed."),
            "status_url": "https://hcp.example.gov.cn/s/K3F92MZQ7TWHC",
            "qr_src": segno.make("https://hcp.example.gov.cn/s/K3F92MZQ7TWHC").svg_data_uri(),
        },
        "durations": [timedelta(milliseconds=350), timedelta(seconds=42.1), _days(3.2)],
        "shares": [None, 0, 0.0001, 0.984, 0.9997, 1],
        "moment": now,
        "units": [
            (_("Sunshine District Real Estate Registration Centre"), 12041, 11871, 12041),
            (_("Riverside District Social Insurance Office"), 8120, 8119, 8120),
            (_("Lakeside District Market Supervision Bureau"), 0, 0, 0),
        ],
    }


def _days(number: float) -> timedelta:
    return timedelta(days=number)


def _clocks(now: datetime) -> dict[str, SampleClock]:
    return {
        "ok": SampleClock(now + _days(9.2), now + _days(6)),
        "provisional": SampleClock(now + _days(40), now + _days(30), provisional=True),
        "soon": SampleClock(now + _days(0.3), now - _days(1)),
        "late": SampleClock(now - _days(1.4), now - _days(4), breached=True),
        "finished": SampleClock(now + _days(2), now + _days(1), stopped_at=now - _days(1)),
        "finished late": SampleClock(
            now - _days(2), now - _days(3), stopped_at=now - _days(1), breached=True
        ),
    }


def _tags() -> dict[int, list[tuple[str, str]]]:
    praise = [
        ("a", _("Quick")),
        ("b", _("Friendly and patient")),
        ("c", _("One visit was enough")),
        ("d", _("Clear about what was needed")),
    ]
    blame = [
        ("e", _("Long waiting time")),
        ("f", _("Counter closed early")),
        ("g", _("Asked for papers not on the list")),
        ("h", _("Unfriendly")),
        ("i", _("Sent from counter to counter")),
    ]
    lists = {5: praise, 4: praise, 3: praise[:2] + blame[:1], 2: blame, 1: blame}
    # As with the real lists, no code stands under two levels.
    return {level: [(f"{level}{c}", word) for c, word in words] for level, words in lists.items()}

"""A policy as a form: every member of the document is a field, so that nobody has to write JSON.

A field's name is its place in the document: ``clocks__callback__amount``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huiyin.matters import kinds, policy, presets
from huiyin.matters.models import Policy
from huiyin.matters.table import Alarm, ClockKind, Event

_UNITS = [
    ("working_day", _("working days")),
    ("natural_day", _("natural days")),
    ("month", _("months")),
]
_PAUSES = [("appeal", _("a ruling is awaited"))]
_REPLY = [("approver", _("approver")), ("supervisor", _("supervisor"))]
_HIGHEST = [("county", _("county")), ("prefecture", _("prefecture")), ("province", _("province"))]
_AT_MOST = _("at most")
# What may be so urgent that it is told at night.
_URGENT = [
    (event.value, event.label)
    for event in (
        Event.OPEN,
        Event.OBJECT,
        Event.REPORT_FAKE,
        Event.ORDER,
        Alarm.WARN,
        Alarm.BREACH,
        Alarm.ESCALATE,
        Event.CITIZEN_WRITES,
    )
]


class Percentages(forms.CharField):
    """Shares of the time as people type them: ``75`` or ``50, 75``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(help_text=_("Percent of the time used up, such as 50, 75."), **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return ", ".join(f"{share * 100:g}" for share in value)
        return value

    def clean(self, value: Any) -> list[float]:
        typed = re.split(r"[\s,，、;；%]+", super().clean(value).strip(" ,，、;；%"))
        try:
            return [round(float(number) / 100, 4) for number in typed]
        except ValueError as error:
            raise forms.ValidationError(_("Give percentages, such as 50, 75.")) from error


def _amount(label: Any = _AT_MOST, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=400, **options)


def _count(label: Any, least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most)


def _unit(**options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=_("counted in"), choices=_UNITS, **options)


def _hour(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(format="%H:%M"))


def _several(label: Any, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )


def _clock(kind: ClockKind) -> dict[str, forms.Field]:
    name = f"clocks__{kind.value}"
    return {
        f"{name}__amount": _amount(),
        f"{name}__unit": _unit(),
        f"{name}__warn_at": Percentages(label=_("reminders at")),
        f"{name}__pauses": _several(_("stands still while"), _PAUSES),
    }


def _period(name: str) -> dict[str, forms.Field]:
    return {f"{name}__amount": _amount(), f"{name}__unit": _unit()}


# Sections of the form: a heading and its fields.
SECTIONS: tuple[tuple[str | Promise, dict[str, forms.Field]], ...] = (
    (_("Call back"), _clock(ClockKind.CALLBACK)),
    (
        _("Rectify and reply"),
        {
            **_clock(ClockKind.RECTIFICATION),
            "clocks__rectification__simple__amount": _amount(
                _("when simple, at most"), required=False
            ),
            "clocks__rectification__simple__unit": _unit(required=False),
            "approvals__reply": forms.ChoiceField(
                label=_("who approves the reply"), choices=_REPLY
            ),
        },
    ),
    (_("Follow-up review"), _clock(ClockKind.FOLLOW_UP)),
    (
        _("Citizen cannot be reached"),
        {
            "unreachable__attempts": _count(_("attempts before that may be said"), 1, 10),
            "unreachable__hours_apart": _count(_("hours between them"), 0, 72),
        },
    ),
    (
        _("Extension"),
        {
            "extension__times": _count(_("how often"), 0, 5),
            "extension__longest": _amount(_("at most, in the unit of the clock")),
        },
    ),
    (_("Time for an appeal by the unit"), _period("appeals__window")),
    (_("Time for the other side to be heard"), _period("appeals__hearing")),
    (_("Ruling"), _clock(ClockKind.RULING)),
    (_("Supervision order"), _clock(ClockKind.SUPERVISION)),
    (
        _("Wrong unit"),
        {
            "reassignment__free": _count(_("moves without asking the level above"), 0, 3),
            "reassignment__limit": _count(_("moves in all"), 1, 5),
        },
    ),
    (_("Time to object to a consequence for staff"), _period("consequences__objection")),
    (
        _("Escalation"),
        {"escalation__highest": forms.ChoiceField(label=_("up to"), choices=_HIGHEST)},
    ),
    (
        _("Notices to staff"),
        {
            "notices__quiet_from": _hour(_("quiet from")),
            "notices__quiet_to": _hour(_("quiet until")),
            "notices__working_days_only": forms.BooleanField(
                label=_("quiet on days off as well"), required=False
            ),
            "notices__urgent": _several(_("told at once all the same"), _URGENT),
            "notices__digest_at": _hour(_("daily digest at")),
        },
    ),
)


def rows_of(fields: Mapping[str, forms.Field]) -> list[str | tuple[str, str]]:
    """The names of a section's fields, an amount and its unit side by side."""
    names = list(fields)
    rows: list[str | tuple[str, str]] = []
    for name, following in zip(names, [*names[1:], ""], strict=True):
        if name.endswith("__amount") and following.endswith("__unit"):
            rows.append((name, following))
        elif not name.endswith("__unit"):
            rows.append(name)
    return rows


_RULES = type(
    "_RULES",
    (forms.Form,),
    {name: field for _heading, fields in SECTIONS for name, field in fields.items()},
)


class PolicyForm(_RULES, forms.ModelForm):  # type: ignore[misc,valid-type,type-arg]
    """The next version of the rules of one jurisdiction for one kind of matter."""

    kind = forms.ChoiceField(label=_("kind of matter"))

    class Meta:
        model = Policy
        fields = ["jurisdiction", "kind", "valid_from", "valid_to", "legal_basis"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (code, kinds.get(code).name) for code in kinds.codes()
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("valid_from"), cleaned.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The rules cannot end before they begin."))
        if not self.errors:
            self.instance.document = document_of(cleaned)
            try:
                policy.read(self.instance.document)
            except msgspec.ValidationError as error:
                self.add_error(
                    None,
                    forms.ValidationError(
                        _("These rules cannot be used: %(reason)s"), params={"reason": error}
                    ),
                )
        return cleaned


def document_of(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """The policy document that the fields of the form describe."""
    document: dict[str, Any] = {}
    for name in _RULES.base_fields:  # type: ignore[attr-defined]
        *path, last = name.split("__")
        part = document
        for step in path:
            part = part.setdefault(step, {})
        value = cleaned[name]
        part[last] = f"{value:%H:%M}" if hasattr(value, "strftime") else value
    rectification = document["clocks"]["rectification"]
    if not rectification["simple"]["amount"]:
        rectification["simple"] = None
    return document


def initial_of(rules: policy.Rules) -> dict[str, Any]:
    """What the fields of the form show for ``rules``."""
    document = msgspec.to_builtins(rules)
    for kind in ClockKind:
        clock: policy.ClockRule = getattr(rules.clocks, kind.value)
        document["clocks"][kind.value]["warn_at"] = clock.warnings
    initial = {}
    for name in _RULES.base_fields:  # type: ignore[attr-defined]
        value: Any = document
        for step in name.split("__"):
            value = value[step] if value is not None else None
        initial[name] = value
    return initial


def start_from(*, version: Policy | None = None, preset: str = "") -> dict[str, Any]:
    """What a new version starts from: an older one, a preset, or else the national default."""
    if version is not None:
        return {
            "jurisdiction": version.jurisdiction_id,
            "kind": version.kind,
            "legal_basis": version.legal_basis,
            **initial_of(policy.read(version.document)),
        }
    named = {one.code: one for one in presets.PRESETS}
    chosen = named.get(preset, presets.DEFAULT)
    return {"legal_basis": chosen.legal_basis, **initial_of(policy.read(chosen.document))}


@dataclass(frozen=True)
class Changed:
    """A rule that the new version has otherwise, as people read it."""

    section: str | Promise
    label: str | Promise
    before: str
    after: str


def changes(version: Policy, before: Policy | None) -> list[Changed]:
    """What ``version`` has otherwise than the version ``before`` (None: everything)."""
    old = initial_of(policy.read(before.document)) if before else {}
    new = initial_of(policy.read(version.document))
    found = []
    for heading, fields in SECTIONS:
        for name, field in fields.items():
            was, will_be = _said(field, old.get(name)), _said(field, new[name])
            if was != will_be:
                found.append(Changed(heading, field.label or "", was, will_be))
    return found


def _said(field: forms.Field, value: Any) -> str:
    """``value`` in the words of ``field``."""
    if value in (None, "", ()):
        return "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(field, Percentages):
        return str(field.prepare_value(value)) + " %"
    if isinstance(field, forms.ChoiceField):
        words = dict(field.choices)  # type: ignore[arg-type]
        several = value if isinstance(value, (list, tuple)) else [value]
        return ", ".join(str(words.get(one, one)) for one in several)
    return str(value)

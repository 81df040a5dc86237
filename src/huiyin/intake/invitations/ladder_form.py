"""A ladder as a form, so that nobody has to write JSON."""

from __future__ import annotations

from typing import Any

import msgspec
from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.intake.invitations import ladder, presets
from huiyin.intake.invitations.models import Ladder, RungChannel

_UNITS = [("hour", gettext_lazy("hours")), ("day", gettext_lazy("days"))]
_SERVICES = [
    (ladder.FINISHED, gettext_lazy("once a case, when it is finished")),
    (ladder.EACH, gettext_lazy("after each service of a case")),
]
_ORDER = (
    gettext_lazy("first"),
    gettext_lazy("then, if nobody has rated"),
    gettext_lazy("last, if nobody has rated"),
)
NUMBERS = range(1, ladder.MOST_RUNGS + 1)


def rung_fields(number: int) -> tuple[str, str, str]:
    """The names of the fields of a rung."""
    return f"rung{number}_channel", f"rung{number}_after", f"rung{number}_unit"


def _fields() -> dict[str, forms.Field]:
    made: dict[str, forms.Field] = {}
    for number in NUMBERS:
        channel, after, unit = rung_fields(number)
        made[channel] = forms.ChoiceField(
            label=_ORDER[number - 1],
            choices=[("", gettext_lazy("nothing")), *RungChannel.choices],
            required=False,
        )
        made[after] = forms.IntegerField(
            label=gettext_lazy("so long after the service"),
            min_value=1,
            max_value=400,
            required=False,
        )
        made[unit] = forms.ChoiceField(label=gettext_lazy("counted in"), choices=_UNITS)
    made["services"] = forms.ChoiceField(label=gettext_lazy("how often"), choices=_SERVICES)
    made["quiet_from"] = _hour(gettext_lazy("quiet from"))
    made["quiet_to"] = _hour(gettext_lazy("quiet until"))
    made["working_days_only"] = forms.BooleanField(
        label=gettext_lazy("quiet on days off as well"), required=False
    )
    return made


def _hour(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(format="%H:%M"))


_RULES = type("_RULES", (forms.Form,), _fields())


class LadderForm(_RULES, forms.ModelForm):  # type: ignore[misc,valid-type,type-arg]
    """The next version of the ladder of one jurisdiction."""

    class Meta:
        model = Ladder
        fields = ["jurisdiction", "valid_from", "valid_to", "legal_basis"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("valid_from"), cleaned.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The rules cannot end before they begin."))
        for number in NUMBERS:
            channel, after, _unit = rung_fields(number)
            if cleaned.get(channel) and not cleaned.get(after) and after not in self.errors:
                self.add_error(after, _("Say how long after the service."))
        if not self.errors:
            self.instance.document = document_of(cleaned)
            try:
                ladder.read(self.instance.document)
            except msgspec.ValidationError as error:
                problem = _("These rules cannot be used: %(reason)s")
                self.add_error(None, forms.ValidationError(problem, params={"reason": error}))
        return cleaned


def document_of(cleaned: dict[str, Any]) -> dict[str, Any]:
    """The document that the fields of the form describe."""
    names = [rung_fields(number) for number in NUMBERS]
    return {
        "rungs": [
            {"channel": cleaned[channel], "after": cleaned[after], "unit": cleaned[unit]}
            for channel, after, unit in names
            if cleaned[channel]
        ],
        "services": cleaned["services"],
        "quiet": {
            "quiet_from": f"{cleaned['quiet_from']:%H:%M}",
            "quiet_to": f"{cleaned['quiet_to']:%H:%M}",
            "working_days_only": cleaned["working_days_only"],
        },
    }


def initial_of(document: Any) -> dict[str, Any]:
    """What the fields of the form show for a document."""
    rules = ladder.read(document)
    initial: dict[str, Any] = {"services": rules.services, **msgspec.to_builtins(rules.quiet)}
    for number, rung in enumerate(rules.rungs, start=1):
        channel, after, unit = rung_fields(number)
        initial |= {channel: rung.channel, after: rung.after, unit: rung.unit}
    return initial


def start_from(*, version: Ladder | None = None, preset: str = "") -> dict[str, Any]:
    """What a new version starts from: an older one, a preset, or else the first preset."""
    if version is not None:
        return {
            "jurisdiction": version.jurisdiction_id,
            "legal_basis": version.legal_basis,
            **initial_of(version.document),
        }
    named = {one.code: one for one in presets.PRESETS}
    return initial_of(named.get(preset, presets.DEFAULT).document)


def said(document: Any) -> list[tuple[str | Promise, str]]:
    """A ladder in words: what, and what it says."""
    rules = ladder.read(document)
    units = dict(_UNITS)
    lines: list[tuple[str | Promise, str]] = [
        (
            _ORDER[number],
            _("%(by)s, %(after)d %(unit)s after the service")
            % {
                "by": RungChannel(rung.channel).label,
                "after": rung.after,
                "unit": units[rung.unit],
            },
        )
        for number, rung in enumerate(rules.rungs)
    ]
    lines = lines or [(_ORDER[0], _("nobody is asked"))]
    lines.append((gettext_lazy("how often"), str(dict(_SERVICES)[rules.services])))
    quiet = f"{rules.quiet.quiet_from} – {rules.quiet.quiet_to}"
    if rules.quiet.working_days_only:
        quiet += f", {_('quiet on days off as well')}"
    lines.append((gettext_lazy("quiet from"), quiet))
    return lines

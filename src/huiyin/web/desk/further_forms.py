"""Forms of the steps beside the road: other units, more time, supervision, working together."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huiyin.calendars import arithmetic
from huiyin.directory.models import Organisation, Role, Staff
from huiyin.directory.queries import staff_with
from huiyin.matters import kinds
from huiyin.matters.models import Assignment, Matter
from huiyin.matters.table import ClockKind, State
from huiyin.web.desk.forms import StepForm, long_text

_OFFERED = 50


class UnitField(forms.CharField):
    """A unit by its full name or unified social credit code; the page suggests names."""

    def __init__(self, **options: Any) -> None:
        hint = _("Its full name, or its unified social credit code.")
        attributes = {"list": "units", "autocomplete": "off"}
        super().__init__(
            max_length=160, help_text=hint, widget=forms.TextInput(attributes), **options
        )

    def clean(self, value: Any) -> Any:
        typed = super().clean(value).strip()
        named = Q(uscc=typed.upper()) | Q(name=typed) | Q(name_en=typed)
        found = list(Organisation.objects.filter(named, active=True).select_related("region")[:2])
        if not found:
            raise forms.ValidationError(_("No unit in use has this name or code."))
        if len(found) > 1:
            raise forms.ValidationError(
                _("Several units have this name. Give the unified social credit code.")
            )
        return found[0]


class OfMatter(StepForm):
    """A form whose choices depend on the matter."""

    takes_matter: ClassVar = True

    def __init__(self, *args: Any, matter: Matter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.matter = matter
        # Whether there is anything to choose from.
        self.is_possible = True


class Button(StepForm):
    """Nothing but the button."""


class Reason(StepForm):
    reason = long_text(_("Reason"), rows=3)


class Unit(StepForm):
    unit = UnitField(label=_("Which unit?"))
    reason = long_text(_("Reason"), rows=3, hint=_("The other unit reads it."))


class JointUnit(StepForm):
    unit = UnitField(label=_("Which unit?"))
    task = long_text(_("What it is to do"), rows=3)


class EndJointUnit(OfMatter):
    unit = forms.ModelChoiceField(Organisation.objects.none(), label=_("Which unit?"))
    reason = long_text(_("Reason"), rows=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        joined = self.matter.assignments.filter(part=Assignment.Part.JOINT, until__isnull=True)
        units = Organisation.objects.filter(pk__in=joined.values("organisation"))
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.is_possible = units.exists()


class GiveTo(OfMatter):
    to = forms.ModelChoiceField(
        Staff.objects.none(),
        label=_("Who works on it?"),
        required=False,
        empty_label=_("whoever is on duty"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = staff_with(Role.HANDLER, self.matter.organisation)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]
        self.initial.setdefault("to", self.matter.handler_id)


class Words(StepForm):
    text = long_text(_("What you have to say"))


_HOW_MANY_MORE = {
    arithmetic.Unit.NATURAL_DAY: _("How many days more?"),
    arithmetic.Unit.WORKING_DAY: _("How many working days more?"),
    arithmetic.Unit.MONTH: _("How many months more?"),
}


class AskExtension(OfMatter):
    amount = forms.IntegerField(min_value=1, max_value=400)
    reason = long_text(
        _("Reason"), rows=3, hint=_("If it is granted, the citizen is told the new day and why.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for clock in self.matter.clocks.all():
            if clock.kind == ClockKind.RECTIFICATION and clock.stopped_at is None:
                self.fields["amount"].label = _HOW_MANY_MORE[arithmetic.Unit(clock.unit)]


class Decision(StepForm):
    """One reason, two buttons."""

    reason = long_text(_("Reason"), rows=3)
    decision = forms.ChoiceField(choices=[("grant", ""), ("refuse", "")])

    def clean_decision(self) -> bool:
        return bool(self.cleaned_data["decision"] == "grant")


class Merge(OfMatter):
    lead = forms.ModelChoiceField(
        Matter.objects.none(),
        label=_("Which matter's improvement?"),
        to_field_name="code",
        empty_label=_("Please choose"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leads = Matter.objects.filter(
            organisation=self.matter.organisation_id,
            kind=self.matter.kind,
            state=State.RECTIFYING,
            improvement_of__isnull=True,
        ).exclude(pk=self.matter.pk)
        field: Any = self.fields["lead"]
        field.queryset = leads
        shown = list(leads.order_by("-opened_at")[:_OFFERED])
        described = kinds.describe(shown)
        field.choices = [
            ("", field.empty_label),
            *((one.code, f"{one.code} · {described[one.pk].title}") for one in shown),
        ]
        self.is_possible = bool(shown)


class Order(StepForm):
    demand = long_text(_("What the unit has to do"), rows=3)


class Answer(StepForm):
    answer = long_text(_("Answer to the order"), rows=4)

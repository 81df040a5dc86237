"""Narrowing the inbox: by unit, by where a matter stands, by who works on it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Organisation, Role, Staff
from huiyin.directory.queries import organisations_in_scope
from huiyin.matters.models import Matter
from huiyin.matters.table import State

_UNIT_ROLES = (Role.HANDLER, Role.APPROVER, Role.SUPERVISOR, Role.AUDITOR, Role.ARBITER)
# As many units as a list to choose from can hold; who sees more searches by number.
_UNITS = 200


class Filters(forms.Form):
    """What stands in the address of a list besides which one it is. Nonsense narrows nothing."""

    use_required_attribute = False
    unit = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("Unit"),
        required=False,
        to_field_name="uscc",
        empty_label=_("all units"),
    )
    state = forms.ChoiceField(
        label=_("Where it stands"),
        required=False,
        choices=[
            ("", _("anywhere")),
            *((state.value, capfirst(state.label)) for state in State if state != State.CLOSED),
        ],
    )
    given = forms.ChoiceField(
        label=_("Worked on by"),
        required=False,
        choices=[("", _("anybody")), ("me", _("me")), ("nobody", _("nobody in particular"))],
    )

    def __init__(self, staff: Staff, data: Any) -> None:
        super().__init__(data)
        self._staff = staff
        scope = organisations_in_scope(staff, _UNIT_ROLES).filter(active=True).order_by("name")
        self.fields["unit"].queryset = scope  # type: ignore[attr-defined]
        self._units = list(scope.only("uscc", "name", "name_en")[:_UNITS])
        self.fields["unit"].choices = [  # type: ignore[attr-defined]
            ("", self.fields["unit"].empty_label),  # type: ignore[attr-defined]
            *((unit.uscc, str(unit)) for unit in self._units),
        ]
        self.is_valid()

    @property
    def has_units(self) -> bool:
        """Whether there is more than one unit to choose from."""
        return len(self._units) > 1

    @property
    def chosen(self) -> dict[str, str]:
        """What narrows the list, as it stands in the address."""
        said = {"unit": getattr(self.cleaned_data.get("unit"), "uscc", "")}
        said |= {name: self.cleaned_data.get(name, "") for name in ("state", "given")}
        return {name: value for name, value in said.items() if value}

    def narrow(self, matters: QuerySet[Matter]) -> QuerySet[Matter]:
        wanted = Q()
        if unit := self.cleaned_data.get("unit"):
            wanted &= Q(organisation=unit)
        if state := self.cleaned_data.get("state"):
            wanted &= Q(state=state)
        given = self.cleaned_data.get("given")
        if given == "me":
            wanted &= Q(handler=self._staff)
        if given == "nobody":
            wanted &= Q(handler__isnull=True)
        return matters.filter(wanted) if wanted else matters


def query_of(**said: str) -> str:
    """The part of a list's address after the question mark."""
    return urlencode({name: value for name, value in said.items() if value})

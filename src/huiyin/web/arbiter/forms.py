"""The forms of the arbiter's room and of a unit's appeal. They check shapes; the rules are the
services'."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.appeals.models import EFFECTS, UNIT_GROUNDS, Appeal, Effect, Ruling, Side
from huiyin.appeals.services import MAX_WORDS
from huiyin.directory.models import Organisation
from huiyin.directory.queries import find_organisation
from huiyin.kernel.uploads import AcceptedFile, accept_document
from huiyin.matters.models import Matter
from huiyin.matters.table import Event, State, rows
from huiyin.web.desk.forms import StepForm, long_text

DISMISSED = "dismissed"
_DECISIONS: dict[tuple[str, str], str | Promise] = {
    (Side.UNIT, DISMISSED): gettext_lazy("Dismiss the appeal: the review stands"),
    (Side.UNIT, Effect.VOIDED): gettext_lazy(
        "Uphold it: the review is voided, visible as voided, and no longer counted"
    ),
    (Side.UNIT, Effect.REDIRECTED): gettext_lazy(
        "Uphold it: the matter goes to the right unit, with the same deadline"
    ),
    (Side.UNIT, Effect.RECORDED): gettext_lazy(
        "Uphold it, on record only: review and figures stay"
    ),
    (Side.CITIZEN, DISMISSED): gettext_lazy(
        "Not established: that it was only pretended could not be shown"
    ),
    (Side.CITIZEN, Effect.RECORDED): gettext_lazy("Established: it was only pretended"),
}


def words_of(appeal: Appeal, decision: str) -> str:
    """A decision on ``appeal`` as it is chosen and read again."""
    return str(_DECISIONS[appeal.side, decision])


class RulingForm(StepForm):
    """What is decided and why, and on which earlier rulings that builds."""

    decision = forms.ChoiceField(
        label=gettext_lazy("What do you decide?"), widget=forms.RadioSelect
    )
    unit = forms.CharField(
        label=gettext_lazy("The right unit"),
        help_text=gettext_lazy("Its credit code or its exact name; only when it goes there."),
        required=False,
        max_length=120,
    )
    reasons = long_text(
        gettext_lazy("Reasons"),
        rows=8,
        hint=gettext_lazy(
            "Which facts you found, on what evidence, and what follows. Both sides read them, and "
            "the public does. Name nobody."
        ),
    )
    precedents = forms.MultipleChoiceField(
        label=gettext_lazy("Earlier rulings that you build on"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, *args: Any, appeal: Appeal, matter: Matter, earlier: list[Ruling], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        effects = EFFECTS[appeal.ground]
        if not rows(State(matter.state), Event.REDIRECT):
            effects = tuple(effect for effect in effects if effect is not Effect.REDIRECTED)
        possible = (DISMISSED, *effects)
        self.fields["decision"].choices = [  # type: ignore[attr-defined]
            (decision, words_of(appeal, decision)) for decision in possible
        ]
        if Effect.REDIRECTED not in possible:
            del self.fields["unit"]
        if earlier:
            self.fields["precedents"].choices = [  # type: ignore[attr-defined]
                (str(ruling.pk), _cited(ruling)) for ruling in earlier
            ]
        else:
            del self.fields["precedents"]

    def clean_unit(self) -> Organisation | None:
        typed = self.cleaned_data["unit"].strip()
        if not typed:
            return None
        found = find_organisation(typed) or Organisation.objects.filter(name=typed).first()
        if found is None:
            raise forms.ValidationError(_("No unit has this credit code or name."))
        return found

    def said(self) -> dict[str, Any]:
        """The arguments of ``services.rule``."""
        decision = self.cleaned_data["decision"]
        upheld = decision != DISMISSED
        return {
            "upheld": upheld,
            "effect": decision if upheld else "",
            "unit": self.cleaned_data.get("unit"),
            "reasons": self.cleaned_data["reasons"],
            "precedents": [UUID(key) for key in self.cleaned_data.get("precedents", [])],
        }


def _cited(ruling: Ruling) -> str:
    outcome = _("upheld") if ruling.upheld else _("dismissed")
    return f"{ruling.appeal.organisation} · {outcome}"


class RecusalForm(StepForm):
    reason = long_text(
        gettext_lazy("Why do you step back?"),
        rows=3,
        hint=gettext_lazy("For example: you know one of the sides, or have dealt with the case."),
    )


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each judged by what it contains."""

    widget = _Files(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"})

    def clean(self, data: Any, initial: Any = None) -> list[AcceptedFile]:
        uploads = [super(FilesField, self).clean(one, initial) for one in data or [None]]
        return [accept_document(one, name=one.name or "", field="evidence") for one in uploads]


class AppealForm(StepForm):
    ground = forms.ChoiceField(
        label=gettext_lazy("What do you object to?"),
        choices=[(ground.value, capfirst(ground.label)) for ground in UNIT_GROUNDS],
        widget=forms.RadioSelect,
    )
    statement = long_text(
        gettext_lazy("What happened, and what shows it?"),
        rows=6,
        hint=gettext_lazy("The citizen reads this and may answer. Name nobody."),
    )
    evidence = FilesField(
        label=gettext_lazy("Evidence"),
        help_text=gettext_lazy("One to five files: JPEG, PNG, WebP or PDF of at most 8 MB each."),
    )


class StatementForm(StepForm):
    text = long_text(
        gettext_lazy("What your unit has to say"),
        rows=5,
        limit=MAX_WORDS,
        hint=gettext_lazy("The citizen and the arbiter read this. Name nobody."),
    )

"""Administration of the loop: matters and steps can be read, policies added as new versions."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from huiyin.kernel.admin import ReadOnly
from huiyin.matters import kinds, policy, presets, services
from huiyin.matters.models import Clock, Matter, Policy, Step


class ClockInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Clock
    fields = [
        "kind",
        "round",
        "started_at",
        "due_at",
        "warned_at",
        "breached_at",
        "stopped_at",
        "calendar_version",
        "provisional",
    ]


class StepInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """What happened, without what was said: that belongs to those who may see the matter."""

    model = Step
    fields = ["number", "at", "event", "party", "actor", "state_after", "round"]


@admin.register(Matter)
class MatterAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["code", "kind", "organisation", "state", "round", "opened_at", "next_due_at"]
    list_filter = ["state", "kind", "round", "result_class"]
    list_select_related = ["organisation"]
    search_fields = ["code"]
    date_hierarchy = "opened_at"
    show_full_result_count = False
    inlines = [ClockInline, StepInline]
    fields = [
        "code",
        "kind",
        "organisation",
        "policy",
        "state",
        "round",
        "opened_at",
        "next_due_at",
        "unreachable",
        "result_class",
        "told_at",
        "follow_up",
        "confirmed",
        "closed_at",
    ]


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The next version of the rules of one jurisdiction for one kind of matter."""

    kind = forms.ChoiceField(label=_("kind of matter"))
    document = forms.JSONField(
        label=_("rules"),
        help_text=_(
            "Clocks count in natural_day, working_day or month; the reminder comes when the share "
            "“warn_at” of the time is used up."
        ),
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
    )

    class Meta:
        model = Policy
        fields = ["jurisdiction", "kind", "valid_from", "valid_to", "legal_basis", "document"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (code, kinds.get(code).name) for code in kinds.codes()
        ]
        self.initial.setdefault("document", presets.DEFAULT.document)
        self.fields["document"].prepare_value = _indented  # type: ignore[method-assign]

    def clean_document(self) -> Any:
        document = self.cleaned_data["document"]
        try:
            policy.read(document)
        except msgspec.ValidationError as error:
            raise forms.ValidationError(
                _("These rules cannot be used: %(reason)s"), params={"reason": error}
            ) from error
        return document

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("valid_from"), cleaned.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The rules cannot end before they begin."))
        return cleaned


def _indented(value: Any) -> Any:
    """JSON as people read it; what was typed wrongly comes back as it was."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2)


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A change of the rules is a new version: deadlines name the version they were made by."""

    list_display = ["__str__", "kind", "jurisdiction", "version", "valid_from", "valid_to"]
    list_filter = ["kind"]
    list_select_related = ["jurisdiction"]
    search_fields = ["jurisdiction__name", "jurisdiction__code"]
    autocomplete_fields = ["jurisdiction"]

    def get_form(
        self, request: HttpRequest, obj: Policy | None = None, change: bool = False, **options: Any
    ) -> type[forms.ModelForm[Policy]]:
        if obj is None:
            return PolicyForm
        return super().get_form(request, obj, change, **options)

    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Policy, form: forms.ModelForm[Policy], change: bool
    ) -> None:
        saved = services.add_policy(
            kind=obj.kind,
            jurisdiction=obj.jurisdiction,
            valid_from=obj.valid_from,
            valid_to=obj.valid_to,
            legal_basis=obj.legal_basis,
            document=obj.document,
        )
        obj.pk, obj.version = saved.pk, saved.version

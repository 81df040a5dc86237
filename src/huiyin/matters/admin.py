"""Administration of the loop: matters and steps can be read, policies added as new versions."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from huiyin.directory.models import Staff
from huiyin.kernel.admin import ReadOnly
from huiyin.kernel.problems import Problem
from huiyin.matters import kinds, presets, services
from huiyin.matters.models import Clock, Matter, Policy, Step
from huiyin.matters.policy_form import SECTIONS, PolicyForm, changes, rows_of, start_from
from huiyin.matters.queries import in_force

# In one request, so that it ends soon; what is left is moved by asking again.
_MOVED_AT_ONCE = 500


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


class KindInWords:
    """A column with the kind of matter as people call it."""

    @admin.display(description=_("kind of matter"), ordering="kind")
    def kind_name(self, row: Matter | Policy) -> str:
        return kinds.name_of(row.kind)


class KindFilter(admin.SimpleListFilter):
    """By kind of matter, in words."""

    title = _("kind of matter")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, kinds.name_of(code)) for code in kinds.codes()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Matter)
class MatterAdmin(KindInWords, ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = [
        "code",
        "kind_name",
        "organisation",
        "state",
        "round",
        "opened_at",
        "next_due_at",
    ]
    list_filter = ["state", KindFilter, "round", "result_class"]
    list_select_related = ["organisation"]
    search_fields = ["code"]
    date_hierarchy = "opened_at"
    show_full_result_count = False
    inlines = [ClockInline, StepInline]
    fields = [
        "code",
        "kind_name",
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


def _version(key: str) -> Policy | None:
    try:
        return Policy.objects.filter(pk=UUID(key)).first()
    except ValueError:
        return None


@admin.register(Policy)
class PolicyAdmin(KindInWords, admin.ModelAdmin):  # type: ignore[type-arg]
    """A change of the rules is a new version: deadlines name the version they were made by.

    A new version is looked at before it is put in force: what it changes, and which open deadlines
    it would move. It moves none of them; that is asked for on a page of its own.
    """

    list_display = ["__str__", "jurisdiction", "version", "valid_from", "valid_to"]
    list_filter = [KindFilter]
    list_select_related = ["jurisdiction"]
    search_fields = ["jurisdiction__name", "jurisdiction__code"]
    autocomplete_fields = ["jurisdiction"]
    readonly_fields = ["rules"]
    add_form_template = "admin/matters/policy/add.html"
    change_form_template = "admin/matters/policy/change.html"

    @admin.display(description=_("rules"))
    def rules(self, row: Policy) -> str:
        text = json.dumps(row.document, ensure_ascii=False, indent=2)
        return format_html("<pre>{}</pre>", text)

    def get_form(
        self, request: HttpRequest, obj: Policy | None = None, change: bool = False, **options: Any
    ) -> type[forms.ModelForm[Policy]]:
        if obj is None:
            options["form"] = PolicyForm
        return super().get_form(request, obj, change, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        place = ["jurisdiction", "kind", "valid_from", "valid_to", "legal_basis"]
        if obj is not None:
            return [(None, {"fields": ["kind_name", "version", *place[:1], *place[2:], "rules"]})]
        sections = [(heading, {"fields": rows_of(fields)}) for heading, fields in SECTIONS]
        return [(None, {"fields": place}), *sections]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        if request.POST:
            lists = request.POST.lists()
            return {name: typed if len(typed) > 1 else typed[0] for name, typed in lists}
        version = _version(request.GET.get("from", ""))
        return start_from(version=version, preset=request.GET.get("preset", ""))

    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.running_view)
        own = [path("<uuid:key>/running/", view, name="matters_policy_running")]
        return own + super().get_urls()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "presets": presets.PRESETS}
        if request.method == "POST" and "_confirm" not in request.POST:
            form = self.get_form(request)(request.POST)
            if "_edit" in request.POST:
                # Shown again as it was typed, to be changed.
                request.method = "GET"
            elif form.is_valid() and self.has_add_permission(request):
                return self._preview(request, form.instance)
        return super().add_view(request, form_url, context)

    def _preview(self, request: HttpRequest, version: Policy) -> HttpResponse:
        """What the typed rules change, and what they would do to open deadlines."""
        typed = [(name, value) for name, values in request.POST.lists() for value in values]
        return self._page(
            request,
            "admin/matters/policy/preview.html",
            title=_("What these rules would change"),
            version=version,
            changes=changes(version, in_force(version.kind, version.jurisdiction)),
            moves=services.moved_by_policy(version),
            typed=[pair for pair in typed if not pair[0].startswith(("_", "csrf"))],
        )

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

    def response_add(
        self, request: HttpRequest, obj: Policy, post_url_continue: str | None = None
    ) -> HttpResponse:
        said = _("%(version)s is stored. Deadlines that run already stay as they are.")
        messages.success(request, said % {"version": obj})
        return redirect("admin:matters_policy_running", obj.pk)

    def running_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """The open deadlines that a stored version would move, and moving them when asked to."""
        version = get_object_or_404(Policy.objects.select_related("jurisdiction"), pk=key)
        if not self.has_add_permission(request):
            raise PermissionDenied
        refused = ""
        if request.method == "POST" and isinstance(request.user, Staff):
            try:
                moved = services.apply_policy(
                    version=version,
                    staff=request.user,
                    reason=request.POST.get("reason", ""),
                    limit=_MOVED_AT_ONCE,
                )
            except Problem as problem:
                refused = str(problem.detail or problem.title)
            else:
                said = ngettext("%d deadline was moved.", "%d deadlines were moved.", moved)
                messages.success(request, said % moved)
                return redirect("admin:matters_policy_running", version.pk)
        return self._page(
            request,
            "admin/matters/policy/running.html",
            title=_("Open deadlines and %(version)s") % {"version": version},
            version=version,
            moves=services.moved_by_policy(version),
            in_force=in_force(version.kind, version.jurisdiction) == version,
            at_once=_MOVED_AT_ONCE,
            refused=refused,
            reason=request.POST.get("reason", ""),
        )

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        status = 422 if context.get("refused") else 200
        return TemplateResponse(request, template, whole, status=status)

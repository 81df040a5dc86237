"""Administration of what reviews hang on: integrators are managed here, the rest can only be read.

Nothing personal is shown. Reviews have no page here: an administrator who saw them arrive, one by
one, could tell who rated what before their epoch is sealed.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.reviews import services
from huiyin.reviews.models import Case, Integrator, ServiceEvent, Tag, TagList


@admin.register(Integrator)
class IntegratorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The key is shown once, on the page that follows making it."""

    fields = ["name", "region", "active"]
    list_display = ["name", "region", "active"]
    list_filter = ["active"]
    list_select_related = ["region"]
    search_fields = ["name"]
    autocomplete_fields = ["region"]
    actions = ["renew_key"]

    def save_model(self, request: HttpRequest, obj: Integrator, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, key = services.add_integrator(name=obj.name, region=obj.region, active=obj.active)
        # Shown by response_add, and gone with this request.
        obj.__dict__.update(made.__dict__, new_key=key)

    def response_add(
        self, request: HttpRequest, obj: Integrator, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show(request, obj, obj.__dict__["new_key"])

    @admin.action(description=gettext_lazy("Make a new key"), permissions=["change"])
    def renew_key(
        self, request: HttpRequest, queryset: QuerySet[Integrator]
    ) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose exactly one integrator."), messages.WARNING)
            return None
        return self._show(request, chosen[0], services.renew_key(integrator=chosen[0]))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Its events name it; an integrator is switched off.
        return False

    def _show(self, request: HttpRequest, integrator: Integrator, key: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Key of %(integrator)s") % {"integrator": integrator},
            "key": key,
            "opts": self.opts,
        }
        response = TemplateResponse(request, "admin/reviews/key.html", context)
        response["Cache-Control"] = "no-store"
        return response


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Citizens write through their own channels, and nobody else does."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TagInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Tag
    fields = ["level", "code", "kind", "label", "label_en"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(TagList)
class TagListAdmin(ReadOnlyAdmin):
    list_display = ["version", "valid_from"]
    inlines = [TagInline]


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    fields = [
        "organisation",
        "jurisdiction",
        "project_no",
        "item_code",
        "item_name",
        "status",
        "accepted_on",
        "finished_on",
    ]
    list_display = ["project_no", "organisation", "item_name", "status"]
    list_filter = ["status"]
    list_select_related = ["organisation"]
    search_fields = ["=project_no"]


@admin.register(ServiceEvent)
class ServiceEventAdmin(ReadOnlyAdmin):
    fields = [
        "organisation",
        "service_number",
        "node_name",
        "occurred_at",
        "accepted_at",
        "online",
        "hall_name",
        "counter_number",
        "integrator",
    ]
    list_display = ["organisation", "node_name", "occurred_at", "accepted_at", "integrator"]
    list_filter = ["integrator", "online"]
    list_select_related = ["organisation", "integrator"]
    search_fields = ["=case__project_no"]
    ordering = ["-id"]

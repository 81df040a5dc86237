"""Administration of what reviews hang on: integrators are managed here, the rest can only be read.

Nothing personal is shown. Reviews have no page here: an administrator who saw them arrive, one by
one, could tell who rated what before their epoch is sealed.
"""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from huiyin.kernel.admin import ReadOnly, SecretOnceAdmin
from huiyin.reviews import services
from huiyin.reviews.models import Case, ChannelAdapter, Integrator, ServiceEvent, Tag, TagList


@admin.register(Integrator)
class IntegratorAdmin(SecretOnceAdmin):
    fields = ["name", "region", "active"]
    list_display = ["name", "region", "active"]
    list_filter = ["active"]
    list_select_related = ["region"]
    search_fields = ["name"]
    autocomplete_fields = ["region"]
    advice = gettext_lazy("Copy the key now and give it to the integrator over a safe way.")

    def make(self, row: Integrator) -> tuple[Integrator, str]:
        return services.add_integrator(name=row.name, region=row.region, active=row.active)

    def make_anew(self, row: Integrator) -> str:
        return services.renew_key(integrator=row)


@admin.register(ChannelAdapter)
class ChannelAdapterAdmin(SecretOnceAdmin):
    fields = ["name", "channel", "active"]
    list_display = ["name", "channel", "active"]
    list_filter = ["active", "channel"]
    search_fields = ["name"]
    advice = gettext_lazy("Copy the key now and give it to the program over a safe way.")

    def make(self, row: ChannelAdapter) -> tuple[ChannelAdapter, str]:
        return services.add_adapter(name=row.name, channel=row.channel, active=row.active)

    def make_anew(self, row: ChannelAdapter) -> str:
        return services.renew_adapter_key(adapter=row)


class TagInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Tag
    fields = ["level", "code", "kind", "label", "label_en"]
    extra = 0


@admin.register(TagList)
class TagListAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["version", "valid_from"]
    inlines = [TagInline]


@admin.register(Case)
class CaseAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    show_full_result_count = False
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
class ServiceEventAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    show_full_result_count = False
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

"""Appeals and rulings can be looked up, without what was said: that belongs to those who may see
the matter."""

from __future__ import annotations

from django.contrib import admin

from huiyin.appeals.models import Appeal, Ruling
from huiyin.kernel.admin import ReadOnly


@admin.register(Appeal)
class AppealAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["matter", "organisation", "side", "ground", "filed_at"]
    list_filter = ["side", "ground"]
    list_select_related = ["matter", "organisation"]
    search_fields = ["matter__code"]
    date_hierarchy = "filed_at"
    show_full_result_count = False
    fields = ["matter", "organisation", "side", "ground", "filed_at"]


@admin.register(Ruling)
class RulingAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["appeal", "organisation", "upheld", "effect", "at"]
    list_filter = ["upheld", "effect", "appeal__ground"]
    list_select_related = ["appeal__matter", "organisation"]
    search_fields = ["appeal__matter__code"]
    date_hierarchy = "at"
    show_full_result_count = False
    fields = ["appeal", "organisation", "upheld", "effect", "at"]

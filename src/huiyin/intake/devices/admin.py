"""Administration of key layouts. Devices have their own pages on the desk."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from huiyin.intake.devices.models import KeyLayout


@admin.register(KeyLayout)
class KeyLayoutAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    fields = ["model", "levels"]
    list_display = ["model", "levels"]
    search_fields = ["model"]

    def has_delete_permission(self, request: HttpRequest, obj: KeyLayout | None = None) -> bool:
        # A device may have it, and what it sent was read by it.
        return False

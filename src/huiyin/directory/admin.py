"""Administration pages of the directory."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from huiyin.directory import resources
from huiyin.directory.importing import DirectoryAdmin
from huiyin.directory.models import Counter, Duty, Organisation, Region, ServiceItem, Staff

admin.site.site_header = _("Huiyin administration")
admin.site.site_title = _("Huiyin administration")
admin.site.index_title = _("Directory and settings")
# Permissions follow from duties; groups would be a second answer to the same question.
admin.site.unregister(Group)


@admin.register(Region)
class RegionAdmin(DirectoryAdmin):
    resource_classes = [resources.RegionResource]
    list_display = ["code", "name", "name_en", "level", "parent"]
    list_filter = ["level"]
    list_select_related = ["parent"]
    search_fields = ["code", "name", "name_en"]
    autocomplete_fields = ["parent"]


@admin.register(Organisation)
class OrganisationAdmin(DirectoryAdmin):
    resource_classes = [resources.OrganisationResource]
    list_display = ["name", "uscc", "kind", "region", "parent", "active"]
    list_filter = ["kind", "active", "region__level"]
    list_select_related = ["region", "parent"]
    search_fields = ["uscc", "name", "name_en"]
    autocomplete_fields = ["region", "parent"]


@admin.register(Counter)
class CounterAdmin(DirectoryAdmin):
    resource_classes = [resources.CounterResource]
    list_display = ["number", "name", "organisation"]
    list_select_related = ["organisation"]
    search_fields = ["number", "name", "organisation__name"]
    autocomplete_fields = ["organisation"]


@admin.register(ServiceItem)
class ServiceItemAdmin(DirectoryAdmin):
    resource_classes = [resources.ServiceItemResource]
    list_display = ["name", "code", "organisation"]
    list_select_related = ["organisation"]
    search_fields = ["code", "name", "name_en"]
    autocomplete_fields = ["organisation"]


class DutyInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Duty
    fk_name = "staff"
    exclude = ["stands_in_for"]
    extra = 0
    autocomplete_fields = ["organisation", "region"]


class StaffChangeForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = Staff
        fields = ["username", "display_name", "organisation", "is_active", "password"]


class StaffCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = Staff
        fields = ["username", "display_name", "organisation"]
        field_classes = {"username": forms.CharField}


@admin.register(Staff)
class StaffAdmin(DirectoryAdmin, UserAdmin):  # type: ignore[type-arg]
    """Accounts are switched off, never deleted: what somebody did stays signed by them."""

    resource_classes = [resources.StaffResource]
    form = StaffChangeForm
    add_form = StaffCreationForm
    add_form_template = None  # Django's speaks of options that our accounts do not have
    inlines = [DutyInline]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (None, {"fields": ["display_name", "organisation", "is_active"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": [
                    "username",
                    "display_name",
                    "organisation",
                    "usable_password",
                    "password1",
                    "password2",
                ]
            },
        ),
    ]
    list_display = ["username", "display_name", "organisation", "is_active"]
    list_filter = ["is_active", "duties__role"]
    list_select_related = ["organisation"]
    search_fields = ["username", "display_name", "organisation__name"]
    autocomplete_fields = ["organisation"]
    filter_horizontal = []
    ordering = ["username"]

    def has_delete_permission(self, request: HttpRequest, obj: Staff | None = None) -> bool:
        return False


@admin.register(Duty)
class DutyAdmin(DirectoryAdmin):
    resource_classes = [resources.DutyResource]
    list_display = [
        "staff",
        "role",
        "organisation",
        "region",
        "starts_on",
        "ends_on",
        "stands_in_for",
    ]
    list_filter = ["role"]
    list_select_related = ["staff", "organisation", "region"]
    search_fields = ["staff__username", "staff__display_name"]
    autocomplete_fields = ["staff", "organisation", "region"]

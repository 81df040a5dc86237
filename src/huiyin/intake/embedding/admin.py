"""Sites that embed, with what their makers have to write into their pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from huiyin.intake.embedding import script, services
from huiyin.intake.embedding.errors import TooManySites
from huiyin.intake.embedding.models import Site
from huiyin.kernel.problems import Problem


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Site
        fields = ["name", "origin", "active"]
        help_texts = {
            "origin": _(
                "Scheme and host as in the address bar, such as https://www.example.gov.cn, and "
                "the port if there is one. Each subdomain is an origin of its own."
            )
        }

    def clean_origin(self) -> str:
        try:
            return services.normal_origin(self.cleaned_data["origin"])
        except Problem as problem:
            raise forms.ValidationError(str(problem), code=problem.code) from problem

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        others = Site.objects.filter(active=True).exclude(pk=self.instance.pk)
        if self.cleaned_data.get("active") and others.count() >= services.MAX_SITES:
            problem = TooManySites()
            raise forms.ValidationError({"active": str(problem)}, code=problem.code)
        return cleaned


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = SiteForm
    list_display = ["name", "origin", "active"]
    list_filter = ["active"]
    search_fields = ["name", "origin"]
    fields = ["name", "origin", "active", "what_to_write"]
    readonly_fields = ["what_to_write"]

    @admin.display(description=_("what the portal writes into its page"))
    def what_to_write(self, site: Site) -> str:
        newest = script.RELEASED[script.NEWEST]
        return format_html(
            "<code>{}</code>",
            f'<script async src="{settings.HUIYIN_BASE_URL}{newest.path}" '
            f'integrity="{newest.integrity}" crossorigin="anonymous" data-token="…"></script>',
        )

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        services.save(obj)

    def delete_model(self, request: HttpRequest, obj: Site) -> None:
        services.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Site]) -> None:
        for site in queryset:
            services.remove(site)

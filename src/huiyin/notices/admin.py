"""Administration of notices: endpoints, and what was delivered and what was not."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from huiyin.directory.models import Staff
from huiyin.kernel.problems import Problem
from huiyin.notices import services
from huiyin.notices.models import Delivery, Outbox, WebhookEndpoint
from huiyin.notices.transports import names
from huiyin.notices.transports.webhook import guard


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    url = forms.URLField(label=gettext_lazy("address"), max_length=500, assume_scheme="https")

    class Meta:
        model = WebhookEndpoint
        fields = ["name", "url", "organisation", "region", "active"]

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            guard.check_shape(url)
        except guard.Refused as error:
            raise forms.ValidationError(
                _("The address must start with https:// and name neither a user nor a fragment.")
            ) from error
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The secret is shown once, on the page that follows making it."""

    form = EndpointForm
    list_display = ["name", "url", "organisation", "region", "active"]
    list_filter = ["active"]
    list_select_related = ["organisation", "region"]
    search_fields = ["name"]
    autocomplete_fields = ["organisation", "region"]
    actions = ["renew_secret"]

    def save_model(
        self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, secret = services.add_endpoint(
            name=obj.name, url=obj.url, organisation=obj.organisation, region=obj.region
        )
        # Shown by response_add, and gone with this request.
        obj.__dict__.update(made.__dict__, new_secret=secret)

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show(request, obj, obj.__dict__["new_secret"])

    @admin.action(description=gettext_lazy("Make a new secret"), permissions=["change"])
    def renew_secret(
        self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]
    ) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose exactly one endpoint."), messages.WARNING)
            return None
        return self._show(request, chosen[0], services.renew_secret(endpoint=chosen[0]))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What was sent to it keeps its record; an endpoint is switched off.
        return False

    def _show(self, request: HttpRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Secret of %(endpoint)s") % {"endpoint": endpoint},
            "secret": secret,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/notices/secret.html", context)


class DeliveryInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Delivery
    readonly_fields = [
        "number",
        "outcome",
        "error",
        "status_code",
        "started_at",
        "finished_at",
        "arrived_at",
        "delay_ms",
    ]
    fields = tuple(readonly_fields)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Outbox)
class OutboxAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read-only but for one thing: a dead letter can be sent again."""

    list_display = ["matter", "event", "transport", "recipient", "state", "attempts", "accepted_at"]
    list_filter = ["state", "transport", "event"]
    list_select_related = ["matter", "staff", "endpoint"]
    search_fields = ["=matter__code", "=delivery_key"]
    show_full_result_count = False
    ordering = ["-id"]
    readonly_fields = [
        "matter",
        "event",
        "audience",
        "transport",
        "recipient",
        "state",
        "attempts",
        "accepted_at",
        "next_attempt_at",
        "delivery_key",
    ]
    fields = tuple(readonly_fields)
    inlines = [DeliveryInline]
    actions = ["send_again"]

    @admin.display(description=gettext_lazy("recipient"))
    def recipient(self, notice: Outbox) -> str:
        found = notice.staff or notice.endpoint
        if found:
            return str(found)
        if notice.transport == names.RELAY:
            return _("the citizen")
        return _("nobody on duty")

    @admin.action(description=gettext_lazy("Send again"), permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Outbox]) -> None:
        sent = 0
        by = request.user
        if not isinstance(by, Staff):
            return
        for notice in queryset:
            try:
                services.replay_dead_letter(outbox=notice, by=by)
                sent += 1
            except Problem as problem:
                self.message_user(request, f"{notice.matter}: {problem}", messages.WARNING)
        if sent:
            said = ngettext(
                "%(sent)d notice will be sent again.", "%(sent)d notices will be sent again.", sent
            )
            self.message_user(request, said % {"sent": sent}, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

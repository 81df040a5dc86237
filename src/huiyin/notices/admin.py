"""Administration of notices: endpoints, and what was delivered and what was not."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from huiyin.directory.models import Staff
from huiyin.kernel.admin import ReadOnly, SecretOnceAdmin
from huiyin.kernel.problems import Problem
from huiyin.notices import (
    robot_admin,  # noqa: F401 - registers its page
    services,
)
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
class WebhookEndpointAdmin(SecretOnceAdmin):
    form = EndpointForm
    list_display = ["name", "url", "organisation", "region", "active"]
    list_filter = ["active"]
    list_select_related = ["organisation", "region"]
    search_fields = ["name"]
    autocomplete_fields = ["organisation", "region"]
    advice = gettext_lazy("Copy the secret now and give it to the receiver over a safe way.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        # Robots have a page of their own.
        return super().get_queryset(request).filter(transport=names.WEBHOOK)

    def make(self, row: WebhookEndpoint) -> tuple[WebhookEndpoint, str]:
        return services.add_endpoint(
            name=row.name, url=row.url, organisation=row.organisation, region=row.region
        )

    def make_anew(self, row: WebhookEndpoint) -> str:
        return services.renew_secret(endpoint=row)


class DeliveryInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
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


@admin.register(Outbox)
class OutboxAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
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

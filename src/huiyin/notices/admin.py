"""Administration of notices: endpoints, and what was delivered and what was not."""

from __future__ import annotations

from typing import Any

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
    template_admin,  # noqa: F401
)
from huiyin.notices.models import Channel, Circuit, Delivery, Outbox, Receipt, WebhookEndpoint
from huiyin.notices.sms import admin as sms_admin  # noqa: F401
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


class ReceiptInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Receipt
    fields = ["kind", "at", "detail"]
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
        "action",
        "audience",
        "transport",
        "recipient",
        "state",
        "attempts",
        "accepted_at",
        "next_attempt_at",
        "next_channel_at",
        "delivery_key",
    ]
    fields = tuple(readonly_fields)
    inlines = [DeliveryInline, ReceiptInline]
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
        by = request.user
        if not isinstance(by, Staff):
            return
        sent, left = services.replay_dead_letters(letters=queryset, by=by)
        if left:
            said = ngettext(
                "For %(left)d notice still nobody is on duty. Give somebody the duty first.",
                "For %(left)d notices still nobody is on duty. Give somebody the duty first.",
                left,
            )
            self.message_user(request, said % {"left": left}, messages.WARNING)
        if sent:
            said = ngettext(
                "%(sent)d notice will be sent again.", "%(sent)d notices will be sent again.", sent
            )
            self.message_user(request, said % {"sent": sent}, messages.SUCCESS)
        if not sent and not left:
            self.message_user(request, _("None of these is a dead letter."), messages.WARNING)


@admin.register(Circuit)
class CircuitAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """How transports and endpoints have been doing; they come back by themselves."""

    list_display = [
        "key",
        "endpoint",
        "failures",
        "opened_at",
        "open_until",
        "last_error",
        "last_failed_at",
    ]
    list_select_related = ["endpoint"]


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]
    address = forms.CharField(
        label=gettext_lazy("address"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "The account, the e-mail address or the mobile number. It is not shown again; leave it "
            "empty to keep what is stored."
        ),
    )

    class Meta:
        model = Channel
        fields = ["staff", "transport", "position", "wait_minutes", "active"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        address = cleaned.get("address", "")
        if address and not self.errors:
            try:
                services.check_address(cleaned["transport"], address)
            except Problem as problem:
                raise forms.ValidationError({"address": str(problem.detail)}) from problem
        return cleaned


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Where staff are told away from the desk. Whose address it is, administrators know; the order
    is their own affair, on the desk."""

    form = ChannelForm
    list_display = ["staff", "transport", "has_address", "position", "wait_minutes", "active"]
    list_filter = ["transport", "active"]
    list_select_related = ["staff"]
    search_fields = ["staff__username", "staff__display_name"]
    autocomplete_fields = ["staff"]

    @admin.display(description=gettext_lazy("address given"), boolean=True)
    def has_address(self, channel: Channel) -> bool:
        return bool(channel.address_sealed)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["staff", "transport"] if obj else []

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        address = form.cleaned_data["address"]
        if address and isinstance(request.user, Staff):
            services.give_address(
                staff=obj.staff, transport=obj.transport, address=address, by=request.user
            )

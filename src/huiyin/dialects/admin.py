"""Administration of gateways: clients and their secrets, fields that we have no place for, and what
is reported upward."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.dialects.keys import Secrets
from huiyin.dialects.models import GatewayClient, Quarantined, UpwardPlatform, UpwardReport
from huiyin.dialects.services import clients
from huiyin.dialects.upward import services as upward
from huiyin.directory.models import Region
from huiyin.kernel.admin import ReadOnly, SecretOnceAdmin
from huiyin.kernel.problems import Invalid
from huiyin.reviews.models import Integrator


def told(client: GatewayClient, secrets: Secrets) -> str:
    """The secrets as an operator copies them into the other system: a line for each."""
    lines = [("appMark", client.app_mark), ("appWord", secrets.word)]
    if secrets.public:
        lines.append(("publicKey", "04" + secrets.public))
    return "\n".join(f"{name}={value}" for name, value in lines if value)


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]
    name = forms.CharField(label=gettext_lazy("name"), max_length=80)
    region = forms.ModelChoiceField(
        label=gettext_lazy("region"),
        queryset=Region.objects.all(),
        help_text=gettext_lazy("The system may push services of organisations within it."),
    )

    class Meta:
        model = GatewayClient
        fields = [
            "dialect", "app_mark", "organisation", "window_minutes", "success_code",
            "replies_in_json", "active",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.integrator_id:
            for field in ("name", "region"):
                self.fields[field].disabled = True
                self.fields[field].initial = getattr(self.instance, field)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if not self.instance.integrator_id and Integrator.objects.filter(name=name).exists():
            raise forms.ValidationError(_("This name is taken."))
        return name


@admin.register(GatewayClient)
class GatewayClientAdmin(SecretOnceAdmin):
    form = ClientForm
    fields = [
        "name", "region", "dialect", "app_mark", "organisation", "window_minutes", "success_code",
        "replies_in_json", "active",
    ]  # fmt: skip
    list_display = ["name", "dialect", "app_mark", "region", "active"]
    list_filter = ["dialect", "active"]
    list_select_related = ["integrator__region"]
    search_fields = ["integrator__name", "app_mark"]
    autocomplete_fields = ["organisation"]
    advice = gettext_lazy(
        "Copy these now and give them to the system's operators over a safe way. The public key is "
        "a secret, too: it is this client's alone."
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Another dialect would need other secrets: that is another client.
        return ["dialect"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.__dict__["asked"] = form.cleaned_data
        super().save_model(request, obj, form, change)

    def make(self, row: GatewayClient) -> tuple[GatewayClient, str]:
        asked = row.__dict__.pop("asked")
        client, secrets = clients.add_client(
            name=asked["name"],
            region=asked["region"],
            dialect=row.dialect,
            organisation=row.organisation,
            app_mark=row.app_mark,
            window_minutes=row.window_minutes,
            success_code=row.success_code,
            replies_in_json=row.replies_in_json,
            active=row.active,
        )
        row.integrator = client.integrator
        return client, told(client, secrets)

    def make_anew(self, row: GatewayClient) -> str:
        return told(row, clients.renew_secrets(client=row))


@admin.register(Quarantined)
class QuarantinedAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Which fields came that we have no place for. Their values are sealed."""

    show_full_result_count = False
    fields = ["client", "names", "at"]
    list_display = ["client", "names", "at"]
    list_filter = ["client"]
    list_select_related = ["client__integrator"]
    ordering = ["-id"]


class PlatformForm(forms.ModelForm):  # type: ignore[type-arg]
    word = forms.CharField(
        label="appWord",
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("As the platform above gave it out. It is not shown again."),
    )
    public = forms.CharField(
        label=gettext_lazy("public key"),
        max_length=130,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("04 and 128 hexadecimal digits. It is not shown again."),
    )

    class Meta:
        model = UpwardPlatform
        fields = ["name", "region", "address", "app_mark", "data_source", "active"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        given = [bool(cleaned.get(name)) for name in ("word", "public")]
        if not all(given) and (any(given) or not self.instance.secrets_sealed):
            raise forms.ValidationError(_("Enter appWord and public key together."))
        if all(given):
            try:
                upward.check_secrets(word=cleaned["word"], public=cleaned["public"])
            except Invalid as problem:
                raise forms.ValidationError({problem.field or "public": str(problem)}) from problem
        return cleaned


@admin.register(UpwardPlatform)
class UpwardPlatformAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Switched off, never deleted: what was reported names them."""

    form = PlatformForm
    list_display = ["name", "region", "address", "active"]
    list_select_related = ["region"]
    autocomplete_fields = ["region"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        word, public = form.cleaned_data["word"], form.cleaned_data["public"]
        if not change:
            made = upward.add_platform(
                name=obj.name,
                region=obj.region,
                address=obj.address,
                app_mark=obj.app_mark,
                data_source=obj.data_source,
                word=word,
                public=public,
                active=obj.active,
            )
            obj.__dict__.update(made.__dict__)
            return
        super().save_model(request, obj, form, change)
        if word:
            upward.change_secrets(platform=obj, word=word, public=public)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(UpwardReport)
class UpwardReportAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What became of each report. Nothing personal, and no level, is shown."""

    show_full_result_count = False
    fields = [
        "platform", "organisation", "kind", "state", "reason", "attempts", "planned_at",
        "last_sent_at", "answered_at",
    ]  # fmt: skip
    list_display = ["platform", "organisation", "kind", "state", "reason", "attempts", "planned_at"]
    list_filter = ["platform", "state", "kind"]
    list_select_related = ["platform", "organisation"]
    ordering = ["-planned_at"]
    actions = ["send_again"]

    @admin.action(description=gettext_lazy("Send again"), permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[UpwardReport]) -> None:
        number = upward.send_again(queryset)
        self.message_user(request, _("%(number)d will be sent again.") % {"number": number})

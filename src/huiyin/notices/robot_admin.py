"""Administration of the robots of DingTalk groups. What makes somebody the robot can be entered and
replaced here, and never read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.kernel.problems import Invalid
from huiyin.notices.models import Robot
from huiyin.notices.services import robots


class RobotForm(forms.ModelForm):  # type: ignore[type-arg]
    address = forms.CharField(
        label=gettext_lazy("address with access token"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("As the robot's page in DingTalk shows it. It is not shown again."),
    )
    secret = forms.CharField(
        label=gettext_lazy("secret of the signature"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("It begins with SEC. It is not shown again."),
    )

    class Meta:
        model = Robot
        fields = ["name", "organisation", "region", "active"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name != self.instance.name:
            _ask(robots.check_name, name)
        return name

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if address:
            _ask(robots.check_address, address)
        return address

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        given = [bool(cleaned.get(name)) for name in ("address", "secret")]
        # instance.url: a robot that is there keeps what it has when neither is given.
        if not self.errors and not all(given) and (any(given) or not self.instance.url):
            raise forms.ValidationError(_("Enter the address and the secret together."))
        return cleaned


def _ask(check: Callable[[str], object], value: str) -> None:
    try:
        check(value)
    except Invalid as problem:
        raise forms.ValidationError(str(problem)) from problem


@admin.register(Robot)
class RobotAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Switched off, never deleted: what was sent names them."""

    form = RobotForm
    list_display = ["name", "url", "organisation", "region", "active"]
    list_filter = ["active"]
    list_select_related = ["organisation", "region"]
    search_fields = ["name"]
    autocomplete_fields = ["organisation", "region"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        address, secret = form.cleaned_data["address"], form.cleaned_data["secret"]
        if not change:
            made = robots.add_robot(
                name=obj.name,
                address=address,
                secret=secret,
                organisation=obj.organisation,
                region=obj.region,
            )
            obj.__dict__.update(made.__dict__)
            return
        super().save_model(request, obj, form, change)
        if address:
            robots.change_robot(robot=obj, address=address, secret=secret)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

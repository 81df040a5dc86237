"""Signing in, signing out, changing one's password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.kernel.addresses import block_of
from huiyin.kernel.problems import TooMany
from huiyin.kernel.throttle import Throttle
from huiyin.web.desk.frame import render_desk

# Five wrong passwords at once, then one a minute, for one account from one address: a colleague at
# the next desk, behind the same address, is never locked out.
wrong_passwords = Throttle(burst=5, per_minute=1, name="wrong_passwords")


class SignInForm(AuthenticationForm):
    """Says the same of an unknown name, a wrong password and a closed account."""

    use_required_attribute = False
    error_messages = {
        "invalid_login": gettext_lazy("The user name or the password is not right."),
        "inactive": gettext_lazy("The user name or the password is not right."),
    }

    def clean(self) -> dict[str, Any]:
        key = self._key()
        try:
            wrong_passwords.check(key)
        except TooMany as problem:
            minutes = max(1, -(-problem.extra["retry_after"] // 60))
            raise forms.ValidationError(
                _("Too many attempts. Please try again in %(minutes)d min.") % {"minutes": minutes},
                code="throttled",
            ) from problem
        try:
            return super().clean()
        except forms.ValidationError:
            wrong_passwords.spend(key)
            raise

    def _key(self) -> str:
        name = str(self.cleaned_data.get("username", "")).lower()
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        return f"{block_of(address)}|{name}"


class SignIn(views.LoginView):
    """Leads back to the page that asked for it."""

    template_name = "desk/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 429 if form.has_error("__all__", "throttled") else 422
        return response


class ChangeForm(PasswordChangeForm):
    use_required_attribute = False


class ChangePassword(views.PasswordChangeView):
    """The new one counts at once; the person stays signed in."""

    form_class = ChangeForm
    success_url = reverse_lazy("desk:inbox")

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        form = context["form"]
        status = 422 if form.is_bound and form.errors else 200
        context = {"form": form}
        return render_desk(
            self.request, "desk/password.html", context, here="password", status=status
        )

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password has been changed."))
        return super().form_valid(form)

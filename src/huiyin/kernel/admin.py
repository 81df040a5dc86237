"""What administration pages share: rows nobody edits there, and secrets shown once."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class ReadOnly:
    """Nothing is added, changed or deleted here: services are the only writers."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SecretOnceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows with a secret that is shown once, on the page that follows making it.

    They are switched off, never deleted: what was sent under them names them.
    """

    # What to do with the secret, in a sentence.
    advice: ClassVar[str | Promise]
    actions = ["renew"]

    def make(self, row: Any) -> tuple[Model, str]:
        """Store the new ``row`` through its service; the stored row and its secret."""
        raise NotImplementedError

    def make_anew(self, row: Any) -> str:
        """Another secret for a stored ``row``; the old one ends."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, secret = self.make(obj)
        # Shown by response_add, and gone with this request.
        obj.__dict__.update(made.__dict__, new_secret=secret)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show(request, obj, obj.__dict__["new_secret"])

    @admin.action(description=gettext_lazy("Make a new secret"), permissions=["change"])
    def renew(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose exactly one row."), messages.WARNING)
            return None
        return self._show(request, chosen[0], self.make_anew(chosen[0]))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def _show(self, request: HttpRequest, row: Any, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Secret of %(row)s") % {"row": row},
            "advice": self.advice,
            "secret": secret,
            "back": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
            "opts": self.opts,
        }
        response = TemplateResponse(request, "admin/secret_once.html", context)
        response["Cache-Control"] = "no-store"
        return response

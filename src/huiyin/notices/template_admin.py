"""Administration of wordings: written, looked at in both languages, then put in force."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from huiyin.directory.models import Staff
from huiyin.kernel.problems import Invalid
from huiyin.notices import sample, services, wordings
from huiyin.notices.models import Template


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Template
        fields = ["event", "audience", "form", "language", "text"]
        help_texts = {
            "audience": gettext_lazy("Empty: for everybody of the staff who is told."),
            "text": gettext_lazy(
                "Placeholders for staff: {code} {organisation} {event} {clock} {due} {role} {url}; "
                "for citizens: {unit} {url}; in a digest: {day} {due_today} {late} {to_decide} "
                "{url}. Empty: as it came with the software."
            ),
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                services.check_wording(
                    event=cleaned["event"],
                    audience=cleaned.get("audience", ""),
                    form=cleaned["form"],
                    text=cleaned.get("text", "").strip(),
                )
            except Invalid as problem:
                raise forms.ValidationError(str(problem.detail or problem.title)) from problem
        return cleaned


@admin.register(Template)
class TemplateAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """All versions, the newest of each first; none is ever changed."""

    form = TemplateForm
    list_display = ["event", "audience", "form", "language", "version", "text", "author"]
    list_filter = ["language", "form", "event"]
    list_select_related = ["author"]
    actions = ["again"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = _("Wordings of your own; the others are as they came with the software")
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST" and "_confirm" not in request.POST:
            form = TemplateForm(request.POST)
            if "_edit" in request.POST:
                # Shown again as it was typed, to be changed.
                request.method = "GET"
            elif form.is_valid() and self.has_add_permission(request):
                return self._preview(request, form)
        return super().add_view(request, form_url, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return request.POST.dict() or super().get_changeform_initial_data(request)

    def save_model(self, request: HttpRequest, obj: Template, form: Any, change: bool) -> None:
        if isinstance(request.user, Staff):
            made = services.word(
                event=obj.event,
                audience=obj.audience,
                form=obj.form,
                language=obj.language,
                text=obj.text,
                by=request.user,
            )
            obj.__dict__.update(made.__dict__)

    @admin.action(description=gettext_lazy("Put in force again"), permissions=["add"])
    def again(self, request: HttpRequest, queryset: QuerySet[Template]) -> None:
        chosen = list(queryset[:2])
        if len(chosen) != 1 or not isinstance(request.user, Staff):
            self.message_user(request, _("Choose exactly one row."), messages.WARNING)
            return
        try:
            made = services.word_again(template=chosen[0], by=request.user)
        except Invalid as problem:
            self.message_user(request, str(problem.detail or problem.title), messages.WARNING)
            return
        said = _("Version %(version)d is in force.") % {"version": made.version}
        self.message_user(request, said, messages.SUCCESS)

    def _preview(self, request: HttpRequest, form: TemplateForm) -> HttpResponse:
        """The new words in their language beside what is said in the other one."""
        written = form.instance
        shown = []
        for language in Template.Language:
            with override(language.value):
                now = sample.said(written.event, written.audience, written.form)
                values = sample.values(written.event, written.audience)
                then = wordings.fill(written.text, values)
            changed = language == written.language
            # Without a text it will be what came with the software.
            shown.append((language.label, now, (then or None) if changed else now, changed))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("How it will read"),
            "shown": shown,
            "typed": [
                pair for pair in request.POST.items() if not pair[0].startswith(("_", "csrf"))
            ],
        }
        return TemplateResponse(request, "admin/notices/template/preview.html", context)

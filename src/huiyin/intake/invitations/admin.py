"""Administration of inviting: ladders and wordings, both looked at before they are put in force."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.directory.models import Staff
from huiyin.intake.invitations import presets, services, wording
from huiyin.intake.invitations.ladder_form import (
    NUMBERS,
    LadderForm,
    rung_fields,
    said,
    start_from,
)
from huiyin.intake.invitations.models import Ladder, Wording
from huiyin.intake.invitations.services.planning import Ladders
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.reviews.models import Level

_NOT_TYPED = ("_", "csrf")


class Versions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that are added and never changed; shown as they would be before they are stored."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST" and "_confirm" not in request.POST:
            form = self.get_form(request)(request.POST)
            if "_edit" in request.POST:
                # Shown again as it was typed, to be changed.
                request.method = "GET"
            elif form.is_valid() and self.has_add_permission(request):
                return self.preview(request, form)
        return super().add_view(request, form_url, extra_context)

    def preview(self, request: HttpRequest, form: Any) -> HttpResponse:
        raise NotImplementedError

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        typed = [pair for pair in request.POST.items() if not pair[0].startswith(_NOT_TYPED)]
        whole = {**self.admin_site.each_context(request), "opts": self.opts, "typed": typed}
        return TemplateResponse(request, template, whole | context)


@admin.register(Ladder)
class LadderAdmin(Versions):
    """A change is a new version; the page before it says whom it asks about at once."""

    list_display = ["__str__", "valid_from", "valid_to", "rules", "author", "created_at"]
    list_select_related = ["jurisdiction", "author"]
    search_fields = ["jurisdiction__name", "jurisdiction__code"]
    autocomplete_fields = ["jurisdiction"]
    readonly_fields = ["rules"]
    add_form_template = "admin/invitations/ladder/add.html"
    change_form_template = "admin/invitations/ladder/change.html"

    @admin.display(description=gettext_lazy("rules"))
    def rules(self, row: Ladder) -> str:
        return format_html_join(" · ", "{}: {}", said(row.document))

    def get_form(
        self, request: HttpRequest, obj: Ladder | None = None, change: bool = False, **options: Any
    ) -> type[forms.ModelForm[Ladder]]:
        if obj is None:
            options["form"] = LadderForm
        return super().get_form(request, obj, change, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Ladder | None = None) -> Any:
        place = ["jurisdiction", "valid_from", "valid_to", "legal_basis"]
        if obj is not None:
            return [(None, {"fields": [*place, "rules", "author", "created_at"]})]
        rungs = [rung_fields(number) for number in NUMBERS]
        quiet = ["services", ("quiet_from", "quiet_to"), "working_days_only"]
        return [
            (None, {"fields": place}),
            (_("When to ask, and by what"), {"fields": rungs}),
            (_("Whom, and when not"), {"fields": quiet}),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        if request.POST:
            return request.POST.dict()
        start = start_from(
            version=_version(request.GET.get("from", "")), preset=request.GET.get("preset", "")
        )
        return {"valid_from": clock.today(), **start}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "presets": presets.PRESETS}
        return super().add_view(request, form_url, context)

    def preview(self, request: HttpRequest, form: LadderForm) -> HttpResponse:
        typed: Ladder = form.instance
        region = typed.jurisdiction
        before = Ladders().of(region.code, clock.now())
        return self.page(
            request,
            "admin/invitations/ladder/preview.html",
            title=_("What this ladder does"),
            version=typed,
            lines=said(typed.document),
            before=said(before.document) if before else [],
            begins_late=typed.valid_from > clock.today(),
            backlog=services.would_be_planned(
                typed.document, region=region.prefix, since=typed.valid_from
            ),
            message=wording.said("invitation", sample("invitation")),
        )

    def save_model(self, request: HttpRequest, obj: Ladder, form: Any, change: bool) -> None:
        saved = services.add_ladder(
            jurisdiction=obj.jurisdiction,
            valid_from=obj.valid_from,
            valid_to=obj.valid_to,
            legal_basis=obj.legal_basis,
            document=obj.document,
            by=request.user if isinstance(request.user, Staff) else None,
        )
        obj.__dict__.update(saved.__dict__)


def _version(key: str) -> Ladder | None:
    try:
        return Ladder.objects.filter(pk=UUID(key)).first()
    except ValueError:
        return None


class WordingForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Wording
        fields = ["kind", "text"]
        help_texts = {
            "text": gettext_lazy(
                "Placeholders: {unit} {day} {url}, and {level} in what is said of a rating. "
                "Nothing personal. Empty: as it came with the software."
            ),
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                wording.check(cleaned["kind"], cleaned.get("text", "").strip())
            except Invalid as problem:
                raise forms.ValidationError(str(problem.detail or problem.title)) from problem
        return cleaned


@admin.register(Wording)
class WordingAdmin(Versions):
    """All versions, the newest of each first."""

    form = WordingForm
    list_display = ["kind", "version", "text", "author", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["author"]

    def preview(self, request: HttpRequest, form: WordingForm) -> HttpResponse:
        kind, text = form.cleaned_data["kind"], form.cleaned_data["text"].strip()
        values = sample(kind)
        then = wording.filled(text or wording.own(kind), values)
        return self.page(
            request,
            "admin/invitations/wording/preview.html",
            title=_("How it will read"),
            now=wording.said(kind, values),
            then=then,
            length=len(then),
            parts=wording.parts_of(then),
        )

    def save_model(self, request: HttpRequest, obj: Wording, form: Any, change: bool) -> None:
        if isinstance(request.user, Staff):
            made = services.word(kind=obj.kind, text=obj.text, by=request.user)
            obj.__dict__.update(made.__dict__)
            messages.info(request, _("It is said from now on."))


def sample(kind: str) -> dict[str, str]:
    """What the placeholders stand for in an invented message."""
    day: date = clock.today()
    path = "i" if kind in ("invitation", "help", "which", "opted_out") else "s"
    code = "A" * (13 if path == "i" else 16)
    return {
        "unit": _("Office of an invented town"),
        "day": wording.day_of(day),
        "level": str(Level.DISSATISFIED.label),
        "url": f"{settings.HUIYIN_BASE_URL}/{path}/{code}",
    }

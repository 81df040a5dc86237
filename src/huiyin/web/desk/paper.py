"""Paper forms: opening a batch, keying it, keying its sample a second time, releasing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huiyin.directory.models import Counter, Organisation
from huiyin.intake.channels.paper import queries, services
from huiyin.intake.channels.paper.entries import Entry
from huiyin.intake.channels.paper.models import Batch, Keying, PaperForm, Unusable
from huiyin.intake.channels.paper.services.keying import MOST_FORMS
from huiyin.intake.channels.web.form import Filled, decode
from huiyin.kernel import clock, paging
from huiyin.kernel.problems import Invalid, NotFound, Problem
from huiyin.kernel.uploads import accept_document
from huiyin.reviews.queries import labels
from huiyin.reviews.services import MAX_TEXT
from huiyin.web.desk.files import to_be_saved
from huiyin.web.desk.forms import day, long_text
from huiyin.web.desk.frame import desk_page, member, render_desk
from huiyin.web.desk.telephone import tags_by_level

PAGE_SIZE = 30
_LATEST_SHOWN = 8
FIELD_NAMES = {
    "level": pgettext_lazy("form field", "Level"),
    "tags": pgettext_lazy("form field", "Tags"),
    "unusable": pgettext_lazy("form field", "No review"),
    "mobile": pgettext_lazy("form field", "Mobile number"),
    "text": pgettext_lazy("form field", "Words"),
}


class Plain(forms.Form):
    """Checked here, with words in the page's language, not by the browser."""

    use_required_attribute = False

    def refuse(self, problem: Problem) -> None:
        field = problem.field if problem.field in self.fields else None
        self.add_error(field, str(problem))


class BatchForm(Plain):
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Whom the forms are about"),
        empty_label=gettext_lazy("Please choose"),
    )
    counter = forms.ModelChoiceField(
        Counter.objects.none(),
        label=gettext_lazy("Counter where they lay"),
        required=False,
        empty_label=gettext_lazy("no certain counter"),
    )
    day = day(gettext_lazy("Day of the forms"))
    forms = forms.IntegerField(
        label=gettext_lazy("How many forms"),
        min_value=1,
        max_value=MOST_FORMS,
        help_text=gettext_lazy("Count the pile first, also those that cannot be read."),
    )

    def __init__(self, staff: Any, data: Any = None) -> None:
        super().__init__(data, initial={"day": clock.today()})
        organisations = queries.organisations_of(staff)
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]
        self.fields["counter"].queryset = queries.counters_of(staff)  # type: ignore[attr-defined]
        self.fields["counter"].label_from_instance = (  # type: ignore[attr-defined]
            lambda counter: f"{counter.organisation} · {counter}"
        )


class EntryForm(Plain):
    """What stands on one form. Level and tags stand in the rating's own component."""

    number = forms.CharField(
        label=gettext_lazy("Number printed on the form"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    unusable = forms.ChoiceField(
        label=gettext_lazy("It is no review"),
        required=False,
        choices=[
            ("", gettext_lazy("it is one")),
            *((one.value, one.label) for one in Unusable),
        ],
    )
    text = long_text(
        gettext_lazy("What the citizen wrote"),
        rows=3,
        hint=gettext_lazy("Letter for letter, mistakes too."),
        required=False,
        limit=MAX_TEXT,
    )
    mobile = forms.CharField(
        label=gettext_lazy("Mobile number, if the citizen wants to be reached"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    scan = forms.FileField(
        label=gettext_lazy("Scanned form"),
        required=False,
        help_text=gettext_lazy("PDF, JPEG, PNG or WebP, 8 MB at most."),
    )

    def __init__(self, data: Any = None, files: Any = None, **more: Any) -> None:
        super().__init__(data, files, **more)
        self.filled: Filled | None = decode(data) if data is not None else None

    @property
    def entry(self) -> Entry:
        """What was keyed; once the form is valid. Of no review nothing else is taken."""
        typed = self.cleaned_data
        if typed["unusable"]:
            return Entry(unusable=typed["unusable"])
        filled = self.filled
        return Entry(
            filled.level if filled else None,
            tuple(filled.tags) if filled else (),
            typed["text"],
            typed["mobile"].strip(),
        )


class SecondEntryForm(EntryForm):
    """The number is that of the form to be found in the pile; its scan is there already."""

    def __init__(self, data: Any = None, files: Any = None, **more: Any) -> None:
        super().__init__(data, files, **more)
        del self.fields["number"], self.fields["scan"]


class SettleForm(SecondEntryForm):
    note = forms.CharField(
        label=gettext_lazy("Why the form is to be read like this"), max_length=300
    )


@desk_page
@require_safe
def batches(request: HttpRequest) -> HttpResponseBase:
    staff = member(request)
    _need_right(request)
    try:
        page = paging.page(
            queries.visible_to(staff),
            key="-opened_at",
            cursor=request.GET.get("after"),
            size=PAGE_SIZE,
        )
    except Invalid:
        return redirect("desk:paper")
    counts = queries.counts_by_batch(page.rows)
    return render_desk(
        request,
        "desk/paper/batches.html",
        {
            "rows": [(batch, counts[batch.pk]) for batch in page.rows],
            "next_cursor": page.next_cursor,
        },
        here="paper",
    )


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def new_batch(request: HttpRequest) -> HttpResponseBase:
    staff = member(request)
    _need_right(request)
    form = BatchForm(staff, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            batch = services.open_batch(staff=staff, **form.cleaned_data)
        except Problem as problem:
            form.refuse(problem)
        else:
            return redirect("desk:paper-key", batch.code)
    return render_desk(
        request,
        "desk/paper/new.html",
        {"form": form},
        here="paper",
        status=422 if form.errors else 200,
    )


@desk_page
@require_safe
def batch(request: HttpRequest, code: str) -> HttpResponseBase:
    """Where a batch stands, and what is next."""
    staff = member(request)
    found = queries.get_batch(staff, code)
    progress = queries.progress_of(found)
    may_check = (
        found.state == Batch.State.CHECKING and queries.next_to_check(found, staff) is not None
    )
    return render_desk(
        request,
        "desk/paper/batch.html",
        {
            "batch": found,
            "progress": progress,
            "steps": _steps(found),
            "may_check": may_check,
            "all_keyed": progress.keyed == found.forms,
            "actions": found.actions.select_related("staff"),
            "sheets": queries.sheets_of(found).order_by("number"),
        },
        here="paper",
    )


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def key(request: HttpRequest, code: str) -> HttpResponseBase:
    """One form after the other; Enter stores it and the next one is empty."""
    staff = member(request)
    found = queries.get_batch(staff, code)
    if found.state != Batch.State.KEYING:
        return redirect("desk:paper-batch", code)
    form = EntryForm(request.POST, request.FILES) if request.method == "POST" else EntryForm()
    if form.is_bound and form.is_valid():
        upload = form.cleaned_data["scan"]
        try:
            scan = accept_document(upload, name=upload.name, field="scan") if upload else None
            sheet = services.key_form(
                batch=found,
                staff=staff,
                number=form.cleaned_data["number"],
                entry=form.entry,
                scan=scan,
            )
        except Problem as problem:
            form.refuse(problem)
        else:
            messages.success(request, _("Form %(number)s is keyed.") % {"number": sheet.number})
            full = queries.progress_of(found).keyed == found.forms
            return redirect("desk:paper-batch" if full else "desk:paper-key", code)
    latest = Keying.objects.filter(
        form__batch=found, form__removed_at__isnull=True, round=found.round, by=staff
    )
    return _entry_page(
        request,
        "desk/paper/key.html",
        form,
        {
            "batch": found,
            "progress": queries.progress_of(found),
            "latest": latest.select_related("form").order_by("-pk")[:_LATEST_SHOWN],
        },
    )


@desk_page
@require_POST
def remove(request: HttpRequest, code: str) -> HttpResponseBase:
    """Take back a wrong number."""
    staff = member(request)
    found = queries.get_batch(staff, code)
    number = request.POST.get("number", "")
    try:
        services.remove_form(batch=found, staff=staff, number=number)
    except Problem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("Form %(number)s is taken back.") % {"number": number})
    return redirect("desk:paper-key", code)


@desk_page
@require_POST
def finish(request: HttpRequest, code: str) -> HttpResponseBase:
    """All is keyed: draw the sample."""
    staff = member(request)
    found = queries.get_batch(staff, code)
    try:
        services.finish_keying(batch=found, staff=staff)
    except Problem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The sample is drawn. Another person keys it now."))
    return redirect("desk:paper-batch", code)


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, code: str) -> HttpResponseBase:
    """The second entry, without a look at the first."""
    staff = member(request)
    found = queries.get_batch(staff, code)
    sheet = queries.next_to_check(found, staff) if found.state == Batch.State.CHECKING else None
    if sheet is None:
        return redirect("desk:paper-batch", code)
    form: EntryForm = SecondEntryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and request.POST.get("sheet") != str(sheet.pk):
        # A page that was left open, or sent twice: on with the form that is next now.
        return redirect("desk:paper-check", code)
    if form.is_bound and form.is_valid():
        try:
            after = services.check_form(sheet=sheet, staff=staff, entry=form.entry)
        except Problem as problem:
            form.refuse(problem)
        else:
            if after.state == Batch.State.CHECKING:
                return redirect("desk:paper-check", code)
            _tell_result(request, after)
            return redirect("desk:paper-batch", code)
    return _entry_page(
        request,
        "desk/paper/check.html",
        form,
        {"batch": found, "sheet": sheet, "progress": queries.progress_of(found)},
    )


def _tell_result(request: HttpRequest, found: Batch) -> None:
    if found.state == Batch.State.READY:
        messages.success(request, _("The sample agrees. The batch can be released."))
    elif found.state == Batch.State.SETTLING:
        messages.warning(request, _("The entries differ here and there. Settle that next."))
    else:
        messages.error(
            request, _("The sample differs too much. All forms of the batch are keyed again.")
        )


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def differences(request: HttpRequest, code: str) -> HttpResponseBase:
    """What two people keyed differently, one form after the other."""
    staff = member(request)
    found = queries.get_batch(staff, code)
    waiting = queries.differences_of(found) if found.state == Batch.State.SETTLING else []
    if not waiting:
        return redirect("desk:paper-batch", code)
    wanted = request.POST.get("sheet")
    one = next((each for each in waiting if str(each.sheet.pk) == wanted), waiting[0])
    form: EntryForm = SettleForm(request.POST if request.method == "POST" and wanted else None)
    if form.is_bound and form.is_valid():
        try:
            services.settle(
                sheet=one.sheet, staff=staff, entry=form.entry, note=form.cleaned_data["note"]
            )
        except Problem as problem:
            form.refuse(problem)
        else:
            messages.success(
                request,
                _("What form %(number)s says is on record.") % {"number": one.sheet.number},
            )
            return redirect("desk:paper-differences", code)
    return _entry_page(
        request,
        "desk/paper/differences.html",
        form,
        {
            "batch": found,
            "one": one,
            "left": len(waiting),
            "differing": [FIELD_NAMES[name] for name in one.fields],
            "entries": [_shown(one.one), _shown(one.other)],
            "is_own": one.first.by_id == staff.pk,
        },
    )


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "level": entry.level,
        "tags": labels(entry.tags),
        "text": entry.text,
        "mobile": entry.mobile,
        "unusable": capfirst(Unusable(entry.unusable).label) if entry.unusable else "",
    }


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, code: str) -> HttpResponseBase:
    """Asks once more; then the forms become reviews."""
    staff = member(request)
    found = queries.get_batch(staff, code)
    if found.state != Batch.State.READY:
        return redirect("desk:paper-batch", code)
    if request.method == "POST":
        try:
            services.release(batch=found, staff=staff)
        except Problem as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("Released: the reviews count now, apart from the others."))
        return redirect("desk:paper-batch", code)
    return render_desk(
        request,
        "desk/paper/release.html",
        {"batch": found, "progress": queries.progress_of(found)},
        here="paper",
    )


@desk_page
@require_safe
def scan(request: HttpRequest, code: str, key: UUID) -> HttpResponse:
    """A scanned form, to be saved: never opened within the page's own origin."""
    found = queries.get_batch(member(request), code)
    sheet = PaperForm.objects.filter(batch=found, pk=key).exclude(scan="").first()
    if sheet is None:
        raise NotFound
    return to_be_saved(sheet.scan, sheet.media_type, sheet.scan_name)


def _entry_page(
    request: HttpRequest, template: str, form: EntryForm, context: dict[str, Any]
) -> HttpResponse:
    filled = form.filled
    return render_desk(
        request,
        template,
        {
            "form": form,
            "tags_by_level": tags_by_level(),
            "chosen": filled.level if filled else None,
            "chosen_tags": filled.all_ticked if filled else (),
            **context,
        },
        here="paper",
        status=422 if form.errors else 200,
    )


def _steps(found: Batch) -> list[dict[str, Any]]:
    state = Batch.State
    road = [
        (state.KEYING, _("Key all forms")),
        (state.CHECKING, _("Key a sample again")),
        (state.SETTLING, _("Settle differences")),
        (state.READY, _("Release")),
    ]
    order = [one for one, _title in road] + [state.RELEASED]
    at = order.index(state(found.state))
    return [
        {"title": title, "state": "done" if place < at else "now" if place == at else "next"}
        for place, (_one, title) in enumerate(road)
    ]


def _need_right(request: HttpRequest) -> None:
    """Who may key for no organisation finds nothing. Raises ``NotFound``."""
    if not queries.organisations_of(member(request)).exists():
        raise NotFound

"""Words that are held back from the public, and releasing them. For auditors alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from huiyin.directory.models import Role
from huiyin.kernel import clock, paging
from huiyin.kernel.problems import Invalid, NotFound, Problem
from huiyin.reviews.models import ReviewContent
from huiyin.reviews.naming import item_name
from huiyin.reviews.queries import held_back_for
from huiyin.reviews.screening import Finding
from huiyin.reviews.services import release_words
from huiyin.web.cockpit.frame import cockpit_page, render_cockpit
from huiyin.web.cockpit.lists import PAGE_SIZE, further
from huiyin.web.desk.forms import long_text
from huiyin.web.desk.frame import member, roles_of

FINDINGS = {
    Finding.PHONE: gettext_lazy("a telephone number"),
    Finding.IDENTITY: gettext_lazy("an identity number"),
    Finding.BANK_CARD: gettext_lazy("a card number"),
    Finding.PLATE: gettext_lazy("a number plate"),
    Finding.EMAIL: gettext_lazy("an e-mail address"),
    Finding.NAME: gettext_lazy("a name"),
    Finding.ADDRESS: gettext_lazy("a home address"),
    Finding.KNOWN: gettext_lazy("what the platform knows of those concerned"),
}


@dataclass(frozen=True)
class Line:
    """Words that are held back, without what would tell who wrote them or how they rated."""

    review_id: UUID
    unit: str
    service: str
    day: date
    text: str
    findings: list[str]


class ReleaseForm(forms.Form):
    reason = long_text(
        gettext_lazy("Why nobody is named"),
        hint=gettext_lazy("The reason is public, in the log, and kept for good."),
    )
    sure = forms.BooleanField(
        label=gettext_lazy("I have read the text: it names nobody, and nobody can be found by it"),
    )

    def refuse(self, problem: Problem) -> None:
        """Show ``problem`` where it belongs."""
        self.add_error(problem.field if problem.field in self.fields else None, str(problem))


@cockpit_page
@require_safe
def held_back(request: HttpRequest) -> HttpResponseBase:
    """What the reader may release, the newest first."""
    staff = member(request)
    _auditors_only(request)
    try:
        page = paging.page(
            held_back_for(staff), key="-review", cursor=request.GET.get("after"), size=PAGE_SIZE
        )
    except Invalid:
        return redirect("cockpit:words")
    context = {
        "lines": [_line(content) for content in page.rows],
        **further("words", request, page.next_cursor, {}),
    }
    return render_cockpit(request, "words.html", context, page="words")


@cockpit_page
@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, review_id: UUID) -> HttpResponseBase:
    """Look at held back words, and release them with a reason."""
    staff = member(request)
    _auditors_only(request)
    content = held_back_for(staff).filter(pk=review_id).first()
    if content is None:
        raise NotFound
    if request.method != "POST":
        return _page(request, content, ReleaseForm())
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return _page(request, content, form, status=422)
    try:
        release_words(review_id=review_id, staff=staff, reason=form.cleaned_data["reason"])
    except Problem as problem:
        form.refuse(problem)
        return _page(request, content, form, status=problem.status)
    messages.success(
        request, _("The words are released. The public reads them from the next sealing on.")
    )
    return redirect("cockpit:words")


def _auditors_only(request: HttpRequest) -> None:
    if Role.AUDITOR not in roles_of(member(request)):
        raise NotFound


def _page(
    request: HttpRequest, content: ReviewContent, form: forms.Form, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"line": _line(content), "form": form}
    return render_cockpit(request, "release.html", context, page="words", status=status)


def _line(content: ReviewContent) -> Line:
    review = content.review
    return Line(
        review_id=review.pk,
        unit=str(review.organisation),
        service=item_name(review.event),
        day=clock.local(review.accepted_at).date(),
        text=content.text,
        findings=[str(FINDINGS[Finding(code)]) for code in content.held_back],
    )

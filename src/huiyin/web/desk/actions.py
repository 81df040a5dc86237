"""Taking a step: one address per form of the matter page. Thin; the rules are the services'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from huiyin.kernel.problems import Invalid, Problem
from huiyin.kernel.uploads import accept_document
from huiyin.matters import services
from huiyin.matters.errors import Moved, NotNow, NotYours
from huiyin.matters.models import ContactAttempt, Evidence
from huiyin.matters.queries import get_visible, visible_to
from huiyin.notices.services import call_citizen, message_citizen
from huiyin.reviews.queries import for_unit
from huiyin.web.desk import calls, forms, further, picture
from huiyin.web.desk.frame import desk_page, member, render_desk
from huiyin.web.desk.further import BY_NAME
from huiyin.web.desk.road import offers

Take = Callable[[HttpRequest, dict[str, Any], Any], None]


@desk_page
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """Take the step that the form called ``name`` stands for.

    Looked at instead of sent (after signing in again, say) it leads back to the matter.
    """
    if request.method != "POST":
        return redirect("desk:matter", code=code)
    staff = member(request)
    matter = get_visible(staff, code)
    form = picture.new_form(name, matter, request.POST, request.FILES)
    who = {"matter": matter, "staff": staff, "seen_version": form.seen_version}
    try:
        if form.seen_version != matter.version:
            raise Moved
        if not form.is_valid():
            return picture.show(request, code, bound=(name, form), status=422)
        if name in BY_NAME:
            further.take(name, who, form)
        else:
            _STEPS[name](request, who, form)
    except (Moved, NotNow, NotYours) as problem:
        return _look_again(request, code, form, problem)
    except Problem as problem:
        form.refuse(problem)
        return picture.show(request, code, bound=(name, form), status=problem.status)
    messages.success(request, str(BY_NAME[name].done if name in BY_NAME else _DONE[name]))
    if not visible_to(staff).filter(pk=matter.pk).exists():
        return redirect("desk:inbox")  # it went to another unit
    return redirect("desk:matter", code=code)


@desk_page
@require_http_methods(["GET"])
def confirm_approval(request: HttpRequest, code: str) -> HttpResponse:
    """The reply as the citizen will read it, before it goes out for good."""
    staff = member(request)
    matter = get_visible(staff, code)
    if offers(staff, matter).get(picture.FORM_EVENTS["approve"], "no"):
        return redirect("desk:matter", code=code)
    context = {
        "matter": matter,
        "draft": matter.replies.select_related("author").last(),
        "form": picture.new_form("approve", matter),
        "seen": for_unit(matter),
    }
    return render_desk(request, "desk/approve.html", context)


def _look_again(
    request: HttpRequest, code: str, form: forms.StepForm, problem: Problem
) -> HttpResponse:
    """The page afresh, with what was typed kept: somebody else was faster, or it is not theirs."""
    notice = picture.Notice(
        "warning", str(problem.title), str(problem.detail or ""), [*form.typed()]
    )
    return picture.show(request, code, notice=notice, status=problem.status)


def _call(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    placed = call_citizen(matter=who["matter"], staff=who["staff"])
    calls.start_call(request, who["matter"], placed.reference)


def _outcome(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    reference = calls.running_call(request, who["matter"])
    if reference is None:
        raise Invalid(_("Start the call first; then say what came of it."))
    services.record_contact(
        **who,
        means=ContactAttempt.Means.CALL,
        outcome=form.cleaned_data["outcome"],
        relay_reference=reference,
        note=form.cleaned_data["note"],
    )
    calls.end_call(request, who["matter"])


def _message(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    message_citizen(**who, text=form.cleaned_data["message"])


def _verify(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    services.verify(**who, facts=form.cleaned_data["facts"], simple=form.cleaned_data["simple"])


def _ask_unreachable(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    services.ask_unreachable(**who, reason=form.cleaned_data["reason"])


def _decide_unreachable(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    services.decide_unreachable(
        **who, agree=form.cleaned_data["decision"], reason=form.cleaned_data["reason"]
    )


def _plan(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    services.plan(
        **who,
        root_cause=form.cleaned_data["root_cause"],
        explanation=form.cleaned_data["explanation"],
        measures=form.measures,
        milestones=form.milestones,
    )


def _milestone(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    services.reach_milestone(**who, place=form.cleaned_data["place"])


def _evidence(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    _add_file(who, form.cleaned_data["file"], form.cleaned_data["caption"])


def _reply(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    fields = ("text", "result_class", "planned_for", "legal_reason")
    reply = {field: form.cleaned_data[field] for field in fields}
    upload = form.cleaned_data["file"]
    if not upload:
        services.draft_reply(**who, **reply)
        return
    # Both or neither: a reply that is refused leaves no file behind.
    added = None
    try:
        with transaction.atomic():
            added = _add_file(who, upload)
            services.draft_reply(**who | {"seen_version": added.matter.version}, **reply)
    except Problem:
        if added is not None:
            added.file.delete(save=False)
        raise


def _add_file(who: dict[str, Any], upload: Any, caption: str = "") -> Evidence:
    file = accept_document(upload, name=upload.name, field="file")
    return services.add_evidence(**who, file=file, caption=caption)


def _return(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    services.return_reply(**who, reason=form.cleaned_data["reason"])


def _approve(request: HttpRequest, who: dict[str, Any], form: Any) -> None:
    services.approve_reply(**who)


_STEPS: dict[str, Take] = {
    "call": _call,
    "outcome": _outcome,
    "message": _message,
    "verify": _verify,
    "ask-unreachable": _ask_unreachable,
    "decide-unreachable": _decide_unreachable,
    "plan": _plan,
    "milestone": _milestone,
    "evidence": _evidence,
    "reply": _reply,
    "return": _return,
    "approve": _approve,
}
NAMES = (*_STEPS, *BY_NAME)
_DONE: dict[str, str | Promise] = {
    "call": gettext_lazy("The platform is calling the citizen. Record below what came of it."),
    "outcome": gettext_lazy("The attempt is recorded."),
    "message": gettext_lazy("The message is on its way, and the attempt is recorded."),
    "verify": gettext_lazy("The facts are recorded. Next: the root cause and the plan."),
    "ask-unreachable": gettext_lazy("Your supervisor has been asked."),
    "decide-unreachable": gettext_lazy("Your decision is recorded, and the unit has been told."),
    "plan": gettext_lazy("The plan is recorded. Tick off its milestones as you reach them."),
    "milestone": gettext_lazy("The milestone is ticked off."),
    "evidence": gettext_lazy("The file is added."),
    "reply": gettext_lazy("The reply waits for another person's approval."),
    "return": gettext_lazy("The reply went back to its author with your reason."),
    "approve": gettext_lazy("The reply is approved. The platform is telling the citizen."),
}

"""Rating by telephone: the agent's next call, placing it, and recording what was said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from functools import wraps
from typing import Any, ParamSpec, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huiyin.directory.models import Role
from huiyin.intake.channels.hotline import errors, queries, services
from huiyin.intake.channels.hotline.models import ListedCall, Outcome
from huiyin.intake.channels.hotline.services.agents import Said
from huiyin.intake.channels.web.form import decode
from huiyin.kernel import clock
from huiyin.kernel.problems import NotFound, Problem
from huiyin.reviews.models import Level
from huiyin.reviews.queries import current_tags, label
from huiyin.reviews.services import MAX_TEXT
from huiyin.web.desk.forms import long_text
from huiyin.web.desk.frame import View, desk_page, member, render_desk

P = ParamSpec("P")
_ACTIONS_SHOWN = 15
_MORNING, _AFTERNOON = time(9, 30), time(14, 30)


def hotline_page(*roles: Role) -> Callable[[View[P]], View[P]]:
    """A view for the hotline's staff with one of ``roles``; for others it does not exist."""

    def around(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            staff = member(request)
            if not any(queries.hotlines_of(staff, role).exists() for role in roles):
                raise NotFound
            return view(request, *args, **kwargs)

        return desk_page(cast("View[P]", guarded))

    return around


agent_page = hotline_page(Role.HANDLER)


class RecordForm(forms.Form):
    """What came of the call. Level and tags stand in the rating's own component."""

    use_required_attribute = False
    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of the call?"), widget=forms.RadioSelect
    )
    text = long_text(
        gettext_lazy("What was said"),
        hint=gettext_lazy("As the citizen said it, word for word. No names and no numbers."),
        required=False,
        limit=MAX_TEXT,
    )
    again = forms.ChoiceField(
        label=gettext_lazy("When to call again"),
        required=False,
        choices=[
            ("", gettext_lazy("Please choose")),
            ("hours", gettext_lazy("in three hours")),
            ("morning", gettext_lazy("tomorrow in the morning")),
            ("afternoon", gettext_lazy("tomorrow in the afternoon")),
            ("days", gettext_lazy("in three days")),
        ],
    )

    def __init__(self, listed: ListedCall, data: Any = None) -> None:
        super().__init__(data)
        wants = listed.purpose == ListedCall.Purpose.RATING
        offered = [one for one in Outcome if one != (Outcome.TOLD if wants else Outcome.RATED)]
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            (one.value, capfirst(one.label)) for one in offered
        ]
        self.filled = decode(data) if data is not None else None

    def refuse(self, problem: Problem) -> None:
        field = problem.field if problem.field in self.fields else None
        self.add_error(field, str(problem))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("outcome") == Outcome.LATER and not said.get("again"):
            self.add_error("again", _("Choose when they want to be called."))
        return said

    @property
    def said(self) -> Said:
        """What the agent says; once the form is valid. Of a call that was no rating neither level
        nor words are taken, whatever was clicked before."""
        typed = self.cleaned_data
        outcome = Outcome(typed["outcome"])
        rates = outcome == Outcome.RATED
        return Said(
            outcome,
            self.filled.level if rates and self.filled else None,
            self.filled.tags if rates and self.filled else (),
            typed["text"] if rates or outcome == Outcome.TOLD else "",
            _moment(typed["again"]) if outcome == Outcome.LATER else None,
        )


def _moment(again: str) -> datetime:
    now = clock.local(clock.now())
    if again == "hours":
        return now + timedelta(hours=3)
    day = now.date() + timedelta(days=3 if again == "days" else 1)
    at = _AFTERNOON if again == "afternoon" else _MORNING
    return datetime.combine(day, at, clock.LOCAL)


@hotline_page(Role.HANDLER, Role.SUPERVISOR)
@require_safe
def start(request: HttpRequest) -> HttpResponseBase:
    """How many wait, the next call, and what one did today; the call itself while there is one."""
    staff = member(request)
    if listed := queries.taken_by(staff):
        return redirect("desk:telephone-call", listed.code)
    return render_desk(
        request,
        "desk/telephone/start.html",
        {
            "rings_now": queries.hotlines_of(staff).exists(),
            "keeps_list": queries.hotlines_of(staff, Role.SUPERVISOR).exists(),
            "waiting": queries.to_be_called(staff).count(),
            "actions": queries.own_actions(staff)[:_ACTIONS_SHOWN],
        },
        here="telephone",
    )


@agent_page
@require_POST
def take_next(request: HttpRequest) -> HttpResponseBase:
    listed = services.take_next(staff=member(request))
    if listed is None:
        messages.info(request, _("Nobody is to be called at the moment."))
        return redirect("desk:telephone")
    return redirect("desk:telephone-call", listed.code)


@agent_page
@require_safe
def call(request: HttpRequest, code: str) -> HttpResponseBase:
    """Whom to call, and once the call was placed the form for what came of it."""
    return _show(request, queries.get_taken(member(request), code))


@agent_page
@require_POST
def place(request: HttpRequest, code: str) -> HttpResponseBase:
    staff = member(request)
    listed = queries.get_taken(staff, code)
    try:
        services.place(listed=listed, staff=staff)
    except errors.RatedBefore as problem:
        # The list is brought up to date when the next call is taken.
        services.put_back(listed=listed, staff=staff)
        return _back(request, problem)
    except Problem as problem:
        messages.error(request, str(problem))
    return redirect("desk:telephone-call", code)


@agent_page
@require_POST
def put_back(request: HttpRequest, code: str) -> HttpResponseBase:
    staff = member(request)
    listed = queries.get_taken(staff, code)
    try:
        services.put_back(listed=listed, staff=staff)
    except Problem as problem:
        messages.error(request, str(problem))
        return redirect("desk:telephone-call", code)
    return redirect("desk:telephone")


@agent_page
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, code: str) -> HttpResponseBase:
    """First what will be recorded, to be looked at; then, once it is confirmed, the record."""
    staff = member(request)
    listed = queries.get_taken(staff, code)
    if request.method != "POST":
        return redirect("desk:telephone-call", code)
    form = RecordForm(listed, request.POST)
    running = queries.running_call(listed)
    if running is None:
        messages.error(request, str(errors.NoCallPlaced()))
        return redirect("desk:telephone-call", code)
    if not form.is_valid() or "change" in request.POST:
        return _show(request, listed, form, status=422 if form.errors else 200)
    try:
        if "sure" not in request.POST:
            services.check_said(call=running, listed=listed, said=form.said)
            return _confirm(request, listed, form)
        services.record(listed=listed, staff=staff, said=form.said)
    except (errors.RatedBefore, errors.CallSettled, errors.NotYourCall) as problem:
        return _back(request, problem)
    except Problem as problem:
        form.refuse(problem)
        return _show(request, listed, form, status=problem.status)
    messages.success(request, _("Recorded. It cannot be changed any more."))
    return redirect("desk:telephone")


def _back(request: HttpRequest, problem: Problem) -> HttpResponseBase:
    messages.warning(request, str(problem))
    return redirect("desk:telephone")


def _show(
    request: HttpRequest, listed: ListedCall, form: RecordForm | None = None, status: int = 200
) -> HttpResponse:
    placed = queries.running_call(listed)
    context: dict[str, Any] = {
        "listed": listed,
        "seen": queries.seen(listed),
        "placed": placed,
    }
    if placed:
        context |= _form_context(form or RecordForm(listed))
    return render_desk(
        request, "desk/telephone/call.html", context, here="telephone", status=status
    )


def _form_context(form: RecordForm) -> dict[str, Any]:
    return {
        "form": form,
        "tags_by_level": tags_by_level(),
        "chosen": form.filled.level if form.filled else None,
        "chosen_tags": form.filled.all_ticked if form.filled else (),
    }


def tags_by_level() -> Mapping[int, list[tuple[str, str]]]:
    """The tags in force, as the rating's component wants them. One query."""
    found: dict[int, list[tuple[str, str]]] = {level: [] for level in Level.values}
    for code, tag in sorted(current_tags().items()):
        found[tag.level].append((code, label(tag)))
    return found


def _confirm(request: HttpRequest, listed: ListedCall, form: RecordForm) -> HttpResponse:
    said = form.said
    tags = current_tags(said.tags)
    return render_desk(
        request,
        "desk/telephone/confirm.html",
        {
            "listed": listed,
            "seen": queries.seen(listed),
            "said": said,
            "outcome": capfirst(said.outcome.label),
            "labels": [label(tags[code]) for code in said.tags if code in tags],
            # What was typed goes on with the confirmation, to the letter.
            "typed": [
                (name, value)
                for name, values in request.POST.lists()
                if name not in {"csrfmiddlewaretoken", "change", "sure"}
                for value in values
            ],
        },
        here="telephone",
    )

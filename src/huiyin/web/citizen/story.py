"""The loop told in the citizen's words: what happened, what is happening, what comes next.

Pure: rows in, sentences out, no query. Every event of the transition table has a sentence here, and
every state says who has to do what by when. What is internal to the unit (who wrote, why a draft
went back) is told as a fact without its details.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huiyin.matters.models import Clock, ContactAttempt, FollowUp, Matter, Reply, RootCause, Step
from huiyin.matters.table import ClockKind, Event, State
from huiyin.web.templatetags.huiyin import local_due

Means, Outcome = ContactAttempt.Means, ContactAttempt.Outcome


@dataclass(frozen=True)
class Deadline:
    """A deadline as a sentence, such as “To contact you by 24 Nov 2026, 24:00”."""

    words: str
    late: bool = False
    # Computed with a calendar whose holidays were not yet announced.
    provisional: bool = False


@dataclass(frozen=True)
class Item:
    """One point of the timeline; the field names are those of components/timeline.html."""

    title: str
    state: str = "done"
    at: datetime | None = None
    text: str = ""
    deadline: Deadline | None = None
    reply: Reply | None = None
    level: int | None = None

    @property
    def template(self) -> str:
        return "citizen/item.html" if self.deadline or self.reply or self.level else ""

    @property
    def data(self) -> Item:
        return self


@dataclass(frozen=True)
class Story:
    """What the status page tells of a review."""

    items: tuple[Item, ...]
    # The page's first sentence: where it stands now. ``kind`` is that of components/banner.html.
    headline: str
    detail: str = ""
    deadline: Deadline | None = None
    kind: str = "info"
    # The reply that holds now.
    reply: Reply | None = None
    asks_again: bool = False
    # Whether a unit owes the citizen something: the story of a bad review.
    owes: bool = True
    # Whether something can still happen, so that looking again makes sense.
    live: bool = True


@dataclass(frozen=True)
class Loop:
    """Everything the story of a matter is told from."""

    matter: Matter
    unit: str
    steps: Sequence[Step]
    clocks: Sequence[Clock]
    replies: Sequence[Reply]
    milestones_done: int
    milestones: int
    second_level: int | None
    now: datetime

    def clock(self, kind: ClockKind, in_round: int | None = None) -> Clock | None:
        wanted = (kind, self.matter.round if in_round is None else in_round)
        return next((row for row in self.clocks if (row.kind, row.round) == wanted), None)

    def reply(self, in_round: int) -> Reply | None:
        """The reply of a round that was told, or is being told: the last one written in it."""
        written = [reply for reply in self.replies if reply.round == in_round]
        return max(written, key=lambda reply: reply.number, default=None)

    @property
    def told_rounds(self) -> list[int]:
        return [step.round for step in self.steps if step.event == Event.TELL]


def of_loop(loop: Loop) -> Story:
    """The story of a bad review."""
    past = _merged(
        [(Event(step.event), _PAST[Event(step.event)](loop, step)) for step in loop.steps]
    )
    latest = loop.told_rounds[-1] if loop.told_rounds else None
    # The newest reply stands at the top of the page; the timeline only repeats older ones.
    told = loop.reply(latest) if latest is not None else None
    items = [replace(item, reply=None) if item.reply is told else item for item in past]
    if loop.matter.state == State.CLOSED:
        return _closed(loop, items, told)
    present = _PRESENT[State(loop.matter.state)](loop)
    asks_again = loop.matter.follow_up == FollowUp.ASKED
    if loop.matter.state == State.TOLD and not asks_again:
        present = Item(_("The matter is being closed"), "now")
    return Story(
        items=(*items, present, *_future(loop)),
        headline=present.title,
        detail=present.text,
        deadline=present.deadline,
        kind="warning" if present.state == "late" else "success" if asks_again else "info",
        reply=told,
        asks_again=asks_again,
    )


def of_praise(*, accepted_at: datetime, epoch: int | None, counted_by: datetime) -> Story:
    """The story of a review at levels 3 to 5: it is recorded, then counted; nothing is owed."""
    recorded = Item(_("Your review has been recorded"), at=accepted_at)
    if epoch is not None:
        counted = Item(_("Counted in the public log, epoch %(number)s") % {"number": epoch})
        return Story(
            (recorded, counted), _("Thank you for your review"), kind="success", live=False
        )
    waiting = Item(
        _("It will be counted in the public log"),
        "next",
        text=_(
            "Together with other reviews and in shuffled order, so that nobody can tell from "
            "the figures who gave which."
        ),
        deadline=Deadline(_("By %(due)s at the latest") % {"due": local_due(counted_by)}),
    )
    return Story((recorded, waiting), _("Thank you for your review"), kind="success", owes=False)


# What happened: one sentence an event


def _opened(loop: Loop, step: Step) -> Item:
    return _did(step, _("Your review has reached %(unit)s"), loop)


def _contacted(loop: Loop, step: Step) -> Item:
    means, outcome = step.data.get("means"), step.data.get("outcome")
    if means == Means.MESSAGE:
        words = (
            _("%(unit)s sent you a message, and you answered")
            if outcome == Outcome.REACHED
            else _("%(unit)s sent you a message")
        )
        return _did(step, words, loop, text=step.data.get("message", ""))
    words = {
        Outcome.REACHED.value: _("%(unit)s called you and spoke with you"),
        Outcome.NO_ANSWER.value: _("%(unit)s called you; nobody answered"),
        Outcome.BUSY.value: _("%(unit)s called you; the line was busy"),
        Outcome.UNAVAILABLE.value: _("%(unit)s called you; the call did not get through"),
        Outcome.DECLINED.value: _("%(unit)s called you; you did not wish to talk"),
    }.get(str(outcome), _("%(unit)s tried to reach you"))
    return _did(step, words, loop)


def _verified(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s has verified what happened"), loop, ends=ClockKind.CALLBACK)


def _asked_unreachable(loop: Loop, step: Step) -> Item:
    return _did(
        step, _("%(unit)s could not reach you and asked the supervising body how to go on"), loop
    )


def _consented_unreachable(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("The supervising body agreed to go on without having reached you"),
        loop,
        text=_("What you wrote is what counts. The reply will appear on this page."),
        ends=ClockKind.CALLBACK,
    )


def _refused_unreachable(loop: Loop, step: Step) -> Item:
    return _did(step, _("The supervising body told %(unit)s to keep trying to reach you"), loop)


def _planned(loop: Loop, step: Step) -> Item:
    cause = step.data.get("root_cause")
    known = cause in RootCause.values
    return _did(
        step,
        _("%(unit)s looked for the cause and made a plan"),
        loop,
        text=_("Cause: %(cause)s") % {"cause": RootCause(cause).label} if known else "",
    )


def _reached_milestone(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s completed a step of its plan"), loop)


def _added_evidence(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s filed proof of what was done"), loop)


def _drafted(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s wrote a reply"), loop)


def _returned(loop: Loop, step: Step) -> Item:
    return _did(step, _("The reply did not pass the check and is being written anew"), loop)


def _approved(loop: Loop, step: Step) -> Item:
    words = (
        _("The reply passed the check by another person")
        if step.round == 1
        else _("The reply passed the check by the arbiter")
    )
    return _did(step, words, loop)


def _told(loop: Loop, step: Step) -> Item:
    words = _("%(unit)s replied to you") if step.round == 1 else _("%(unit)s replied to you again")
    item = _did(step, words, loop, ends=ClockKind.RECTIFICATION)
    return replace(item, reply=loop.reply(step.round))


def _confirmed(loop: Loop, step: Step) -> Item:
    item = _did(step, _("You rated again: you accept the result"), loop)
    return replace(item, level=loop.second_level)


def _objected(loop: Loop, step: Step) -> Item:
    item = _did(
        step,
        _("You rated again: you are still dissatisfied"),
        loop,
        text=_("The matter was reopened under supervision by the supervising body."),
    )
    return replace(item, level=loop.second_level)


def _declined(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("You chose not to rate again"),
        loop,
        text=_("This does not count as satisfied."),
    )


def _expired(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("The time to rate again is over"),
        loop,
        text=_("Silence does not count as satisfied."),
    )


def _did_close(loop: Loop, step: Step) -> Item:
    return _did(step, _("The matter is closed"), loop)


def _reminded(loop: Loop, step: Step) -> Item:
    words = {
        ClockKind.CALLBACK.value: _("%(unit)s was reminded to contact you by %(due)s"),
        ClockKind.RECTIFICATION.value: _("%(unit)s was reminded to reply to you by %(due)s"),
        ClockKind.FOLLOW_UP.value: _("Reminder: you can rate again until %(due)s"),
    }[step.data["clock"]]
    row = loop.clock(ClockKind(step.data["clock"]), step.round)
    return _did(step, words, loop, due=local_due(row.due_at if row else None))


def _breached(loop: Loop, step: Step) -> Item:
    words = (
        _("%(unit)s did not contact you in time")
        if step.data["clock"] == ClockKind.CALLBACK
        else _("%(unit)s did not reply to you in time")
    )
    item = _did(
        step, words, loop, text=_("The delay is on record and the supervising body has been told.")
    )
    return replace(item, state="late")


def _did(
    step: Step,
    words: str,
    loop: Loop,
    *,
    text: str = "",
    ends: ClockKind | None = None,
    **more: str,
) -> Item:
    """A thing done; when it ``ends`` a clock too late, it says so."""
    row = loop.clock(ends, step.round) if ends else None
    if row is not None and row.in_time is False:
        text = _("This was late: the deadline was %(due)s.") % {"due": local_due(row.due_at)}
    return Item(words % {"unit": loop.unit, **more}, at=step.at, text=text)


_PAST: Mapping[Event, Callable[[Loop, Step], Item]] = {
    Event.OPEN: _opened,
    Event.CONTACT: _contacted,
    Event.VERIFY: _verified,
    Event.ASK_UNREACHABLE: _asked_unreachable,
    Event.CONSENT_UNREACHABLE: _consented_unreachable,
    Event.REFUSE_UNREACHABLE: _refused_unreachable,
    Event.PLAN: _planned,
    Event.REACH_MILESTONE: _reached_milestone,
    Event.ADD_EVIDENCE: _added_evidence,
    Event.DRAFT_REPLY: _drafted,
    Event.RETURN_REPLY: _returned,
    Event.APPROVE_REPLY: _approved,
    Event.TELL: _told,
    Event.CONFIRM: _confirmed,
    Event.OBJECT: _objected,
    Event.DECLINE_FOLLOW_UP: _declined,
    Event.LET_FOLLOW_UP_EXPIRE: _expired,
    Event.CLOSE: _did_close,
    Event.WARN: _reminded,
    Event.BREACH: _breached,
}
# A row of these in a line says no more than the last of them.
_REPEATED = frozenset({Event.REACH_MILESTONE, Event.ADD_EVIDENCE})


def _merged(told: Sequence[tuple[Event, Item]]) -> list[Item]:
    return [
        item
        for place, (event, item) in enumerate(told)
        if not (event in _REPEATED and place + 1 < len(told) and told[place + 1][0] == event)
    ]


# What is happening: one sentence a state, with its deadline


def _awaiting_contact(loop: Loop) -> Item:
    return _doing(loop, _("%(unit)s has to contact you"), ClockKind.CALLBACK)


def _awaiting_consent(loop: Loop) -> Item:
    return _doing(loop, _("The supervising body decides how to go on"), ClockKind.CALLBACK)


def _awaiting_plan(loop: Loop) -> Item:
    return _doing(loop, _("%(unit)s looks for the cause and makes a plan"), ClockKind.RECTIFICATION)


def _rectifying(loop: Loop) -> Item:
    item = _doing(loop, _("%(unit)s is putting it right"), ClockKind.RECTIFICATION)
    if not loop.milestones:
        return item
    progress = ngettext(
        "%(done)d of %(all)d step of the plan is done.",
        "%(done)d of %(all)d steps of the plan are done.",
        loop.milestones,
    ) % {"done": loop.milestones_done, "all": loop.milestones}
    return replace(item, text=progress)


def _checking(loop: Loop) -> Item:
    words = (
        _("Another person checks the reply before it goes to you")
        if loop.matter.round == 1
        else _("The arbiter checks the reply before it goes to you")
    )
    return _doing(loop, words, ClockKind.RECTIFICATION)


def _telling(loop: Loop) -> Item:
    return _doing(loop, _("The reply is on its way to you"), ClockKind.RECTIFICATION)


def _asking(loop: Loop) -> Item:
    words = _("%(unit)s has replied. Has it been put right? Please say so")
    return _doing(loop, words, ClockKind.FOLLOW_UP)


def _dealing_again(loop: Loop) -> Item:
    return _doing(
        loop, _("%(unit)s has to deal with it again, under supervision"), ClockKind.RECTIFICATION
    )


def _doing(loop: Loop, words: str, kind: ClockKind) -> Item:
    deadline = _deadline(loop, kind)
    return Item(
        words % {"unit": loop.unit},
        "late" if deadline and deadline.late else "now",
        deadline=deadline,
    )


def _deadline(loop: Loop, kind: ClockKind) -> Deadline | None:
    row = loop.clock(kind)
    if row is None or row.stopped_at is not None:
        return None
    late = row.breached or row.due_at <= loop.now
    words = (_OVERDUE if late else _DUE)[kind]()
    return Deadline(words % {"due": local_due(row.due_at)}, late, row.provisional)


# Callables: the words are those of the reader's language, not of the moment of import.
_DUE: Mapping[ClockKind, Callable[[], str]] = {
    ClockKind.CALLBACK: lambda: _("To contact you by %(due)s"),
    ClockKind.RECTIFICATION: lambda: _("To put it right and reply to you by %(due)s"),
    ClockKind.FOLLOW_UP: lambda: _("You can rate again until %(due)s"),
}
_OVERDUE: Mapping[ClockKind, Callable[[], str]] = {
    ClockKind.CALLBACK: lambda: _("You were to be contacted by %(due)s. This is overdue"),
    ClockKind.RECTIFICATION: lambda: _("You were to have a reply by %(due)s. This is overdue"),
    ClockKind.FOLLOW_UP: lambda: _("You could rate again until %(due)s"),
}

_PRESENT: Mapping[State, Callable[[Loop], Item]] = {
    State.DELIVERED: _awaiting_contact,
    State.UNREACHABLE_ASKED: _awaiting_consent,
    State.VERIFIED: _awaiting_plan,
    State.RECTIFYING: _rectifying,
    State.REPLY_DRAFTED: _checking,
    State.APPROVED: _telling,
    State.TOLD: _asking,
    State.REOPENED: _dealing_again,
}


# What comes next


def _future(loop: Loop) -> list[Item]:
    coming: list[Item] = []
    if loop.matter.state in (State.DELIVERED, State.UNREACHABLE_ASKED):
        words = _("%(unit)s puts it right and replies to you") % {"unit": loop.unit}
        deadline = _deadline(loop, ClockKind.RECTIFICATION)
        coming.append(Item(words, "next", deadline=deadline))
    elif loop.matter.state not in (State.APPROVED, State.TOLD):
        coming.append(Item(_("%(unit)s replies to you") % {"unit": loop.unit}, "next"))
    if loop.matter.round == 1 and loop.matter.state != State.TOLD:
        coming.append(Item(_("You say whether it has been put right"), "next"))
    return [*coming, Item(_("The matter is closed"), "next")]


# The end


def _closed(loop: Loop, items: Sequence[Item], told: Reply | None) -> Story:
    matter = loop.matter
    if matter.confirmed:
        headline, detail = _("Closed: you accept the result"), ""
    elif matter.round > 1:
        headline = _("Closed after a second round")
        detail = _("The second reply was checked by the arbiter, outside the unit.")
    else:
        headline = _("Closed without your confirmation")
        detail = _("The unit says what it did; that you are satisfied is not claimed.")
    return Story(
        items=tuple(items),
        headline=headline,
        detail=detail,
        kind="success" if matter.confirmed else "info",
        reply=told,
        live=False,
    )

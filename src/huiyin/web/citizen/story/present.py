"""What is happening: one sentence for every open state, with its deadline; and what comes next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huiyin.matters.models import Clock, FollowUp
from huiyin.matters.table import ClockKind, State
from huiyin.web.citizen.story.parts import Deadline, Item, Loop
from huiyin.web.templatetags.huiyin import local_due


def present(loop: Loop) -> Item:
    """What is being done now, by whom, until when."""
    return SENTENCES[State(loop.matter.state)](loop)


def future(loop: Loop) -> list[Item]:
    """What has to follow before the matter can close."""
    coming: list[Item] = []
    said_all = loop.matter.state == State.TOLD and loop.matter.follow_up != FollowUp.ASKED
    if loop.awaited_ruling is not None and not said_all:
        words = _("The arbiter decides on the appeal")
        coming.append(Item(words, "next", deadline=ruling_deadline(loop)))
    if loop.matter.state in (State.DELIVERED, State.RETURNED, State.UNREACHABLE_ASKED):
        words = _("%(unit)s puts it right and replies to you") % {"unit": loop.unit}
        due = deadline(loop, ClockKind.RECTIFICATION)
        coming.append(Item(words, "next", deadline=due))
    elif loop.matter.state not in (State.APPROVED, State.TOLD):
        coming.append(Item(_("%(unit)s replies to you") % {"unit": loop.unit}, "next"))
    asked_later = loop.matter.follow_up == FollowUp.NOT_ASKED
    if asked_later and loop.matter.state != State.TOLD:
        coming.append(Item(_("You say whether it has been put right"), "next"))
    return [*coming, Item(_("The matter is closed"), "next")]


def _awaiting_contact(loop: Loop) -> Item:
    if loop.matter.contact_ended_at is not None:
        words = _("%(unit)s has to find out what happened, without contacting you")
        return Item(words % {"unit": loop.unit}, "now")
    if not loop.has_number:
        words = _("%(unit)s has to find out what happened. You left no number: it answers here")
        return Item(words % {"unit": loop.unit}, "now")
    return _doing(loop, _("%(unit)s has to contact you"), ClockKind.CALLBACK)


def _awaiting_unit(loop: Loop) -> Item:
    return _doing(
        loop, _("The level above decides which unit is in charge"), ClockKind.RECTIFICATION
    )


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
    if loop.voided:
        return Item(_("The ruling is on its way to you"), "now")
    return _doing(loop, _("The reply is on its way to you"), ClockKind.RECTIFICATION)


def _asking(loop: Loop) -> Item:
    words = _("%(unit)s has replied. Has it been put right? Please say so")
    return _doing(loop, words, ClockKind.FOLLOW_UP)


def _dealing_again(loop: Loop) -> Item:
    return _doing(
        loop, _("%(unit)s has to deal with it again, under supervision"), ClockKind.RECTIFICATION
    )


def awaiting_ruling(loop: Loop) -> Item:
    """All is said but the ruling."""
    due = ruling_deadline(loop)
    late = due is not None and due.late
    return Item(_("The arbiter still has to decide"), "late" if late else "now", deadline=due)


def _doing(loop: Loop, words: str, kind: ClockKind) -> Item:
    due = deadline(loop, kind)
    return Item(
        words % {"unit": loop.unit},
        "late" if due and due.late else "now",
        deadline=due,
    )


def deadline(loop: Loop, kind: ClockKind) -> Deadline | None:
    return _as_deadline(loop, loop.clock(kind))


def ruling_deadline(loop: Loop) -> Deadline | None:
    return _as_deadline(loop, loop.awaited_ruling)


def _as_deadline(loop: Loop, row: Clock | None) -> Deadline | None:
    if row is None or row.stopped_at is not None:
        return None
    if row.paused_at is not None:
        return Deadline(_("The time stands still while the arbiter decides"))
    late = row.breached or row.due_at <= loop.now
    words = (_OVERDUE if late else _DUE)[ClockKind(row.kind)]()
    return Deadline(words % {"due": local_due(row.due_at)}, late, row.provisional)


# Callables: the words are those of the reader's language, not of the moment of import.
_DUE: Mapping[ClockKind, Callable[[], str]] = {
    ClockKind.CALLBACK: lambda: _("To contact you by %(due)s"),
    ClockKind.RECTIFICATION: lambda: _("To put it right and reply to you by %(due)s"),
    ClockKind.FOLLOW_UP: lambda: _("You can rate again until %(due)s"),
    ClockKind.RULING: lambda: _("To be decided by %(due)s"),
}
_OVERDUE: Mapping[ClockKind, Callable[[], str]] = {
    ClockKind.CALLBACK: lambda: _("You were to be contacted by %(due)s. This is overdue"),
    ClockKind.RECTIFICATION: lambda: _("You were to have a reply by %(due)s. This is overdue"),
    ClockKind.FOLLOW_UP: lambda: _("You could rate again until %(due)s"),
    ClockKind.RULING: lambda: _("It was to be decided by %(due)s. This is overdue"),
}

SENTENCES: Mapping[State, Callable[[Loop], Item]] = {
    State.DELIVERED: _awaiting_contact,
    State.RETURNED: _awaiting_unit,
    State.UNREACHABLE_ASKED: _awaiting_consent,
    State.VERIFIED: _awaiting_plan,
    State.RECTIFYING: _rectifying,
    State.REPLY_DRAFTED: _checking,
    State.APPROVED: _telling,
    State.TOLD: _asking,
    State.REOPENED: _dealing_again,
}

"""The loop told in the citizen's words: what happened, what is happening, what comes next.

Pure: rows in, sentences out, no query. Every event of the transition table has a sentence here, and
every state says who has to do what by when. What is internal to the unit (who wrote, why a draft
went back) is told as a fact without its details.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from huiyin.matters.models import FollowUp, Reply, ResultClass
from huiyin.matters.table import State
from huiyin.web.citizen.story.parts import NAMES, Deadline, Item, Loop, Story
from huiyin.web.citizen.story.past import past
from huiyin.web.citizen.story.present import awaiting_ruling, future, present
from huiyin.web.templatetags.huiyin import local_due

__all__ = ["NAMES", "Deadline", "Item", "Loop", "Story", "of_loop", "of_praise"]


def of_loop(loop: Loop) -> Story:
    """The story of a bad review."""
    latest = loop.told_rounds[-1] if loop.told_rounds else None
    # The newest reply stands at the top of the page; the timeline only repeats older ones.
    told = loop.reply(latest) if latest is not None else None
    items = [replace(item, reply=None) if item.reply is told else item for item in past(loop)]
    if loop.matter.state == State.CLOSED:
        return _closed(loop, items, told)
    now = present(loop)
    asks_again = loop.matter.follow_up == FollowUp.ASKED
    if loop.matter.state == State.TOLD and not asks_again:
        closing = Item(_("The matter is being closed"), "now")
        now = awaiting_ruling(loop) if loop.awaited_ruling else closing
    return Story(
        items=(*items, now, *future(loop)),
        headline=now.title,
        detail=now.text,
        deadline=now.deadline,
        kind="warning" if now.state == "late" else "success" if asks_again else "info",
        reply=told,
        asks_again=asks_again,
    )


def of_praise(*, accepted_at: datetime, epoch: int | None, counted_by: datetime) -> Story:
    """The story of a review at levels 3 to 5: it is recorded, then counted; nothing is owed."""
    recorded = Item(_("Your review has been recorded"), at=accepted_at)
    if epoch is not None:
        counted = Item(_("Counted in the public log, epoch %(number)s") % {"number": epoch})
        return Story(
            (recorded, counted),
            _("Thank you for your review"),
            kind="success",
            owes=False,
            live=False,
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


def _closed(loop: Loop, items: Sequence[Item], told: Reply | None) -> Story:
    matter = loop.matter
    if matter.result_class == ResultClass.VOIDED:
        headline = _("Closed: your review was voided by ruling")
        detail = _("The reasons stand below. The review stays visible as voided.")
    elif matter.result_class == ResultClass.WITHDRAWN:
        headline = _("Closed: you withdrew it")
        detail = _("Your review stays as it is, and is counted.")
    elif matter.confirmed:
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

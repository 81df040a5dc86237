"""The conditions of the transition table. Each raises ``Refused`` and says what is missing.

A guard that tells two rows of the table apart (``was_reopened``) returns False instead: then the
other row is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from huiyin.directory.queries import roles_over
from huiyin.kernel import clock
from huiyin.matters.errors import Refused
from huiyin.matters.policy import Rules

if TYPE_CHECKING:
    from huiyin.directory.models import Staff
    from huiyin.matters.models import Matter


@dataclass(frozen=True)
class Attempt:
    """A step about to be taken: the matter, who acts (None: citizen or platform), what is said."""

    matter: Matter
    staff: Staff | None
    rules: Rules
    data: dict[str, Any] = field(default_factory=dict)


Guard = Callable[[Attempt], bool]

_UNIT_ROLES = {"handler", "approver", "supervisor"}


def not_reopened_yet(attempt: Attempt) -> bool:
    return attempt.matter.round == 1


def was_reopened(attempt: Attempt) -> bool:
    return attempt.matter.round > 1


def reached_the_citizen(attempt: Attempt) -> bool:
    if not attempt.matter.contact_attempts.filter(outcome__in=("reached", "declined")).exists():
        raise Refused(_("Reach the citizen first: no call or message has been answered yet."))
    return True


def tried_often_enough(attempt: Attempt) -> bool:
    """Three attempts at different times (numbers are the policy's) before “unreachable”."""
    rule = attempt.rules.unreachable
    moments = list(attempt.matter.contact_attempts.order_by("at").values_list("at", flat=True))
    refusal = attempt.matter.steps.filter(event="refuse_unreachable").last()
    if refusal is not None and not any(moment > refusal.at for moment in moments):
        raise Refused(_("The supervisor asked you to keep trying. Try again first."))
    apart = timedelta(hours=rule.hours_apart)
    counted, last = 0, None
    for moment in moments:
        if last is None or moment - last >= apart:
            counted, last = counted + 1, moment
    if counted < rule.attempts:
        raise Refused(
            ngettext(
                "%(counted)d of %(needed)d attempts counts, at least %(hours)d hours apart.",
                "%(counted)d of %(needed)d attempts count, at least %(hours)d hours apart.",
                counted,
            )
            % {"counted": counted, "needed": rule.attempts, "hours": rule.hours_apart}
        )
    return True


def another_person_than_who_asked(attempt: Attempt) -> bool:
    """Who may ask and decide by two duties still does only one of them."""
    asked = attempt.matter.steps.filter(event="ask_unreachable").last()
    if attempt.staff is None or asked is None or asked.actor_id == attempt.staff.pk:
        raise Refused(_("Another person than the one who asked has to decide."))
    return True


def every_milestone_has_its_day(attempt: Attempt) -> bool:
    """The plan is made backwards from the deadline: nothing after it, and in order."""
    days = [milestone["due_on"] for milestone in attempt.data["milestones"]]
    if not days:
        raise Refused(_("A plan needs at least one milestone."), field="milestones")
    if days != sorted(days):
        raise Refused(
            _("The milestones have to be in the order of their days."), field="milestones"
        )
    if days[-1] > attempt.data["last_day"]:
        raise Refused(_("A milestone lies after the deadline."), field="milestones")
    if days[0] < clock.today():
        raise Refused(_("A milestone lies in the past."), field="milestones")
    return True


def has_evidence(attempt: Attempt) -> bool:
    """“Solved” has to be shown; a plan or an explanation speaks for itself."""
    matter = attempt.matter
    if (
        attempt.data["result_class"] == "solved"
        and not matter.evidence.filter(round=matter.round).exists()
    ):
        raise Refused(_("“Solved” needs at least one piece of evidence. Add it first."))
    return True


def another_person_than_the_author(attempt: Attempt) -> bool:
    reply = attempt.matter.replies.last()
    if reply is None or attempt.staff is None or reply.author_id == attempt.staff.pk:
        raise Refused(_("Another person than the author has to approve the reply."))
    return True


def outside_the_line_of_command(attempt: Attempt) -> bool:
    """The arbiter may not belong to the unit, to a body above it or to one below it, nor hold a
    duty over it by which they took part."""
    if attempt.staff is None:
        return False
    own, unit = attempt.staff.organisation.path, attempt.matter.organisation.path
    if own.startswith(unit) or unit.startswith(own):
        raise Refused(_("You belong to this unit's line of command. Another arbiter has to act."))
    if roles_over(attempt.staff, attempt.matter.organisation) & _UNIT_ROLES:
        raise Refused(_("You have a duty over this unit. Another arbiter has to act."))
    return True


def follow_up_is_open(attempt: Attempt) -> bool:
    if attempt.matter.follow_up != "asked":
        raise Refused(_("The follow-up review is not open."))
    return True


def closing_rule(attempt: Attempt) -> bool:
    """A matter closes only with a result, the citizen told or recorded as unreachable, the
    follow-up review asked for and no clock running."""
    matter = attempt.matter
    if not matter.result_class:
        raise Refused(_("There is no result yet."))
    if matter.told_at is None and not matter.unreachable:
        raise Refused(_("The citizen has not been told."))
    if matter.follow_up in ("not_asked", "asked"):
        raise Refused(_("The citizen's follow-up review is still awaited."))
    if matter.clocks.filter(stopped_at__isnull=True).exists():
        raise Refused(_("A clock is still running."))
    return True

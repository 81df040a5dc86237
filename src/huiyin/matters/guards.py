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
from huiyin.matters import kinds
from huiyin.matters.errors import Refused

if TYPE_CHECKING:
    from huiyin.directory.models import Staff
    from huiyin.matters.models import Matter
    from huiyin.matters.policy import Rules


@dataclass(frozen=True)
class Attempt:
    """A step about to be taken: the matter, who acts (None: citizen or platform), and what is said
    or, not to be stored, has to be known to judge it."""

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


def approver_decides(attempt: Attempt) -> bool:
    return attempt.rules.approvals.reply == "approver"


def supervisor_decides(attempt: Attempt) -> bool:
    return attempt.rules.approvals.reply == "supervisor"


def follow_up_is_to_be_asked(attempt: Attempt) -> bool:
    return attempt.matter.follow_up == "not_asked"


def follow_up_is_settled(attempt: Attempt) -> bool:
    return attempt.matter.follow_up != "not_asked"


def contact_is_wanted(attempt: Attempt) -> bool:
    if attempt.matter.contact_ended_at is not None:
        raise Refused(
            _("The citizen has ended the contact. What you answer is shown on the status page.")
        )
    return True


def may_be_handed_on(attempt: Attempt) -> bool:
    """The unit may name the right one by itself so many times (the policy's number)."""
    if _was_decided(attempt.matter):
        raise Refused(_("It was assigned to this unit for good and cannot be handed on."))
    if attempt.matter.moves >= attempt.rules.reassignment.free:
        raise Refused(_("It has been handed on before. Return it: the level above decides."))
    return True


def may_be_returned(attempt: Attempt) -> bool:
    """“No bouncing”: what the level above has decided holds."""
    matter, rule = attempt.matter, attempt.rules.reassignment
    if matter.moves >= rule.limit or _was_decided(matter):
        raise Refused(_("It was assigned to this unit for good and cannot be returned again."))
    if matter.moves < rule.free:
        raise Refused(_("Name the right unit and hand it on; nobody has to decide that yet."))
    return True


def _was_decided(matter: Matter) -> bool:
    """Whether somebody above has said, or an arbiter ruled, whose matter it is."""
    return matter.steps.filter(event__in=("assign", "redirect")).exists()


def supervises_both_units(attempt: Attempt) -> bool:
    """Who sends a matter to a unit, or asks one to join in, has to stand above both."""
    target = attempt.data["unit"]
    if attempt.staff is None or "supervisor" not in roles_over(attempt.staff, target):
        raise Refused(_("You do not supervise the other unit. Ask the level above both."))
    return True


def outside_the_unit(attempt: Attempt) -> bool:
    """Whoever grants more time may not be the one who is late."""
    unit = attempt.matter.organisation.path
    if attempt.staff is None or attempt.staff.organisation.path.startswith(unit):
        raise Refused(_("Somebody outside the unit has to decide on the extension."))
    return True


def can_be_extended(attempt: Attempt) -> bool:
    matter, rule = attempt.matter, attempt.rules.extension
    asked = matter.extensions.filter(round=matter.round)
    if asked.filter(granted=None).exists():
        raise Refused(_("An extension has been asked for and is not decided yet."))
    if asked.filter(granted=True).count() >= rule.times:
        raise Refused(_("The deadline cannot be extended any more."))
    if attempt.data["amount"] > rule.longest:
        raise Refused(
            _("An extension has at most %(longest)d days.") % {"longest": rule.longest},
            field="amount",
        )
    return True


def asked_before_it_is_due(attempt: Attempt) -> bool:
    running = attempt.matter.clocks.filter(kind="rectification", stopped_at__isnull=True).first()
    if running is not None and running.paused_at is not None:
        raise Refused(_("The deadline stands still until the ruling. Extend it afterwards."))
    if running is None or running.due_at <= clock.now():
        raise Refused(_("The deadline has passed: it can no longer be extended."))
    return True


def extension_is_asked(attempt: Attempt) -> bool:
    matter = attempt.matter
    if not matter.extensions.filter(round=matter.round, granted=None).exists():
        raise Refused(_("No extension has been asked for."))
    return True


def improvement_is_planned(attempt: Attempt) -> bool:
    """Matters about one fault share its plan: of the same unit, made, and not answered yet."""
    matter, lead = attempt.matter, attempt.data["lead"]
    if lead.pk == matter.pk or lead.improvement_of_id is not None:
        raise Refused(_("Choose the matter that leads the improvement."), field="lead")
    if (lead.organisation_id, lead.kind) != (matter.organisation_id, matter.kind):
        raise Refused(_("Only matters of the same unit share an improvement."), field="lead")
    if lead.state != "rectifying":
        raise Refused(_("The leading matter has to be in rectification."), field="lead")
    if matter.round > 1 or matter.joined_to.exists():
        raise Refused(_("This matter needs a plan of its own."))
    return True


def is_merged(attempt: Attempt) -> bool:
    if attempt.matter.improvement_of_id is None:
        raise Refused(_("This matter is not part of another one's improvement."))
    return True


def may_be_appealed(attempt: Attempt) -> bool:
    """Once, and within some days of the delivery to the unit that appeals."""
    if attempt.matter.appealed:
        raise Refused(_("There has been an appeal; there is only one."))
    sent_here = attempt.matter.steps.filter(event="redirect").exists()
    if sent_here and attempt.data["ground"] == "mistaken":
        raise Refused(_("An arbiter has ruled that this is your unit's matter."), field="ground")
    if clock.now() >= attempt.data["until"]:
        raise Refused(_("The time for an appeal is over."))
    return True


def _awaits_ruling(matter: Matter) -> bool:
    return matter.clocks.filter(kind="ruling", stopped_at__isnull=True).exists()


def ruling_is_awaited(attempt: Attempt) -> bool:
    if not _awaits_ruling(attempt.matter):
        raise Refused(_("There is no open appeal."))
    return True


def arbiter_has_to_act(attempt: Attempt) -> bool:
    """An arbiter is needed for a ruling, or to approve the second reply."""
    matter = attempt.matter
    if not (_awaits_ruling(matter) or (matter.state == "reply_drafted" and matter.round > 1)):
        raise Refused(_("No arbiter is needed here now."))
    return True


def no_ruling_is_awaited(attempt: Attempt) -> bool:
    if _awaits_ruling(attempt.matter):
        raise Refused(_("The arbiter is still ruling on an appeal."))
    return True


def arbiter_has_not_stepped_back(attempt: Attempt) -> bool:
    if attempt.matter.steps.filter(event="recuse", actor=attempt.staff).exists():
        raise Refused(_("You have stepped back from this matter. Another arbiter has to act."))
    return True


def both_sides_were_heard(attempt: Attempt) -> bool:
    """The other side of the appeal has spoken, or had its time to."""
    steps = attempt.matter.steps
    asked = steps.filter(event__in=("appeal", "report_fake")).last()
    if asked is None:
        raise Refused(_("There is no open appeal."))
    other_side = "citizen" if asked.event == "appeal" else "handler"
    heard = steps.filter(event="be_heard", number__gt=asked.number, party=other_side).exists()
    if not heard and clock.now() < attempt.data["hearing_until"]:
        raise Refused(_("The other side has not been heard yet and still has time to speak."))
    return True


def an_order_is_open(attempt: Attempt) -> bool:
    if not attempt.matter.orders.filter(answered_at__isnull=True).exists():
        raise Refused(_("There is no open supervision order."))
    return True


def no_order_is_open(attempt: Attempt) -> bool:
    if attempt.matter.orders.filter(answered_at__isnull=True).exists():
        raise Refused(_("The last supervision order has not been answered yet."))
    return True


def reached_the_citizen(attempt: Attempt) -> bool:
    """The citizen was spoken with, answered a message, or does not want to be reached; or left no
    number, as people on site do: then the reply on the status page is all that can be done."""
    matter = attempt.matter
    if matter.contact_ended_at is not None:
        return True
    if matter.contact_attempts.filter(outcome__in=("reached", "declined")).exists():
        return True
    asked = matter.contact_attempts.order_by("at").first()
    if asked and matter.steps.filter(event="citizen_writes", at__gte=asked.at).exists():
        return True
    if not kinds.has_number(matter):
        return True
    raise Refused(_("Reach the citizen first: no call or message has been answered yet."))


def tried_often_enough(attempt: Attempt) -> bool:
    """Three attempts at different times (numbers are the policy's) before “unreachable”. Nobody
    has to ask for that who has no number to call: the facts can be recorded at once."""
    rule = attempt.rules.unreachable
    moments = list(attempt.matter.contact_attempts.order_by("at").values_list("at", flat=True))
    if not moments and not kinds.has_number(attempt.matter):
        raise Refused(_("The citizen left no number. Record what you found; no call is needed."))
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
    shown = matter.evidence.filter(round=matter.round).exists() or (
        matter.improvement_of is not None and matter.improvement_of.evidence.exists()
    )
    if attempt.data["result_class"] == "solved" and not shown:
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

"""The writers of everything about inviting."""

from huiyin.intake.invitations.services.calling import call_done, end_calls, right_of
from huiyin.intake.invitations.services.ladders import add_ladder
from huiyin.intake.invitations.services.opting import opt_in, opt_out
from huiyin.intake.invitations.services.planning import (
    plan_due,
    plan_everything,
    would_be_planned,
)
from huiyin.intake.invitations.services.switching import go_on, stop
from huiyin.intake.invitations.services.wordings import word

__all__ = [
    "add_ladder",
    "call_done",
    "end_calls",
    "go_on",
    "opt_in",
    "opt_out",
    "plan_due",
    "plan_everything",
    "right_of",
    "stop",
    "word",
    "would_be_planned",
]

"""The verbs of the closed loop: the only writers of matters. One function, one business step.

Each verb of staff takes ``seen_version``, the version of the matter that the actor saw, so that
two people never act on different pictures of it. All raise ``NotNow``, ``NotYours``, ``Moved`` or
``Refused``.
"""

from huiyin.matters.services.closing import decline_follow_up, follow_up, withdraw
from huiyin.matters.services.contact import (
    MAX_CITIZEN_TEXT,
    ask_unreachable,
    citizen_writes,
    decide_unreachable,
    end_contact,
    record_contact,
    record_late_contact,
    verify,
)
from huiyin.matters.services.input import MAX_TEXT
from huiyin.matters.services.opening import open_matter
from huiyin.matters.services.policies import add_policy, seed_policies
from huiyin.matters.services.recomputing import move_deadlines, moved_by_calendar
from huiyin.matters.services.rectification import (
    PlannedMeasure,
    PlannedMilestone,
    add_evidence,
    plan,
    reach_milestone,
)
from huiyin.matters.services.reply import approve_reply, draft_reply, return_reply, tell
from huiyin.matters.services.reruling import apply_policy, moved_by_policy
from huiyin.matters.services.ringing import ring_clock

__all__ = [
    "MAX_CITIZEN_TEXT",
    "MAX_TEXT",
    "PlannedMeasure",
    "PlannedMilestone",
    "add_evidence",
    "add_policy",
    "apply_policy",
    "approve_reply",
    "ask_unreachable",
    "citizen_writes",
    "decide_unreachable",
    "decline_follow_up",
    "draft_reply",
    "end_contact",
    "follow_up",
    "move_deadlines",
    "moved_by_calendar",
    "moved_by_policy",
    "open_matter",
    "plan",
    "reach_milestone",
    "record_contact",
    "record_late_contact",
    "return_reply",
    "ring_clock",
    "seed_policies",
    "tell",
    "verify",
    "withdraw",
]

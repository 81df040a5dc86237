"""The verbs of the closed loop: the only writers of matters. One function, one business step.

Each verb of staff takes ``seen_version``, the version of the matter that the actor saw, so that
two people never act on different pictures of it. All raise ``NotNow``, ``NotYours``, ``Moved`` or
``Refused``.
"""

from huiyin.matters.services.assigning import assign, give_to, hand_on, return_matter
from huiyin.matters.services.closing import decline_follow_up, follow_up, withdraw
from huiyin.matters.services.consequences import (
    decide_objection,
    object_to_consequence,
    record_consequence,
)
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
from huiyin.matters.services.extending import ask_extension, decide_extension
from huiyin.matters.services.input import MAX_TEXT
from huiyin.matters.services.joint import add_co_unit, contribute, end_co_unit, state_side
from huiyin.matters.services.lateness import record_lateness
from huiyin.matters.services.merging import merge, split
from huiyin.matters.services.opening import Opening, open_matters
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
from huiyin.matters.services.ringing import let_follow_up_expire, ring_due
from huiyin.matters.services.supervising import answer_order, order

__all__ = [
    "MAX_CITIZEN_TEXT",
    "MAX_TEXT",
    "Opening",
    "PlannedMeasure",
    "PlannedMilestone",
    "add_co_unit",
    "add_evidence",
    "add_policy",
    "answer_order",
    "apply_policy",
    "approve_reply",
    "ask_extension",
    "ask_unreachable",
    "assign",
    "citizen_writes",
    "contribute",
    "decide_extension",
    "decide_objection",
    "decide_unreachable",
    "decline_follow_up",
    "draft_reply",
    "end_co_unit",
    "end_contact",
    "follow_up",
    "give_to",
    "hand_on",
    "let_follow_up_expire",
    "merge",
    "move_deadlines",
    "moved_by_calendar",
    "moved_by_policy",
    "object_to_consequence",
    "open_matters",
    "order",
    "plan",
    "reach_milestone",
    "record_consequence",
    "record_contact",
    "record_late_contact",
    "record_lateness",
    "return_matter",
    "return_reply",
    "ring_due",
    "seed_policies",
    "split",
    "state_side",
    "tell",
    "verify",
    "withdraw",
]

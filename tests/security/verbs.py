"""What the API is told at every address that moves a matter, but for the version."""

from __future__ import annotations

from typing import Any

VERBS: dict[str, Any] = {
    "calls": None,
    "contacts": {"reference": "x", "outcome": "reached"},
    "messages": {"text": "x"},
    "verification": {"facts": "x"},
    "unreachable": {"reason": "x"},
    "unreachable/decision": {"reason": "x", "agree": True},
    "plan": {
        "root_cause": "process",
        "explanation": "x",
        "measures": [{"head": "process", "description": "x"}],
        "milestones": [{"title": "x", "due_on": "2099-01-01"}],
    },
    "milestones/1": {},
    "reply": {"text": "x", "result_class": "explained", "legal_reason": "x"},
    "reply/return": {"reason": "x"},
    "reply/approval": {},
    "hand-on": {"unit": "x" * 18, "reason": "x"},
    "return": {"reason": "x"},
    "assignment": {"unit": "x" * 18, "reason": "x"},
    "handler": {"username": None},
    "joint-units": {"unit": "x" * 18, "task": "x"},
    "joint-units/release": {"unit": "x" * 18, "reason": "x"},
    "contributions": {"text": "x"},
    "side": {"text": "x"},
    "extension": {"amount": 3, "reason": "x"},
    "extension/decision": {"grant": True, "reason": "x"},
    "improvement": {"lead": "ABCDEFGHJK"},
    "improvement/split": {},
    "order": {"demand": "x"},
    "appeals/statements": {"text": "x"},
    "recusal": {"reason": "x"},
    "ruling": {"upheld": False, "reasons": "x"},
    "order/answer": {"answer": "x"},
    "consequences": {
        "username": "x",
        "measure": "x",
        "reason": "x",
        "legal_basis": "x",
        "starts_on": "2099-01-01",
        "ends_on": "2099-01-02",
    },
}
# What has no version: it is no step of the matter.
WITHOUT_VERSION = {"consequences"}

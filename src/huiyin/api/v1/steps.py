"""Staff move matters on: one address a verb, each with the version of the matter that was seen.

Every answer is the matter as it stands afterwards.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictStr

from huiyin.api.auth import StaffSession
from huiyin.api.openapi import raises
from huiyin.api.parsing import read_form
from huiyin.api.v1.matters import MatterDetail, actor, detail, find
from huiyin.api.v1.shapes import Body, Day, Line, Remark, Text, Version, need_storable, need_visible
from huiyin.directory.models import Staff
from huiyin.kernel.problems import Invalid, NotFound
from huiyin.kernel.uploads import accept_document
from huiyin.matters import services
from huiyin.matters.errors import Moved, NotNow, NotYours, Refused
from huiyin.matters.models import ContactAttempt, Matter
from huiyin.matters.queries import possible_events
from huiyin.matters.services import PlannedMeasure, PlannedMilestone
from huiyin.matters.table import Event, State, rows
from huiyin.notices.errors import NoContact, NoGateway, RelayDown
from huiyin.notices.models import RelayAttempt
from huiyin.notices.services import MAX_MESSAGE, call_citizen, message_citizen

router = Router(tags=["steps"], auth=StaffSession())
_RAISES = raises(NotNow, NotYours, Moved, Refused)
_RELAY = raises(NotNow, NotYours, Moved, NoContact, NoGateway, RelayDown)


ShortText = Annotated[
    StrictStr,
    Field(min_length=1, max_length=MAX_MESSAGE),
    AfterValidator(need_storable),
    AfterValidator(need_visible),
]


class Seen(Body):
    version: Version


class CallOutcome(Seen):
    reference: Line = Field(description="The reference that POST …/calls answered.")
    outcome: Literal["reached", "no_answer", "busy", "unavailable", "declined"]
    note: Remark = ""


class Message(Seen):
    text: ShortText


class Facts(Seen):
    facts: Text
    simple: Annotated[
        StrictBool, Field(description="A simple matter: the shorter period, where there is one.")
    ] = False


class Reason(Seen):
    reason: Text


class Decision(Reason):
    agree: StrictBool


Title = Annotated[StrictStr, Field(min_length=1, max_length=120), AfterValidator(need_storable)]


class NewMeasure(Body):
    head: Literal["training", "climate", "appraisal", "care", "process", "system"]
    description: Text


class NewMilestone(Body):
    title: Title
    due_on: Day


class NewPlan(Seen):
    root_cause: Literal[
        "process",
        "system",
        "knowledge",
        "attitude",
        "staffing",
        "information",
        "rules",
        "not_found",
    ]
    explanation: Text
    measures: Annotated[list[NewMeasure], Field(max_length=20)]
    milestones: Annotated[list[NewMilestone], Field(max_length=30)]


class NewReply(Seen):
    text: Text
    result_class: Literal["solved", "planned", "explained"]
    planned_for: Day | None = None
    legal_reason: Remark = ""


class NewEvidence(BaseModel):
    """The fields of the form beside its file; in a form all of them are text."""

    model_config = ConfigDict(extra="forbid")
    version: Annotated[
        int, Field(ge=0, le=2**31 - 1, description="The matter's version as you saw it.")
    ]
    caption: Line = ""


_EVIDENCE_SCHEMA = NewEvidence.model_json_schema() | {"title": "Evidence"}
_EVIDENCE_SCHEMA["properties"]["file"] = {"type": "string", "format": "binary"}
_EVIDENCE_SCHEMA["required"] = ["version", "file"]
_EVIDENCE_BODY: dict[str, Any] = {
    "required": True,
    "content": {"multipart/form-data": {"schema": _EVIDENCE_SCHEMA}},
}


class CallPlaced(Schema):
    reference: str = Field(description="Send it with the outcome to POST …/contacts.")


def acting(request: HttpRequest, code: str, version: int) -> dict[str, Any]:
    """The arguments that every verb of staff takes. Raises ``NotFound``."""
    return {
        "matter": find(request, code),
        "staff": actor(request),
        "seen_version": version,
    }


def afterwards(request: HttpRequest, code: str) -> MatterDetail:
    return detail(find(request, code), actor(request))


def _need_turn(matter: Matter, staff: Staff, event: Event) -> None:
    """Raise what the step itself would raise, before any work is done for it."""
    if event not in possible_events(staff, matter):
        raise NotYours if rows(State(matter.state), event) else NotNow


def _need_own_call(matter: Matter, staff: Staff, reference: str) -> None:
    """Raise ``Invalid`` unless the relay placed this call for ``staff``, unrecorded until now."""
    placed = RelayAttempt.objects.filter(
        matter=matter, staff=staff, reference=reference, means=ContactAttempt.Means.CALL
    )
    recorded = ContactAttempt.objects.filter(matter=matter, relay_reference=reference)
    if not placed.exists() or recorded.exists():
        raise Invalid(_("Start a call first; then say what came of it."), field="reference")


@router.post(
    "/matters/{code}/calls",
    response={201: CallPlaced},
    operation_id="callCitizen",
    summary="Call the citizen through the relay",
    openapi_extra=_RELAY,
)
def call(request: HttpRequest, code: str) -> Status[CallPlaced]:
    """The platform connects you; the number is never shown. Record the outcome afterwards."""
    placed = call_citizen(matter=find(request, code), staff=actor(request))
    return Status(201, CallPlaced(reference=placed.reference))


@router.post(
    "/matters/{code}/contacts",
    response=MatterDetail,
    operation_id="recordContact",
    summary="Record what came of a call",
    openapi_extra=_RAISES,
)
def record_contact(request: HttpRequest, code: str, said: CallOutcome) -> MatterDetail:
    """Each call is recorded once; a reference that the relay never gave out is refused."""
    doing = acting(request, code, said.version)
    _need_own_call(doing["matter"], doing["staff"], said.reference)
    services.record_contact(
        **doing,
        means=ContactAttempt.Means.CALL,
        outcome=said.outcome,
        relay_reference=said.reference,
        note=said.note,
    )
    return afterwards(request, code)


@router.post(
    "/matters/{code}/messages",
    response=MatterDetail,
    operation_id="messageCitizen",
    summary="Send the citizen a message through the relay",
    openapi_extra=_RELAY,
)
def message(request: HttpRequest, code: str, said: Message) -> MatterDetail:
    """Sent and recorded as an attempt to reach the citizen."""
    message_citizen(**acting(request, code, said.version), text=said.text)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/verification",
    response=MatterDetail,
    operation_id="verify",
    summary="Record the verified facts",
    openapi_extra=_RAISES,
)
def verify(request: HttpRequest, code: str, said: Facts) -> MatterDetail:
    """What the callback established; ends the callback clock."""
    doing = acting(request, code, said.version)
    services.verify(**doing, facts=said.facts, simple=said.simple)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/unreachable",
    response=MatterDetail,
    operation_id="askUnreachable",
    summary="Ask to record the citizen as unreachable",
    openapi_extra=_RAISES,
)
def ask_unreachable(request: HttpRequest, code: str, said: Reason) -> MatterDetail:
    """After enough attempts at different times; the supervisor decides."""
    services.ask_unreachable(**acting(request, code, said.version), reason=said.reason)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/unreachable/decision",
    response=MatterDetail,
    operation_id="decideUnreachable",
    summary="Decide on “unreachable”",
    openapi_extra=_RAISES,
)
def decide_unreachable(request: HttpRequest, code: str, said: Decision) -> MatterDetail:
    """The supervisor agrees, or sends the unit back to keep trying."""
    services.decide_unreachable(
        **acting(request, code, said.version), agree=said.agree, reason=said.reason
    )
    return afterwards(request, code)


@router.post(
    "/matters/{code}/plan",
    response=MatterDetail,
    operation_id="plan",
    summary="Record root cause, measures and plan",
    openapi_extra=_RAISES,
)
def plan(request: HttpRequest, code: str, said: NewPlan) -> MatterDetail:
    """Milestones lie in order and not after the deadline; the matter suggests some."""
    services.plan(
        **acting(request, code, said.version),
        root_cause=said.root_cause,
        explanation=said.explanation,
        measures=[PlannedMeasure(row.head, row.description) for row in said.measures],
        milestones=[PlannedMilestone(row.title, row.due_on) for row in said.milestones],
    )
    return afterwards(request, code)


@router.post(
    "/matters/{code}/milestones/{place}",
    response=MatterDetail,
    operation_id="reachMilestone",
    summary="Tick off a milestone",
    openapi_extra=_RAISES,
)
def reach_milestone(request: HttpRequest, code: str, place: int, said: Seen) -> MatterDetail:
    """The milestone at ``place`` of the current plan has been reached."""
    if not 0 < place < 1000:
        raise NotFound
    services.reach_milestone(**acting(request, code, said.version), place=place)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/evidence",
    response=MatterDetail,
    operation_id="addEvidence",
    summary="Add a piece of evidence",
    openapi_extra=_RAISES | {"requestBody": _EVIDENCE_BODY},
)
def add_evidence(request: HttpRequest, code: str) -> MatterDetail:
    """A JPEG, PNG, WebP or PDF of at most 8 MB, judged by what it contains. Pictures are written
    anew as JPEG without metadata, and named so."""
    matter, staff = find(request, code), actor(request)
    # Reading a form and decoding a picture is work: not for those who may not add one.
    _need_turn(matter, staff, Event.ADD_EVIDENCE)
    said, upload = read_form(request, NewEvidence)
    accepted = accept_document(upload, name=upload.name or "", field="file")
    services.add_evidence(
        **acting(request, code, said.version), file=accepted, caption=said.caption
    )
    return afterwards(request, code)


@router.post(
    "/matters/{code}/reply",
    response=MatterDetail,
    operation_id="draftReply",
    summary="Draft the reply",
    openapi_extra=_RAISES,
)
def draft_reply(request: HttpRequest, code: str, said: NewReply) -> MatterDetail:
    """It waits for another person's approval. `planned` needs a day to come, `explained` the
    legal reason, `solved` a piece of evidence."""
    services.draft_reply(
        **acting(request, code, said.version),
        text=said.text,
        result_class=said.result_class,
        planned_for=said.planned_for,
        legal_reason=said.legal_reason,
    )
    return afterwards(request, code)


@router.post(
    "/matters/{code}/reply/return",
    response=MatterDetail,
    operation_id="returnReply",
    summary="Send the reply back",
    openapi_extra=_RAISES,
)
def return_reply(request: HttpRequest, code: str, said: Reason) -> MatterDetail:
    """With the reason, to its author."""
    services.return_reply(**acting(request, code, said.version), reason=said.reason)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/reply/approval",
    response=MatterDetail,
    operation_id="approveReply",
    summary="Approve the reply",
    openapi_extra=_RAISES,
)
def approve_reply(request: HttpRequest, code: str, said: Seen) -> MatterDetail:
    """Another person than the author approves; the platform then tells the citizen."""
    services.approve_reply(**acting(request, code, said.version))
    return afterwards(request, code)

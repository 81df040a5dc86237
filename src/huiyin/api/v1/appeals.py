"""Appeals: a unit objects, both sides are heard, an arbiter rules; the citizen's part goes by the
receipt's code."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest
from ninja import Router, Schema
from ninja.params.functions import Query
from ninja.responses import Status
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictStr

from huiyin.api.auth import StaffSession
from huiyin.api.openapi import raises
from huiyin.api.parsing import read_form
from huiyin.api.v1.matters import actor, find
from huiyin.api.v1.receipts import ReceiptStatus, known_matter, status_of
from huiyin.api.v1.shapes import (
    Body,
    Line,
    Named,
    Remark,
    Text,
    Version,
    named,
    need_storable,
    need_visible,
)
from huiyin.appeals import queries, services
from huiyin.appeals.errors import NoOpenAppeal, SaidEnough
from huiyin.appeals.models import Appeal, Effect, Ground, Ruling, Side
from huiyin.directory.queries import find_organisation
from huiyin.kernel.problems import Invalid, TooMany
from huiyin.kernel.uploads import accept_document
from huiyin.matters import kinds
from huiyin.matters import services as matters
from huiyin.matters.errors import Moved, NotNow, NotYours, Refused
from huiyin.matters.models import Matter
from huiyin.matters.queries import possible_events
from huiyin.matters.table import Event, State, rows
from huiyin.reviews.errors import ReceiptUnknown

router = Router(tags=["appeals"], auth=StaffSession())
citizen_router = Router(tags=["receipts"])
_RAISES = raises(NotNow, NotYours, Moved, Refused)
_OF_OPEN = raises(NotNow, NotYours, Moved, Refused, NoOpenAppeal, SaidEnough)
_BY_CODE = raises(ReceiptUnknown, TooMany, NotNow, Refused)

Words = Annotated[
    StrictStr,
    Field(min_length=1, max_length=services.MAX_WORDS),
    AfterValidator(need_storable),
    AfterValidator(need_visible),
]


class StatementMade(Schema):
    side: Named
    text: str
    by: str | None = Field(description="Who of the unit; null for the citizen.")
    at: datetime


class EvidenceFiled(Schema):
    address: str
    name: str
    media_type: str
    size: int
    sha256: str


class Cited(Schema):
    id: UUID
    ground: Named
    upheld: bool
    organisation: str
    at: datetime
    reasons: str | None = Field(description="Null when they are held back.")


class RulingGiven(Schema):
    id: UUID
    upheld: bool
    effect: Named
    unit: str | None = Field(description="Credit code of the right unit, after a redirection.")
    reasons: str
    held_back: bool = Field(description="Whether the reasons are kept from the public.")
    organisation: str = Field(description="For whom the arbiter ruled.")
    precedents: list[Cited]
    at: datetime


class AppealFiled(Schema):
    matter: str
    version: int = Field(description="Of the matter: send it with the next step.")
    organisation: str
    uscc: str
    side: Named
    ground: Named
    statement: str
    filed_at: datetime
    hearing_until: datetime = Field(description="How long the other side has to speak.")
    evidence: list[EvidenceFiled]
    statements: list[StatementMade]
    ruling: RulingGiven | None


class Waiting(Schema):
    """A matter that waits for an arbiter: to be ruled on, or with a second reply to approve."""

    matter: str
    title: str
    organisation: str
    state: Named
    to_rule: bool
    ground: Named | None
    due_at: datetime


class Queue(Schema):
    waiting: list[Waiting]
    next_cursor: str | None = Field(description="For `cursor`; null on the last page.")


class Said(Body):
    version: Version
    text: Words


class SteppingBack(Body):
    version: Version
    reason: Text


class Decision(Body):
    version: Version
    upheld: StrictBool
    reasons: Text
    effect: Literal["voided", "redirected", "recorded"] | None = Field(
        None, description="What follows when it is upheld; left out, what is usual for its ground."
    )
    unit: Line = Field("", description="Credit code of the right unit, for `redirected`.")
    precedents: Annotated[
        list[Annotated[UUID, Field(strict=False)]], Field(max_length=services.MAX_PRECEDENTS)
    ] = []


class FromCitizen(Body):
    text: Words


class Withdrawal(Body):
    reason: Remark = ""


class NewAppeal(BaseModel):
    """The fields of the form beside its file; in a form all of them are text."""

    model_config = ConfigDict(extra="forbid")
    version: Annotated[
        int, Field(ge=0, le=2**31 - 1, description="The matter's version as you saw it.")
    ]
    ground: Literal["malicious", "fake", "mistaken", "wrong_level"]
    statement: Text


_APPEAL_SCHEMA = NewAppeal.model_json_schema() | {"title": "Appeal"}
_APPEAL_SCHEMA["properties"]["file"] = {"type": "string", "format": "binary"}
_APPEAL_SCHEMA["required"] = [*_APPEAL_SCHEMA["required"], "file"]
_APPEAL_BODY: dict[str, Any] = {
    "required": True,
    "content": {"multipart/form-data": {"schema": _APPEAL_SCHEMA}},
}


@router.get(
    "/arbitration", response=Queue, operation_id="listArbitration", summary="What waits for you"
)
def waiting(
    request: HttpRequest,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    size: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Queue:
    """For arbiters: what is due first at the top, without your own line of command and without
    what you have stepped back from. Empty for everybody else."""
    page = queries.to_decide(actor(request), cursor=cursor, size=size)
    described = kinds.describe(page.rows)
    appeals = queries.latest_appeals(page.rows)
    return Queue(
        waiting=[_waiting(row, described[row.pk].title, appeals.get(row.pk)) for row in page.rows],
        next_cursor=page.next_cursor,
    )


@router.get(
    "/matters/{code}/appeals",
    response=list[AppealFiled],
    operation_id="listAppeals",
    summary="The appeals of a matter",
)
def list_appeals(request: HttpRequest, code: str) -> list[AppealFiled]:
    """With evidence, what both sides said, and the ruling. For whoever may see the matter."""
    return _appeals(find(request, code))


@router.post(
    "/matters/{code}/appeals",
    response={201: list[AppealFiled]},
    operation_id="appeal",
    summary="Appeal against the review",
    openapi_extra=_RAISES | {"requestBody": _APPEAL_BODY},
)
def appeal(request: HttpRequest, code: str) -> Status[list[AppealFiled]]:
    """Once, within the window of the policy, with evidence: a JPEG, PNG, WebP or PDF of at most
    8 MB. The citizen reads the statement and is heard."""
    matter, staff = find(request, code), actor(request)
    # Reading a form and decoding a picture is work: not for those who may not appeal.
    if Event.APPEAL not in possible_events(staff, matter):
        raise NotYours if rows(State(matter.state), Event.APPEAL) else NotNow
    said, upload = read_form(request, NewAppeal)
    services.file_appeal(
        matter=matter,
        staff=staff,
        seen_version=said.version,
        ground=said.ground,
        statement=said.statement,
        files=[_accepted(upload)],
    )
    return Status(201, _appeals(find(request, code)))


@router.get(
    "/matters/{code}/appeals/evidence/{evidence_id}",
    operation_id="readAppealEvidence",
    summary="A piece of evidence of an appeal",
    response={200: None},
    openapi_extra={
        "responses": {
            200: {
                "content": {
                    media: {"schema": {"type": "string"}}
                    for media in ("image/jpeg", "application/pdf")
                }
            }
        }
    },
)
def read_evidence(request: HttpRequest, code: str, evidence_id: UUID) -> FileResponse:
    """Only for those who may see the matter."""
    found = queries.evidence_of(find(request, code), evidence_id)
    return FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=found.name,
        content_type=found.media_type,
    )


@router.post(
    "/matters/{code}/appeals/statements",
    response=list[AppealFiled],
    operation_id="beHeard",
    summary="Say your unit's side",
    openapi_extra=_OF_OPEN,
)
def be_heard(request: HttpRequest, code: str, said: Said) -> list[AppealFiled]:
    """While an appeal is open. The citizen and the arbiter read it."""
    services.be_heard(
        matter=find(request, code),
        staff=actor(request),
        seen_version=said.version,
        text=said.text,
    )
    return _appeals(find(request, code))


@router.post(
    "/matters/{code}/recusal",
    response={204: None},
    operation_id="recuse",
    summary="Step back as arbiter",
    openapi_extra=_RAISES,
)
def recuse(request: HttpRequest, code: str, said: SteppingBack) -> Status[None]:
    """You no longer see the matter; another arbiter acts."""
    services.recuse(
        matter=find(request, code),
        staff=actor(request),
        seen_version=said.version,
        reason=said.reason,
    )
    return Status(204, None)


@router.post(
    "/matters/{code}/ruling",
    response=list[AppealFiled],
    operation_id="rule",
    summary="Rule on the open appeal",
    openapi_extra=_OF_OPEN,
)
def rule(request: HttpRequest, code: str, said: Decision) -> list[AppealFiled]:
    """For an arbiter outside the unit's line of command, once the other side has been heard or
    has had its time. Reasons are mandatory; they are published unless they may name somebody."""
    matter, staff = find(request, code), actor(request)
    unit = find_organisation(said.unit) if said.unit else None
    if said.unit and unit is None:
        raise Invalid(field="unit")
    services.rule(
        matter=matter,
        staff=staff,
        seen_version=said.version,
        upheld=said.upheld,
        reasons=said.reasons,
        effect=said.effect or "",
        unit=unit,
        precedents=said.precedents,
    )
    return _appeals(matter)


@citizen_router.post(
    "/receipts/{code}/statements",
    response=ReceiptStatus,
    operation_id="citizenBeHeard",
    summary="Say your side of the unit's appeal",
    openapi_extra=raises(ReceiptUnknown, TooMany, NotNow, Refused, NoOpenAppeal, SaidEnough),
)
def citizen_be_heard(request: HttpRequest, code: str, said: FromCitizen) -> ReceiptStatus:
    """While the arbiter has not ruled. The unit and the arbiter read it."""
    review, matter = known_matter(request, code)
    services.be_heard(matter=matter, text=said.text)
    return status_of(review)


@citizen_router.post(
    "/receipts/{code}/fake-rectification",
    response=ReceiptStatus,
    operation_id="reportFake",
    summary="Report that it was only pretended to be put right",
    openapi_extra=_BY_CODE,
)
def report_fake(request: HttpRequest, code: str, said: FromCitizen) -> ReceiptStatus:
    """While the follow-up review is open, in place of it: the matter is reopened at once, an
    arbiter settles the claim, and you may rate again after the second reply."""
    review, matter = known_matter(request, code)
    services.report_fake(matter=matter, text=said.text)
    return status_of(review)


@citizen_router.post(
    "/receipts/{code}/withdrawal",
    response=ReceiptStatus,
    operation_id="withdraw",
    summary="Withdraw the matter",
    openapi_extra=_BY_CODE,
)
def withdraw(request: HttpRequest, code: str, said: Withdrawal) -> ReceiptStatus:
    """The unit need not answer any more. The review stays as it is, and is counted."""
    review, matter = known_matter(request, code)
    matters.withdraw(matter=matter, reason=said.reason)
    return status_of(review)


def _accepted(upload: UploadedFile[Any]) -> Any:
    return accept_document(upload, name=upload.name or "", field="file")


def _waiting(matter: Any, title: str, last: Appeal | None) -> Waiting:
    return Waiting(
        matter=matter.code,
        title=title,
        organisation=str(matter.organisation),
        state=named(State(matter.state)),
        to_rule=matter.to_rule,
        ground=named(Ground(last.ground)) if last and matter.to_rule else None,
        due_at=matter.due,
    )


def _appeals(matter: Matter) -> list[AppealFiled]:
    return [_appeal(row) for row in queries.appeals_of(matter)]


def _appeal(row: Appeal) -> AppealFiled:
    return AppealFiled(
        matter=row.matter.code,
        version=row.matter.version,
        organisation=str(row.organisation),
        uscc=row.organisation.uscc,
        side=named(Side(row.side)),
        ground=named(Ground(row.ground)),
        statement=row.statement,
        filed_at=row.filed_at,
        hearing_until=row.hearing_until,
        evidence=[
            EvidenceFiled(
                address=f"/api/v1/matters/{row.matter.code}/appeals/evidence/{file.pk}",
                name=file.name,
                media_type=file.media_type,
                size=file.size,
                sha256=file.sha256,
            )
            for file in row.evidence.all()
        ],
        statements=[
            StatementMade(
                side=named(Side(said.side)),
                text=said.text,
                by=said.staff.display_name if said.staff else None,
                at=said.at,
            )
            for said in row.statements.all()
        ],
        ruling=_ruling(row.ruling) if row.decided else None,
    )


def _ruling(row: Ruling) -> RulingGiven:
    return RulingGiven(
        id=row.pk,
        upheld=row.upheld,
        effect=named(Effect(row.effect)),
        unit=row.unit.uscc if row.unit else None,
        reasons=row.reasons,
        held_back=bool(row.held_back),
        organisation=str(row.organisation),
        precedents=[
            Cited(
                id=cited.pk,
                ground=named(Ground(cited.appeal.ground)),
                upheld=cited.upheld,
                organisation=str(cited.organisation),
                at=cited.at,
                reasons=None if cited.held_back else cited.reasons,
            )
            for cited in row.precedents.all()
        ],
        at=row.at,
    )

"""Supervision orders, and consequences for staff with their right of objection."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.params.functions import Query
from ninja.responses import Status
from pydantic import Field, StrictBool

from huiyin.api.auth import StaffSession
from huiyin.api.openapi import raises
from huiyin.api.v1.handling import UserName
from huiyin.api.v1.matters import MatterDetail, actor, find
from huiyin.api.v1.shapes import Body, Day, Line, Text, need_visible
from huiyin.api.v1.steps import Seen, acting, afterwards
from huiyin.directory.queries import staff_by_username
from huiyin.kernel import paging
from huiyin.kernel.problems import Invalid
from huiyin.matters import services
from huiyin.matters.errors import Moved, NotNow, NotYours, Refused
from huiyin.matters.models import Consequence
from huiyin.matters.queries import consequences_visible_to, get_consequence

router = Router(tags=["supervision"], auth=StaffSession())
_RAISES = raises(NotNow, NotYours, Moved, Refused)
_CONSEQUENCES = raises(NotNow, NotYours, Refused)


class Demand(Seen):
    demand: Text


class Answer(Seen):
    answer: Text


class NewConsequence(Body):
    username: UserName = Field(description="Whom it is about.")
    measure: Line
    reason: Text
    legal_basis: Text
    starts_on: Day
    ends_on: Day


class Objection(Body):
    objection: Text


class ObjectionDecision(Body):
    keep: StrictBool
    answer: Text


class ConsequenceSeen(Schema):
    id: UUID
    matter: str
    about: str
    measure: str
    reason: str
    legal_basis: str
    starts_on: date
    ends_on: date
    decided_by: str
    decided_at: datetime
    objection_until: datetime
    objection: str
    objected_at: datetime | None
    kept: bool | None = Field(description="What came of the objection; null until it is decided.")
    answer: str
    answered_by: str | None
    answered_at: datetime | None


class ConsequenceList(Schema):
    consequences: list[ConsequenceSeen]
    next_cursor: str | None = Field(description="For `cursor`; null on the last page.")


@router.post(
    "/matters/{code}/order",
    response=MatterDetail,
    operation_id="order",
    summary="Give a supervision order",
    openapi_extra=_RAISES,
)
def order(request: HttpRequest, code: str, said: Demand) -> MatterDetail:
    """督办: the unit has to answer it by a clock of its own; one at a time."""
    services.order(**acting(request, code, said.version), demand=said.demand)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/order/answer",
    response=MatterDetail,
    operation_id="answerOrder",
    summary="Answer the supervision order",
    openapi_extra=_RAISES,
)
def answer_order(request: HttpRequest, code: str, said: Answer) -> MatterDetail:
    """A matter that waited for nothing else closes."""
    services.answer_order(**acting(request, code, said.version), answer=said.answer)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/consequences",
    response={201: ConsequenceSeen},
    operation_id="recordConsequence",
    summary="Record a consequence for a member of staff",
    openapi_extra=_CONSEQUENCES,
)
def record_consequence(
    request: HttpRequest, code: str, said: NewConsequence
) -> Status[ConsequenceSeen]:
    """By a supervisor, with reason, legal basis and term. The person may object."""
    matter = find(request, code)
    concerned = staff_by_username([said.username]).get(said.username)
    if concerned is None:
        raise Invalid(_("Choose somebody of the unit, or a clerk concerned."), field="username")
    recorded = services.record_consequence(
        matter=matter,
        staff=actor(request),
        concerned=concerned,
        measure=need_visible(said.measure),
        reason=said.reason,
        legal_basis=said.legal_basis,
        starts_on=said.starts_on,
        ends_on=said.ends_on,
    )
    return Status(201, _seen(recorded))


@router.get(
    "/consequences",
    response=ConsequenceList,
    operation_id="listConsequences",
    summary="List consequences for staff",
)
def list_consequences(
    request: HttpRequest,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    size: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ConsequenceList:
    """Those about you, and those about people whom you supervise or audit; the latest first."""
    rows = consequences_visible_to(actor(request)).select_related(
        "matter", "staff", "decided_by", "answered_by"
    )
    page = paging.page(rows, key="-decided_at", cursor=cursor, size=size)
    return ConsequenceList(
        consequences=[_seen(row) for row in page.rows], next_cursor=page.next_cursor
    )


@router.post(
    "/consequences/{consequence_id}/objection",
    response=ConsequenceSeen,
    operation_id="objectToConsequence",
    summary="Object to a consequence",
    openapi_extra=_CONSEQUENCES,
)
def object_to_consequence(
    request: HttpRequest, consequence_id: UUID, said: Objection
) -> ConsequenceSeen:
    """By the person it is about, once and in time."""
    staff = actor(request)
    found = get_consequence(staff, consequence_id)
    objected = services.object_to_consequence(
        consequence=found, staff=staff, objection=said.objection
    )
    return _seen(objected)


@router.post(
    "/consequences/{consequence_id}/decision",
    response=ConsequenceSeen,
    operation_id="decideObjection",
    summary="Decide on an objection",
    openapi_extra=_CONSEQUENCES,
)
def decide_objection(
    request: HttpRequest, consequence_id: UUID, said: ObjectionDecision
) -> ConsequenceSeen:
    """By another supervisor than the one who decided, with reasons."""
    staff = actor(request)
    found = get_consequence(staff, consequence_id)
    decided = services.decide_objection(
        consequence=found, staff=staff, keep=said.keep, answer=said.answer
    )
    return _seen(decided)


def _seen(row: Consequence) -> ConsequenceSeen:
    return ConsequenceSeen(
        id=row.pk,
        matter=row.matter.code,
        about=row.staff.display_name,
        measure=row.measure,
        reason=row.reason,
        legal_basis=row.legal_basis,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        decided_by=row.decided_by.display_name,
        decided_at=row.decided_at,
        objection_until=row.objection_until,
        objection=row.objection,
        objected_at=row.objected_at,
        kept=row.kept,
        answer=row.answer,
        answered_by=row.answered_by.display_name if row.answered_by else None,
        answered_at=row.answered_at,
    )

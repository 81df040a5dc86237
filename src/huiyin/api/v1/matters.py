"""Staff read matters: the list of what they may see, and everything about one of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import DateTimeField, Q, Value
from django.db.models.functions import Coalesce
from django.http import FileResponse, HttpRequest
from ninja import Router, Schema
from ninja.params.functions import Query
from pydantic import Field

from huiyin.api.auth import StaffSession
from huiyin.api.v1.receipts import deadline
from huiyin.api.v1.shapes import Deadline, Named, named
from huiyin.calendars import queries as calendars
from huiyin.directory.models import Staff
from huiyin.kernel import clock, ids, paging
from huiyin.kernel.problems import NotFound
from huiyin.matters import kinds, plan
from huiyin.matters.models import (
    Assignment,
    ContactAttempt,
    Evidence,
    Extension,
    FollowUp,
    Matter,
    MeasureHead,
    Rectification,
    Reply,
    ResultClass,
    RootCause,
    Step,
    SupervisionOrder,
)
from huiyin.matters.queries import evidence_of, get_visible, possible_events, visible_to
from huiyin.matters.table import ClockKind, Event, Party, State
from huiyin.reviews import queries as reviews
from huiyin.reviews.models import KIND, Level, Photo

router = Router(tags=["matters"], auth=StaffSession())
# Matters without a running clock come last.
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Summary(Schema):
    code: str
    kind: Named
    title: str
    summary: str
    organisation: str
    uscc: str
    state: Named
    round: int
    version: int = Field(description="Send it with the next step: nobody acts on an old picture.")
    opened_at: datetime
    next_due_at: datetime | None
    overdue: bool
    closed_at: datetime | None


class MatterList(Schema):
    matters: list[Summary]
    next_cursor: str | None = Field(description="For `cursor`; null on the last page.")


class ReviewSeen(Schema):
    """The review as its unit may see it: never a contact, the name masked or hidden."""

    level: int
    words: str
    tags: list[str]
    text: str
    photos: list[str] = Field(description="Addresses of the pictures.")
    accepted_at: datetime
    service: str
    served_at: datetime
    counter: str
    clerks: list[str]
    project_no: str | None
    masked_name: str | None
    follow_up_level: int | None
    follow_up_text: str | None


class Contact(Schema):
    means: Named
    outcome: Named
    at: datetime
    by: str
    message: str
    note: str


class MeasureTaken(Schema):
    head: Named
    description: str


class MilestoneSet(Schema):
    place: int
    title: str
    due_on: date
    done_at: datetime | None


class Plan(Schema):
    round: int
    root_cause: Named
    explanation: str
    author: str
    at: datetime
    measures: list[MeasureTaken]
    milestones: list[MilestoneSet]


class EvidenceFile(Schema):
    id: UUID
    address: str
    name: str
    media_type: str
    size: int
    sha256: str
    caption: str
    round: int
    by: str
    at: datetime


class ReplyWritten(Schema):
    number: int
    round: int
    text: str
    result: Named
    planned_for: date | None
    legal_reason: str
    author: str
    at: datetime


class StepTaken(Schema):
    number: int
    event: Named
    state: Named
    round: int
    at: datetime
    party: Named
    by: str | None
    data: dict[str, Any]


class UnitInCharge(Schema):
    """A unit that has or had the matter: in the lead, or joined in."""

    unit: str
    uscc: str
    part: Named
    since: datetime
    until: datetime | None
    reason: str


class ExtensionAsked(Schema):
    round: int
    amount: int
    reason: str
    asked_by: str
    asked_at: datetime
    granted: bool | None = Field(description="null until it is decided")
    decided_by: str | None
    decided_at: datetime | None
    answer: str


class OrderGiven(Schema):
    demand: str
    given_by: str
    given_at: datetime
    answer: str
    answered_by: str | None
    answered_at: datetime | None


class SuggestedMilestone(Schema):
    title: str
    due_on: date


class MatterDetail(Summary):
    unreachable: bool
    result: Named | None
    told_at: datetime | None
    follow_up: Named
    confirmed: bool | None
    handler: str | None = Field(description="Who works on it; null: whoever is on duty.")
    improvement: str | None = Field(
        description="The matter whose plan and evidence this one shares; null when its own."
    )
    units: list[UnitInCharge]
    extensions: list[ExtensionAsked]
    orders: list[OrderGiven]
    policy: str
    review: ReviewSeen | None
    deadlines: list[Deadline]
    contacts: list[Contact]
    plans: list[Plan]
    evidence: list[EvidenceFile]
    replies: list[ReplyWritten]
    steps: list[StepTaken]
    possible: list[Named] = Field(
        description="The steps you may take now. A rule may still ask for something first."
    )
    suggested_milestones: list[SuggestedMilestone] | None = Field(
        description="Counted backwards from the deadline; null when no plan is due."
    )


@router.get("/matters", response=MatterList, operation_id="listMatters", summary="List matters")
def list_matters(
    request: HttpRequest,
    state: Annotated[State | None, Query(description="only matters in this state")] = None,
    late: Annotated[
        bool | None, Query(description="only open matters that are overdue, or that are not")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    size: Annotated[int, Query(ge=1, le=100)] = 50,
) -> MatterList:
    """The matters you may see, what is due first at the top, a page at a time."""
    now = clock.now()
    rows = visible_to(actor(request)).select_related("organisation")
    if state is not None:
        rows = rows.filter(state=state)
    if late is not None:
        rows = rows.filter(closed_at__isnull=True)
        overdue = Q(next_due_at__lte=now)
        rows = rows.filter(overdue) if late else rows.exclude(overdue)
    due = Coalesce("next_due_at", Value(_NEVER), output_field=DateTimeField())
    page = paging.page(rows.annotate(due=due), key="due", cursor=cursor, size=size)
    described = kinds.describe(page.rows)
    return MatterList(
        matters=[Summary(**_summary(matter, described[matter.pk])) for matter in page.rows],
        next_cursor=page.next_cursor,
    )


@router.get(
    "/matters/{code}", response=MatterDetail, operation_id="readMatter", summary="Read a matter"
)
def read_matter(request: HttpRequest, code: str) -> MatterDetail:
    """Everything you may see of a matter, and the steps you may take now."""
    return detail(find(request, code), actor(request))


@router.get(
    "/matters/{code}/photos/{place}",
    operation_id="readPhoto",
    summary="A picture the citizen added",
    response={200: None},
    openapi_extra={"responses": {200: {"content": {"image/jpeg": {"schema": {"type": "string"}}}}}},
)
def read_photo(request: HttpRequest, code: str, place: int) -> FileResponse:
    """Only for those who may see the matter; metadata was removed on arrival."""
    matter = find(request, code)
    if matter.kind != KIND or not 0 < place < 100:
        raise NotFound
    photo = Photo.objects.filter(review_id=matter.subject_id, place=place).first()
    if photo is None:
        raise NotFound
    return FileResponse(photo.file.open("rb"), content_type=photo.media_type)


@router.get(
    "/matters/{code}/evidence/{evidence_id}",
    operation_id="readEvidence",
    summary="A piece of evidence",
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
    found = evidence_of(find(request, code)).filter(pk=evidence_id).first()
    if found is None:
        raise NotFound
    return FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=found.name,
        content_type=found.media_type,
    )


def actor(request: HttpRequest) -> Staff:
    staff: Staff = request.auth  # type: ignore[attr-defined]
    return staff


def find(request: HttpRequest, typed: str) -> Matter:
    """The matter called ``typed``, if the actor may see it. Raises ``NotFound``."""
    code = ids.read_code(typed)
    if code is None:
        raise NotFound
    return get_visible(actor(request), code)


def detail(matter: Matter, staff: Staff) -> MatterDetail:
    """All of ``matter`` that ``staff``, who may see it, sees. A fixed number of queries."""
    possible = possible_events(staff, matter)
    clocks = list(matter.clocks.all())
    running = next(
        (
            row
            for row in clocks
            if row.kind == ClockKind.RECTIFICATION and row.round == matter.round
        ),
        None,
    )
    contacts = matter.contact_attempts.select_related("staff")
    rectifications = (
        Rectification.objects.filter(matter__in=[matter.pk, matter.improvement_of_id or matter.pk])
        .select_related("author")
        .prefetch_related("measures", "milestones")
        .order_by("round")
    )
    return MatterDetail(
        **_summary(matter, kinds.describe([matter])[matter.pk]),
        unreachable=matter.unreachable,
        result=named(ResultClass(matter.result_class)) if matter.result_class else None,
        told_at=matter.told_at,
        follow_up=named(FollowUp(matter.follow_up)),
        confirmed=matter.confirmed,
        handler=matter.handler.display_name if matter.handler else None,
        improvement=matter.improvement_of.code if matter.improvement_of else None,
        units=[_unit(part) for part in matter.assignments.select_related("organisation")],
        extensions=[
            _extension(row) for row in matter.extensions.select_related("asked_by", "decided_by")
        ],
        orders=[_order(row) for row in matter.orders.select_related("given_by", "answered_by")],
        policy=matter.policy.label,
        review=_review(matter) if matter.kind == KIND else None,
        deadlines=[deadline(row) for row in clocks],
        contacts=[_contact(attempt) for attempt in contacts],
        plans=[_plan(row) for row in rectifications],
        evidence=[
            _evidence(matter, row) for row in evidence_of(matter).select_related("uploaded_by")
        ],
        replies=[_reply(row) for row in matter.replies.select_related("author")],
        steps=[_step(row) for row in matter.steps.select_related("actor")],
        possible=[named(event) for event in Event if event in possible],
        suggested_milestones=_suggestion(running.last_day)
        if running and Event.PLAN in possible
        else None,
    )


def _summary(matter: Matter, described: kinds.Description) -> dict[str, Any]:
    overdue = matter.next_due_at is not None and matter.next_due_at <= clock.now()
    return {
        "code": matter.code,
        "kind": Named(code=matter.kind, words=str(kinds.get(matter.kind).name)),
        "title": described.title,
        "summary": described.summary,
        "organisation": str(matter.organisation),
        "uscc": matter.organisation.uscc,
        "state": named(State(matter.state)),
        "round": matter.round,
        "version": matter.version,
        "opened_at": matter.opened_at,
        "next_due_at": matter.next_due_at,
        "overdue": overdue,
        "closed_at": matter.closed_at,
    }


def _review(matter: Matter) -> ReviewSeen:
    seen = reviews.for_unit(matter)
    return ReviewSeen(
        level=seen.level,
        words=str(Level(seen.level).label),
        tags=seen.tags,
        text=seen.text,
        photos=[f"/api/v1/matters/{matter.code}/photos/{photo.place}" for photo in seen.photos],
        accepted_at=seen.accepted_at,
        service=seen.service,
        served_at=seen.served_at,
        counter=seen.counter,
        clerks=seen.clerks,
        project_no=seen.project_no,
        masked_name=seen.masked_name,
        follow_up_level=seen.follow_up_level,
        follow_up_text=seen.follow_up_text,
    )


def _contact(attempt: ContactAttempt) -> Contact:
    return Contact(
        means=named(ContactAttempt.Means(attempt.means)),
        outcome=named(ContactAttempt.Outcome(attempt.outcome)),
        at=attempt.at,
        by=attempt.staff.display_name,
        message=attempt.message,
        note=attempt.note,
    )


def _unit(part: Assignment) -> UnitInCharge:
    return UnitInCharge(
        unit=str(part.organisation),
        uscc=part.organisation.uscc,
        part=named(Assignment.Part(part.part)),
        since=part.since,
        until=part.until,
        reason=part.reason,
    )


def _extension(row: Extension) -> ExtensionAsked:
    return ExtensionAsked(
        round=row.round,
        amount=row.amount,
        reason=row.reason,
        asked_by=row.asked_by.display_name,
        asked_at=row.asked_at,
        granted=row.granted,
        decided_by=row.decided_by.display_name if row.decided_by else None,
        decided_at=row.decided_at,
        answer=row.answer,
    )


def _order(row: SupervisionOrder) -> OrderGiven:
    return OrderGiven(
        demand=row.demand,
        given_by=row.given_by.display_name,
        given_at=row.given_at,
        answer=row.answer,
        answered_by=row.answered_by.display_name if row.answered_by else None,
        answered_at=row.answered_at,
    )


def _plan(row: Rectification) -> Plan:
    return Plan(
        round=row.round,
        root_cause=named(RootCause(row.root_cause)),
        explanation=row.explanation,
        author=row.author.display_name,
        at=row.at,
        measures=[
            MeasureTaken(head=named(MeasureHead(measure.head)), description=measure.description)
            for measure in row.measures.all()
        ],
        milestones=[MilestoneSet.from_orm(milestone) for milestone in row.milestones.all()],
    )


def _evidence(matter: Matter, row: Evidence) -> EvidenceFile:
    return EvidenceFile(
        id=row.pk,
        address=f"/api/v1/matters/{matter.code}/evidence/{row.pk}",
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        caption=row.caption,
        round=row.round,
        by=row.uploaded_by.display_name,
        at=row.at,
    )


def _reply(row: Reply) -> ReplyWritten:
    return ReplyWritten(
        number=row.number,
        round=row.round,
        text=row.text,
        result=named(ResultClass(row.result_class)),
        planned_for=row.planned_for,
        legal_reason=row.legal_reason,
        author=row.author.display_name,
        at=row.at,
    )


def _step(row: Step) -> StepTaken:
    return StepTaken(
        number=row.number,
        event=named(Event(row.event)),
        state=named(State(row.state_after)),
        round=row.round,
        at=row.at,
        party=named(Party(row.party)),
        by=row.actor.display_name if row.actor else None,
        data=row.data,
    )


def _suggestion(last_day: date) -> list[SuggestedMilestone]:
    today = clock.today()
    calendar = calendars.calendar(since=today.year)
    nodes = plan.back_schedule(today=today, last_day=last_day, calendar=calendar)
    return [SuggestedMilestone(title=node.title, due_on=node.due_on) for node in nodes]

"""Staff settle who handles a matter and by when: units, joint units, extensions, improvements."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from ninja.responses import Status
from pydantic import AfterValidator, Field, StrictBool, StrictStr

from huiyin.api.auth import StaffSession
from huiyin.api.openapi import raises
from huiyin.api.v1.matters import MatterDetail, find
from huiyin.api.v1.shapes import Text, need_storable
from huiyin.api.v1.steps import Reason, Seen, acting, afterwards
from huiyin.directory.models import Organisation
from huiyin.directory.queries import find_organisation, staff_by_username
from huiyin.kernel.problems import Invalid, NotFound
from huiyin.matters import services
from huiyin.matters.errors import Moved, NotNow, NotYours, Refused

router = Router(tags=["handling"], auth=StaffSession())
_RAISES = raises(NotNow, NotYours, Moved, Refused)

UnitCode = Annotated[
    StrictStr,
    Field(
        min_length=18, max_length=18, description="The unit's unified social credit code (USCC)."
    ),
    AfterValidator(need_storable),
]
UserName = Annotated[StrictStr, Field(max_length=60), AfterValidator(need_storable)]


class ToUnit(Reason):
    unit: UnitCode


class JointUnit(Seen):
    unit: UnitCode
    task: Text


class Handler(Seen):
    username: UserName | None = Field(description="null: whoever is on duty.")


class Said(Seen):
    text: Text


class MoreTime(Reason):
    amount: Annotated[
        int, Field(strict=True, ge=1, le=400, description="In the units of the clock.")
    ]


class ExtensionDecision(Reason):
    grant: StrictBool


class Joined(Seen):
    lead: Annotated[
        StrictStr,
        Field(max_length=20, description="The code of the matter that leads the improvement."),
        AfterValidator(need_storable),
    ]


def _unit(code: str) -> Organisation:
    found = find_organisation(code)
    if found is None:
        raise Invalid(_("There is no unit with this code."), field="unit")
    return found


@router.post(
    "/matters/{code}/hand-on",
    response={204: None},
    operation_id="handOn",
    summary="Hand on to the right unit",
    openapi_extra=_RAISES,
)
def hand_on(request: HttpRequest, code: str, said: ToUnit) -> Status[None]:
    """Once, by the unit itself. The deadlines stay; afterwards it is no longer yours to see."""
    doing = acting(request, code, said.version)
    services.hand_on(**doing, unit=_unit(said.unit), reason=said.reason)
    return Status(204, None)


@router.post(
    "/matters/{code}/return",
    response=MatterDetail,
    operation_id="returnMatter",
    summary="Return as another unit's",
    openapi_extra=_RAISES,
)
def return_matter(request: HttpRequest, code: str, said: Reason) -> MatterDetail:
    """After it was handed on once; the level above both decides."""
    services.return_matter(**acting(request, code, said.version), reason=said.reason)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/assignment",
    response=MatterDetail,
    operation_id="assign",
    summary="Assign to a unit",
    openapi_extra=_RAISES,
)
def assign(request: HttpRequest, code: str, said: ToUnit) -> MatterDetail:
    """By the supervisor of both units, and for good."""
    doing = acting(request, code, said.version)
    services.assign(**doing, unit=_unit(said.unit), reason=said.reason)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/handler",
    response=MatterDetail,
    operation_id="giveTo",
    summary="Give to a handler of the unit",
    openapi_extra=_RAISES,
)
def give_to(request: HttpRequest, code: str, said: Handler) -> MatterDetail:
    """Somebody on duty as a handler of the unit, by user name."""
    doing, to = acting(request, code, said.version), None
    if said.username is not None:
        to = staff_by_username([said.username]).get(said.username)
        if to is None:
            raise Invalid(
                _("Choose somebody who is on duty as a handler of this unit."), field="username"
            )
    services.give_to(**doing, to=to)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/joint-units",
    response=MatterDetail,
    operation_id="addJointUnit",
    summary="Ask another unit to join in",
    openapi_extra=_RAISES,
)
def add_co_unit(request: HttpRequest, code: str, said: JointUnit) -> MatterDetail:
    """By the supervisor of both; the unit sees the matter until it is released."""
    doing = acting(request, code, said.version)
    services.add_co_unit(**doing, unit=_unit(said.unit), task=said.task)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/joint-units/release",
    response=MatterDetail,
    operation_id="releaseJointUnit",
    summary="Release a joint unit",
    openapi_extra=_RAISES,
)
def end_co_unit(request: HttpRequest, code: str, said: ToUnit) -> MatterDetail:
    """What it contributed stays."""
    doing = acting(request, code, said.version)
    services.end_co_unit(**doing, unit=_unit(said.unit), reason=said.reason)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/contributions",
    response=MatterDetail,
    operation_id="contribute",
    summary="Contribute as a joint unit",
    openapi_extra=_RAISES,
)
def contribute(request: HttpRequest, code: str, said: Said) -> MatterDetail:
    """What your unit found or did."""
    services.contribute(**acting(request, code, said.version), text=said.text)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/side",
    response=MatterDetail,
    operation_id="stateSide",
    summary="State your side",
    openapi_extra=_RAISES,
)
def state_side(request: HttpRequest, code: str, said: Said) -> MatterDetail:
    """By the unit's handler, or by the clerk whose work the matter is about."""
    services.state_side(**acting(request, code, said.version), text=said.text)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/extension",
    response=MatterDetail,
    operation_id="askExtension",
    summary="Ask for more time",
    openapi_extra=_RAISES,
)
def ask_extension(request: HttpRequest, code: str, said: MoreTime) -> MatterDetail:
    """Before the deadline, and not beyond what the rules of the place allow."""
    doing = acting(request, code, said.version)
    services.ask_extension(**doing, amount=said.amount, reason=said.reason)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/extension/decision",
    response=MatterDetail,
    operation_id="decideExtension",
    summary="Grant or refuse more time",
    openapi_extra=_RAISES,
)
def decide_extension(request: HttpRequest, code: str, said: ExtensionDecision) -> MatterDetail:
    """By a supervisor outside the unit; a grant is told to the citizen."""
    doing = acting(request, code, said.version)
    services.decide_extension(**doing, grant=said.grant, reason=said.reason)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/improvement",
    response=MatterDetail,
    operation_id="merge",
    summary="Join another matter's improvement",
    openapi_extra=_RAISES,
)
def merge(request: HttpRequest, code: str, said: Joined) -> MatterDetail:
    """Matters of one unit about one fault share plan and evidence; each citizen is answered."""
    doing = acting(request, code, said.version)
    try:
        lead = find(request, said.lead)
    except NotFound as error:
        raise Invalid(_("Choose the matter that leads the improvement."), field="lead") from error
    services.merge(**doing, lead=lead)
    return afterwards(request, code)


@router.post(
    "/matters/{code}/improvement/split",
    response=MatterDetail,
    operation_id="split",
    summary="Leave the improvement",
    openapi_extra=_RAISES,
)
def split(request: HttpRequest, code: str, said: Seen) -> MatterDetail:
    """The matter then needs a plan of its own."""
    doing: dict[str, Any] = acting(request, code, said.version)
    services.split(**doing)
    return afterwards(request, code)

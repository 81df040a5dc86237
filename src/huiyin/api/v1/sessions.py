"""Staff sign in and out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import AfterValidator, Field, StrictStr

from huiyin.api import auth
from huiyin.api.auth import SignInFailed, StaffSession
from huiyin.api.openapi import raises
from huiyin.api.v1.shapes import Body, Line, need_storable
from huiyin.kernel import clock
from huiyin.kernel.problems import TooMany

router = Router(tags=["sessions"])


class Credentials(Body):
    username: Annotated[StrictStr, Field(max_length=60), AfterValidator(need_storable)]
    password: Line


class Session(Schema):
    token: str = Field(description="Send it as “Authorization: Bearer …”.")
    expires_at: datetime
    username: str
    display_name: str
    organisation: str
    roles: list[str]


@router.post(
    "/sessions",
    response={201: Session},
    operation_id="signIn",
    summary="Sign in",
    openapi_extra=raises(SignInFailed, TooMany),
)
def sign_in(request: HttpRequest, said: Credentials) -> Status[Session]:
    """A token for twelve hours. Changing the password or signing out ends it."""
    token, staff = auth.sign_in(request, username=said.username, password=said.password)
    return Status(
        201,
        Session(
            token=token,
            expires_at=clock.now() + timedelta(hours=auth.SESSION_HOURS),
            username=staff.username,
            display_name=staff.display_name,
            organisation=str(staff.organisation),
            roles=sorted(set(staff.duties.current().values_list("role", flat=True))),
        ),
    )


@router.delete(
    "/sessions",
    response={204: None},
    auth=StaffSession(),
    operation_id="signOut",
    summary="Sign out",
)
def sign_out(request: HttpRequest) -> Status[None]:
    """End the session whose token was sent."""
    auth.sign_out(request.headers["Authorization"].partition(" ")[2])
    return Status(204, None)

"""What every page of the cockpit shares: who may come in, and where in it a page stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from huiyin.directory.models import Organisation, Staff
from huiyin.directory.queries import organisations_in_scope
from huiyin.kernel.problems import NotFound
from huiyin.web.desk.frame import OVERSEES, desk_page, member, render_desk, roles_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def cockpit_page(view: View[P]) -> View[P]:
    """A view for supervisors and auditors; for everybody else it does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not roles_of(member(request)) & OVERSEES:
            raise NotFound
        return view(request, *args, **kwargs)

    return desk_page(cast("View[P]", guarded))


def scope(staff: Staff) -> QuerySet[Organisation]:
    """The organisations that ``staff`` oversees. One query; the result is lazy."""
    return organisations_in_scope(staff, [*OVERSEES])


def render_cockpit(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    page: str,
    status: int = 200,
) -> HttpResponse:
    """A page of the cockpit, ``page`` being its place among them."""
    return render_desk(
        request, f"cockpit/{template}", {"page": page, **context}, here="cockpit", status=status
    )

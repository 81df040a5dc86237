"""What every page of the desk shares: who may come in, its header, and how problems are shown."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from huiyin.directory.models import Organisation, Role, Staff
from huiyin.intake.devices.queries import LOOK_AFTER
from huiyin.kernel import clock
from huiyin.kernel.problems import NotFound
from huiyin.notices import queries as notices
from huiyin.reviews.places import MANAGES

log = logging.getLogger(__name__)
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
MANAGES_PLACES = frozenset(MANAGES)
# Who has a cockpit.
OVERSEES = frozenset({Role.SUPERVISOR, Role.AUDITOR})
# Who rings for a hotline, or keeps its list; who keys paper forms.
RINGS = frozenset({Role.HANDLER, Role.SUPERVISOR})
KEYS = frozenset({Role.HANDLER, Role.APPROVER, Role.SUPERVISOR})


def member(request: HttpRequest) -> Staff:
    """The member of staff who is signed in; only for views behind ``desk_page``."""
    return cast("Staff", request.user)


def roles_of(staff: Staff) -> set[str]:
    """The roles that the duties of today give ``staff`` anywhere. One query."""
    return set(staff.duties.current().values_list("role", flat=True))


def desk_page(view: View[P]) -> View[P]:
    """A view for staff who are signed in. What they may not see does not exist for them.

    Who looks for what lies outside their scope is logged, by keys that name nobody.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NotFound as problem:
            log.warning(
                "staff %s asked for something outside their scope (%s)",
                request.user.pk,
                view.__name__,
            )
            raise Http404 from problem

    return cast("View[P]", login_required(guarded))


def render_desk(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    here: str = "inbox",
    status: int = 200,
) -> HttpResponse:
    """A page with the desk's header, ``here`` being its place in the navigation.

    A few queries of its own, however much there is.
    """
    staff = member(request)
    administers, roles = staff.is_staff, roles_of(staff)
    unread = notices.unread_count(staff)
    return render(
        request,
        template,
        {
            "unread": unread,
            "unread_shown": str(unread)
            if unread <= notices.UNREAD_SHOWN
            else f"{notices.UNREAD_SHOWN}+",
            "unread_most": notices.UNREAD_SHOWN,
            # From where the live push goes on: nothing that arrives meanwhile is lost.
            "last_notice": notices.last_number(staff),
            "administers": administers,
            "has_inbox": not administers or roles != {Role.ADMINISTRATOR},
            "oversees": bool(roles & OVERSEES),
            "audits": Role.AUDITOR in roles,
            "manages_places": bool(roles & MANAGES_PLACES),
            "arbitrates": Role.ARBITER in roles,
            "has_devices": bool(roles & LOOK_AFTER),
            "rings": staff.organisation.kind == Organisation.Kind.HOTLINE and bool(roles & RINGS),
            "keys_forms": bool(roles & KEYS),
            "demo_time": clock.now(),
            "here": here,
            **context,
        },
        status=status,
    )

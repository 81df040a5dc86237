"""A few services given to invented citizens, so that a demo has invitations to answer.

They come in as any business system's would, through ``intake.events``.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet

from huiyin.calendars import queries as calendars
from huiyin.calendars.arithmetic import OFFICE_OPENS, instant
from huiyin.directory.models import Counter, Region, ServiceItem
from huiyin.intake.channels.hotline import services as hotline
from huiyin.intake.channels.hotline.models import ListedCall
from huiyin.intake.embedding import services as sites
from huiyin.intake.embedding.errors import OriginTaken
from huiyin.intake.events.services import take_in
from huiyin.kernel import clock
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Integrator, Invitation, ServiceEvent

INTEGRATOR = "demo"
OPEN_INVITATIONS = 6
OPEN_CALLS = 3
_OPENS, _CLOSES = OFFICE_OPENS, time(17)
# By the name of a window: how the names of the bodies end whose services it gives.
_SERVED_AT = {
    "市场准入": "市场监督管理局",
    "社会保障": "人力资源和社会保障局",
    "不动产登记": "自然资源和规划局",
}
_PEOPLE = ("陈一诺", "林安然", "王知远", "叶小满", "周清和", "吴思齐")


def integrator_key(known: str) -> str:
    """The demo integrator's key: ``known`` when there is one, else a new one (the old one ends)."""
    integrator = Integrator.objects.filter(name=INTEGRATOR).first()
    if integrator is None:
        province = Region.objects.get(level=Region.Level.PROVINCE)
        return reviews.add_integrator(name=INTEGRATOR, region=province)[1]
    return known or reviews.renew_key(integrator=integrator)


def invitations() -> list[str]:
    """Links that nobody has answered yet, ``OPEN_INVITATIONS`` of them; makes what is missing."""
    still_open = list(
        Invitation.objects.filter(
            event__integrator__name=INTEGRATOR,
            event__reviews=None,
            event__case__project_no__startswith="DEMO-",
            expires_at__gt=clock.now() + timedelta(days=1),
        ).order_by("pk")[:OPEN_INVITATIONS]
    )
    links = [reviews.link_of(invitation) for invitation in still_open]
    return links + serve(OPEN_INVITATIONS - len(links))


def calls() -> int:
    """Citizens on the hotline's list, ``OPEN_CALLS`` of them, so that there is somebody to ring at
    once; makes what is missing and says how many that were."""
    waiting = ListedCall.objects.filter(state=ListedCall.State.WAITING).count()
    missing = max(0, OPEN_CALLS - waiting)
    before = set(_to_be_called().values_list("pk", flat=True))
    serve(missing, to_be="CALL")
    hotline.list_calls(
        [
            hotline.Wanted(event, clock.now())
            for event in _to_be_called().exclude(pk__in=before).select_related("case")
        ]
    )
    return missing


def _to_be_called() -> QuerySet[ServiceEvent]:
    return ServiceEvent.objects.filter(
        integrator__name=INTEGRATOR, case__project_no__startswith="CALL-"
    )


def serve(citizens: int, *, to_be: str = "DEMO") -> list[str]:
    """Give so many invented citizens a service each, with case numbers that begin with ``to_be``;
    their invitation links."""
    if citizens <= 0:
        return []
    integrator = Integrator.objects.get(name=INTEGRATOR)
    made = Invitation.objects.filter(event__integrator=integrator).count()
    items = list(ServiceItem.objects.select_related("organisation__region").order_by("code", "pk"))
    windows = list(Counter.objects.select_related("organisation").order_by("number", "pk"))
    hours = _office_hours()
    rows = [
        _row(number, items[number % len(items)], windows, hours)
        | {"projectNo": f"{to_be}-{number + 1:06}"}
        for number in range(made, made + citizens)
    ]
    verdicts = take_in(rows, integrator)
    return [verdict.invitation for verdict in verdicts if verdict.invitation]


def new_token(origin: str) -> str:
    """Give one more invented citizen a service; the token of the invitation.

    The invented portal at ``origin``, whatever name this machine was called by, may embed the form.
    """
    with suppress(OriginTaken):
        sites.register(name="松涛市政务服务网（演示）", origin=origin)
    return serve(1)[0].rsplit("/", 1)[-1]


def _office_hours() -> tuple[datetime, timedelta]:
    """When offices last opened, by local time, and for how long they have been open since."""
    now = clock.local(clock.now())
    day = now.date()
    working = calendars.calendar(since=day.year - 1)
    if now.time() <= _OPENS:
        day -= timedelta(days=1)
    while not working.is_working(day):
        day -= timedelta(days=1)
    opened = clock.local(instant(day, _OPENS))
    return opened, min(now, clock.local(instant(day, _CLOSES))) - opened


def _row(
    number: int, item: ServiceItem, windows: list[Counter], hours: tuple[datetime, timedelta]
) -> dict[str, Any]:
    opened, open_for = hours
    # Spread over the day; 37 shares no factor with 60.
    given = opened + open_for * (number * 37 % 60) / 60
    owner = item.organisation
    near = [
        window
        for window in windows
        if window.organisation.parent_id == owner.parent_id
        and owner.name.endswith(_SERVED_AT.get(window.name, "—"))
    ]
    where = (
        {
            "hallName": near[number % len(near)].organisation.name,
            "window": near[number % len(near)].number,
            "proChannel": "2",
        }
        if near and number % 3
        else {"proChannel": "1"}
    )
    return where | {
        "areaCode": owner.region.code,
        "deptCode": owner.uscc,
        "orgcode": owner.uscc,
        "orgName": owner.name,
        "taskType": "20",
        "taskCode": item.code,
        "taskName": item.name,
        "proStatus": "3",
        "acceptDate": f"{given - timedelta(days=2):%Y-%m-%d %H:%M:%S}",
        "resultDate": f"{given:%Y-%m-%d %H:%M:%S}",
        "serviceName": "办结",
        "serviceNumber": 1,
        "userProp": "1",
        "userName": _PEOPLE[number % len(_PEOPLE)],
        "userPageType": "999",
        "certKey": f"DEMO{number + 1:06}",
        "mobile": f"199{number + 1:08}",
        "invite": True,
    }

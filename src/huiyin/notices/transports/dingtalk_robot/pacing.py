"""The pace of each robot, kept in the database: all dispatchers together respect it, and a restart
forgets nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.dateparse import parse_datetime

from huiyin.kernel import clock
from huiyin.notices.models import RobotPace, WebhookEndpoint
from huiyin.notices.transports.dingtalk_robot.pace import Pace


def let_through(robot: WebhookEndpoint) -> timedelta:
    """Let one message leave now, which counts from here on; or how long it has to wait, and then
    nothing is counted."""
    waits = timedelta()

    def leave(pace: Pace, now: datetime) -> Pace:
        nonlocal waits
        waits = pace.wait(now)
        return pace if waits else pace.sending(now)

    _change(robot, leave)
    return waits


def silence(robot: WebhookEndpoint) -> None:
    """DingTalk said that it was too much."""
    _change(robot, Pace.silenced)


@transaction.atomic
def _change(robot: WebhookEndpoint, change: Callable[[Pace, datetime], Pace]) -> None:
    RobotPace.objects.bulk_create([RobotPace(robot_id=robot.pk)], ignore_conflicts=True)
    row = RobotPace.objects.select_for_update().get(pk=robot.pk)
    sent = tuple(moment for moment in map(parse_datetime, row.sent) if moment)
    # Their minute is one of real time, whatever the demo's clock says.
    pace = change(Pace(sent, row.silent_until), clock.machine_now())
    row.sent = [moment.isoformat() for moment in pace.sent]
    row.silent_until = pace.silent_until
    row.save()

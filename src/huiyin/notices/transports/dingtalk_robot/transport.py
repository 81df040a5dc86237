"""Telling a DingTalk group by its robot, within the 20 messages a minute that a robot has: what
waits for one robot leaves as one message."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import ngettext, override

from huiyin.notices import links, wording
from huiyin.notices.models import Outbox
from huiyin.notices.transports import names
from huiyin.notices.transports.base import RemoteTransport, Result, Send
from huiyin.notices.transports.dingtalk_robot import client, credentials, pacing
from huiyin.notices.transports.dingtalk_robot.client import Failed, Message, TooFast
from huiyin.notices.transports.dingtalk_robot.pace import SILENCE
from huiyin.notices.transports.markdown import plain


class RobotTransport(RemoteTransport):
    code = names.ROBOT
    width = 8
    # One message after the other, so that what waits meanwhile is merged into the next.
    endpoint_width = 1
    # A list that somebody still reads; far below the longest message that is taken.
    merges = 20

    def prepare(self, notice: Outbox) -> Send:
        return self.prepare_together([notice])

    def prepare_together(self, notices: Sequence[Outbox]) -> Send:
        robot = notices[0].endpoint
        if robot is None or not robot.active:
            return lambda: Result(
                delivered=False, error="the robot is switched off", permanent=True
            )
        if waits := pacing.let_through(robot):
            return lambda: Result(delivered=False, error="the robot has to wait", later=waits)
        known = credentials.unsealed(robot)
        address, secret, message = known.address(robot), known.secret, message_for(notices)

        def send() -> Result:
            try:
                client.send(address, secret, message)
            except TooFast as failed:
                return Result(delivered=False, error=str(failed), later=SILENCE)
            except Failed as failed:
                return Result(delivered=False, error=str(failed), status_code=failed.status)
            return Result(delivered=True)

        return send

    def postpone(self, notice: Outbox, result: Result) -> None:
        if notice.endpoint is not None and result.later == SILENCE:
            pacing.silence(notice.endpoint)


def message_for(notices: Sequence[Outbox]) -> Message:
    """One line a notice, each with the link to its matter."""
    with override(settings.LANGUAGE_CODE):
        lines = [_line(notice) for notice in notices]
        if len(notices) == 1:
            return Message(plain(wording.title_for_staff(notices[0])), lines[0])
        title = ngettext("%(count)d notice", "%(count)d notices", len(notices)) % {
            "count": len(notices)
        }
    listed = "\n".join(f"- {line}" for line in lines)
    return Message(title, f"**{title}**\n\n{listed}")


def _line(notice: Outbox) -> str:
    said = plain(wording.for_staff(notice))
    if notice.matter is None:
        return said
    return f"{said} [{notice.matter.code}]({links.url_of(notice)})"

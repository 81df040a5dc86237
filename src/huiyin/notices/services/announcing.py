"""Writing the notices of steps, in their transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings

from huiyin.directory.models import Organisation
from huiyin.kernel import bulk, wakeup
from huiyin.kernel.memo import Memo
from huiyin.matters.models import Step
from huiyin.matters.table import Event, Party, Transition
from huiyin.notices.models import LEFT, Outbox, WebhookEndpoint
from huiyin.notices.recipients import (
    Recipient,
    endpoints_for,
    handlers_of,
    joint_staff_for,
    staff_for,
)
from huiyin.notices.transports import names

log = logging.getLogger(__name__)

OUTBOX = "outbox"  # rung when there is something to deliver
SYSTEM = "system"  # the audience of endpoints
# What a notice may take over from a step; everything else stays with those who may see the matter.
_TAKEN_OVER = ("clock", "due_day")


def announce(steps: Sequence[Step], transition: Transition, memo: Memo) -> None:
    """Write the notices of ``steps``, in their transaction. A fixed number of queries for each
    organisation that ``memo`` does not know yet, and one for all notices."""
    notices: list[Outbox] = []
    for step in steps:
        notices += _notices_of(step, transition, memo)
    if notices:
        bulk.insert_new(notices)
        wakeup.ring(OUTBOX)


def _notices_of(step: Step, transition: Transition, memo: Memo) -> list[Outbox]:
    matter, organisation = step.matter, step.matter.organisation
    people, nobody = memo.of(
        ("told", organisation.pk, transition.tells),
        lambda: staff_for(transition.tells, organisation),
    )
    if Party.CO_HANDLER in transition.tells:
        told = {person.staff_id for person in people}
        # Whoever was asked in before learns nothing by another one being asked.
        asked_in = step.data["unit_code"] if step.event == Event.ADD_CO_UNIT else ""
        joint = joint_staff_for(matter, unit=asked_in)
        people = people + [one for one in joint if one.staff_id not in told]
    notices = [to_staff(step, recipient) for recipient in people]
    if step.event == Event.REDIRECT:
        notices += _to_former_unit(step, {person.staff_id for person in people})
    notices += [_to_nobody(step, party) for party in nobody]
    for endpoint in memo.of(
        ("endpoints", organisation.pk), lambda: list(endpoints_for(organisation))
    ):
        if endpoint.transport != names.ROBOT:
            notices.append(_to_endpoint(step, endpoint))
        elif people or nobody:
            # A group hears of what concerns somebody in it, not of every step.
            notices.append(_to_robot(step, endpoint))
    if Party.CITIZEN in transition.tells:
        notices.append(_notice(step, names.RELAY, Party.CITIZEN, Party.CITIZEN.value))
    for party in nobody:
        log.error(
            "nobody is on duty as %s for matter %s: its notice is a dead letter", party, matter.code
        )
    return notices


def _notice(
    step: Step,
    transport: str,
    audience: str,
    recipient: str,
    payload: dict[str, Any] | None = None,
    **whom: Any,
) -> Outbox:
    matter = step.matter
    return Outbox(
        matter=matter,
        step=step,
        event=step.event,
        audience=audience,
        transport=transport,
        payload=payload or {},
        delivery_key=f"{step.pk.hex}-{recipient}",
        accepted_at=matter.opened_at if step.event == Event.OPEN else step.at,
        created_at=step.at,
        next_attempt_at=step.at,
        tries_left=settings.HUIYIN_NOTICE_TRIES,
        **whom,
    )


def _facts(step: Step) -> dict[str, Any]:
    """What a sentence for the staff needs beside the event."""
    return {
        "due": step.matter.next_due_at,
        **{name: step.data[name] for name in _TAKEN_OVER if name in step.data},
    }


def to_staff(step: Step, recipient: Recipient) -> Outbox:
    payload = {**_facts(step), "stands_in": recipient.stands_in}
    return _notice(
        step,
        names.INBOX,
        recipient.audience,
        recipient.staff_id.hex,
        payload,
        staff_id=recipient.staff_id,
        next_channel_at=step.at,
    )


def _to_former_unit(step: Step, told: set[UUID]) -> list[Outbox]:
    """That the matter has left the unit, and that a ruling sent it elsewhere, to those of its
    people who are not told of the ruling anyway. Where nobody handles there, nobody has to know."""
    code = step.data["from"]["organisation"]
    former = Organisation.objects.select_related("region").get(uscc=code)
    notices = []
    for recipient in handlers_of(former, Party.HANDLER):
        if recipient.staff_id not in told:
            notice = to_staff(step, recipient)
            notice.event, notice.payload = LEFT, {}
            notices.append(notice)
    return notices


def _to_nobody(step: Step, party: Party) -> Outbox:
    """A notice that found no recipient: a dead letter from the start, never silently lost."""
    notice = _notice(step, names.INBOX, party, party.value)
    notice.state, notice.next_attempt_at = Outbox.State.DEAD, None
    return notice


def _to_robot(step: Step, robot: WebhookEndpoint) -> Outbox:
    return _notice(step, names.ROBOT, SYSTEM, robot.pk.hex, _facts(step), endpoint=robot)


def _to_endpoint(step: Step, endpoint: WebhookEndpoint) -> Outbox:
    matter = step.matter
    payload = {
        "type": "matter.opened" if step.event == Event.OPEN else "matter.step",
        "timestamp": step.at,
        "data": {
            "matter": matter.code,
            "matter_kind": matter.kind,
            "organisation": matter.organisation.uscc,
            "region": matter.organisation.region.code,
            "step": step.number,
            "event": step.event,
            "state": step.state_after,
            "round": step.round,
            "by": step.party,
            "due": matter.next_due_at,
            **{name: step.data[name] for name in _TAKEN_OVER if name in step.data},
        },
    }
    return _notice(step, names.WEBHOOK, SYSTEM, endpoint.pk.hex, payload, endpoint=endpoint)

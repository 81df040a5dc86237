"""What stands on somebody's phone is taken back when the matter moves on, and to-do items finished.

Only transports that can do so are asked (``RemoteTransport.actions``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings

from huiyin.kernel import wakeup
from huiyin.kernel.memo import Memo
from huiyin.matters.models import Step
from huiyin.matters.table import TRANSITIONS, Event, Transition
from huiyin.notices.models import Outbox

_UNDONE_BY = {
    Outbox.Action.TELL.value: Outbox.Action.RECALL.value,
    Outbox.Action.TO_DO.value: Outbox.Action.FINISH_TO_DO.value,
}


def can_be_undone(action: str, actions: Iterable[str]) -> bool:
    """Whether a transport with ``actions`` can take back what it did as ``action``."""
    return _UNDONE_BY.get(action) in set(actions)


def asks_to_act(notice: Outbox) -> bool:
    """Whether the recipient is told because the next step is theirs, so that it belongs on a to-do
    list: the table has a row by which they lead the matter on."""
    step = notice.step
    # An alarm asks for nothing that was not asked for before, nor does a deadline that moved.
    if step is None or step.event == Event.RECOMPUTE:
        return False
    return any(
        row.source == step.state_after and row.target != row.source and notice.audience in row.by
        for row in TRANSITIONS
    )


def moved_on(steps: Sequence[Step], transition: Transition, _memo: Memo) -> None:
    """Listen to the steps of matters: what earlier ones asked for is over. In their transaction;
    no query for steps that lead nowhere, one when nothing stands."""
    if transition.source is None or transition.source == transition.target:
        return
    for step in steps:
        _take_back_what_stands(step)


def _take_back_what_stands(step: Step) -> None:
    standing = list(
        Outbox.objects.filter(matter=step.matter, standing=True).select_for_update(of=("self",))
    )
    if not standing:
        return
    waiting = [notice.pk for notice in standing if notice.state == Outbox.State.WAITING]
    Outbox.objects.filter(pk__in=waiting).update(
        state=Outbox.State.DROPPED, next_attempt_at=None, standing=False
    )
    write_for([notice for notice in standing if notice.state == Outbox.State.DELIVERED], at=step.at)


def write_for(notices: Iterable[Outbox], *, at: datetime) -> None:
    """Write what undoes ``notices``, which were delivered."""
    told = list(notices)
    Outbox.objects.bulk_create([_undoing(notice, at) for notice in told])
    Outbox.objects.filter(pk__in=[notice.pk for notice in told]).update(standing=False)
    if told:
        wakeup.ring("outbox")


def _undoing(notice: Outbox, at: datetime) -> Outbox:
    action = _UNDONE_BY[notice.action]
    return Outbox(
        matter_id=notice.matter_id,
        step_id=notice.step_id,
        event=notice.event,
        audience=notice.audience,
        transport=notice.transport,
        action=action,
        staff_id=notice.staff_id,
        payload={"of": notice.delivery_key, "reference": notice.reference},
        delivery_key=f"{notice.delivery_key}-{action}",
        accepted_at=at,
        created_at=at,
        next_attempt_at=at,
        tries_left=settings.HUIYIN_NOTICE_TRIES,
    )

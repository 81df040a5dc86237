"""Writing the notices of the sweeper's reminders: thousands at once, in their transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction

from huiyin.directory.codes import region_lineage
from huiyin.directory.models import Organisation
from huiyin.directory.queries import line_of_command
from huiyin.kernel import bulk, ids, wakeup
from huiyin.matters.hooks import Reminder, Told
from huiyin.matters.table import Party
from huiyin.notices.models import Outbox, WebhookEndpoint
from huiyin.notices.services.announcing import OUTBOX, SYSTEM
from huiyin.notices.transports import names

log = logging.getLogger(__name__)

_FIELDS = (
    *("matter", "event", "audience", "transport", "staff", "endpoint"),
    *("payload", "delivery_key", "next_attempt_at", "state", "next_channel_at"),
)
_KEY = _FIELDS.index("delivery_key")
_encode = DjangoJSONEncoder(separators=(",", ":")).encode

_DEAD, _WAITING = Outbox.State.DEAD.value, Outbox.State.WAITING.value
_Row = tuple[Any, ...]


def remind(reminders: Sequence[Reminder]) -> None:
    """Write the notices of ``reminders``. A fixed number of queries.

    The delivery key names the clock and the rung of its ladder, so that the database itself lets
    nobody be told twice for the same reason.
    """
    endpoints = _Endpoints()
    rows = [row for reminder in reminders for row in _rows(reminder, endpoints)]
    if not rows:
        return
    try:
        with transaction.atomic():
            _store(rows, reminders[0].at)
    except IntegrityError:
        # A deadline that was moved away and back comes to the same rung again.
        known = set(
            Outbox.objects.filter(delivery_key__in=[row[_KEY] for row in rows]).values_list(
                "delivery_key", flat=True
            )
        )
        _store([row for row in rows if row[_KEY] not in known], reminders[0].at)
    wakeup.ring(OUTBOX)


def _store(rows: Sequence[_Row], at: datetime) -> None:
    keys = ids.uuid7_texts(len(rows))
    bulk.insert(
        Outbox,
        ("id", *_FIELDS),
        [(key, *row) for key, row in zip(keys, rows, strict=True)],
        same={
            "step": None,
            "action": Outbox.Action.TELL.value,
            "accepted_at": at,
            "created_at": at,
            "attempts": 0,
            "tries_left": settings.HUIYIN_NOTICE_TRIES,
            "reference": "",
            "standing": False,
        },
    )


class _Endpoints:
    """The endpoints that hear of an organisation: all are read once, and looked up once for each
    organisation."""

    def __init__(self) -> None:
        self._by_scope: dict[UUID | str, list[WebhookEndpoint]] = {}
        for endpoint in WebhookEndpoint.objects.filter(active=True).select_related("region"):
            scope = endpoint.region.code if endpoint.region else endpoint.organisation_id
            if scope is not None:
                self._by_scope.setdefault(scope, []).append(endpoint)
        self._found: dict[UUID, list[WebhookEndpoint]] = {}

    def over(self, organisation: Organisation) -> list[WebhookEndpoint]:
        if not self._by_scope:
            return []
        if organisation.pk not in self._found:
            scopes: list[UUID | str] = [
                *line_of_command(organisation),
                *region_lineage(organisation.region.code),
            ]
            self._found[organisation.pk] = [
                endpoint for scope in scopes for endpoint in self._by_scope.get(scope, ())
            ]
        return self._found[organisation.pk]


def _rows(reminder: Reminder, endpoints: _Endpoints) -> Iterator[_Row]:
    facts = {"due": reminder.next_due_at, "state": reminder.state, **reminder.data}
    for told in reminder.told:
        payload = _for_staff(*facts.items(), ("stands_in", told.stands_in))
        yield _row(reminder, names.INBOX, told.audience.value, payload, told=told)
    for party in reminder.nobody:
        log.error(
            "nobody is on duty as %s for matter %s: its notice is a dead letter",
            party,
            reminder.code,
        )
        yield _row(reminder, names.INBOX, party.value, _encode(facts), nobody=party)
    for endpoint in endpoints.over(reminder.organisation):
        if endpoint.transport != names.ROBOT:
            payload = _encode(_for_system(reminder, facts))
            yield _row(reminder, names.WEBHOOK, SYSTEM, payload, endpoint=endpoint.pk)
        elif reminder.told or reminder.nobody:
            # A group hears of what concerns somebody in it, not of every alarm.
            yield _row(reminder, names.ROBOT, SYSTEM, _encode(facts), endpoint=endpoint.pk)


# Many clocks are due on the same day.
@lru_cache(maxsize=4096)
def _for_staff(*facts: tuple[str, Any]) -> str:
    return _encode(dict(facts))


def _for_system(reminder: Reminder, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "matter.alarm",
        "timestamp": reminder.at,
        "data": {
            "matter": reminder.code,
            "matter_kind": reminder.kind,
            "organisation": reminder.organisation.uscc,
            "region": reminder.organisation.region.code,
            "event": reminder.alarm,
            "by": Party.PLATFORM.value,
            **facts,
        },
    }


def _row(
    reminder: Reminder,
    transport: str,
    audience: str,
    payload: str,
    *,
    told: Told | None = None,
    endpoint: UUID | None = None,
    nobody: Party | None = None,
) -> _Row:
    at = reminder.at
    to = told.staff_id.hex if told else endpoint.hex if endpoint else str(nobody)
    # A notice that found no recipient is a dead letter from the start, never silently lost.
    dead = nobody is not None
    return (
        reminder.matter_id,
        reminder.alarm,
        audience,
        transport,
        told.staff_id if told else None,
        endpoint,
        payload,
        f"{reminder.reason}-{to}",
        None if dead else at,
        _DEAD if dead else _WAITING,
        at if told else None,
    )

"""Fields that nobody here knows: kept sealed, never dropped, erased with the person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from huiyin.dialects.models import GatewayClient, Quarantined
from huiyin.intake.events.fields import UNKNOWN, field_name
from huiyin.kernel import clock, crypto
from huiyin.reviews.models import Case, ServiceEvent

_PURPOSE = "dialects.quarantine"


def keep(client: GatewayClient, found: Iterable[tuple[UUID, Mapping[str, str]]]) -> None:
    """Keep the unknown fields that came with stored events, by the event's key. One statement."""
    rows = []
    for event_id, unknown in found:
        if not unknown:
            continue
        plain = json.dumps(dict(sorted(unknown.items())), ensure_ascii=False)
        rows.append(
            Quarantined(
                client=client,
                event_id=event_id,
                names=sorted({field_name(name) for name in unknown} - {UNKNOWN}),
                sealed=crypto.seal(plain, purpose=_PURPOSE, about=event_id.bytes),
                digest=crypto.mac(plain.encode(), purpose=_PURPOSE),
                at=clock.now(),
            )
        )
    if rows:
        Quarantined.objects.bulk_create(rows, ignore_conflicts=True)


def keep_once(client: GatewayClient, event: ServiceEvent, unknown: Mapping[str, str]) -> None:
    """Keep what an address that nobody signed holds beside ``event``, the first time: who writes
    such addresses by hand shall not fill the database."""
    if unknown and not Quarantined.objects.filter(client=client, event=event).exists():
        keep(client, [(event.pk, unknown)])


def opened(row: Quarantined) -> dict[str, str]:
    """The fields in ``row`` and their values as JSON."""
    plain = crypto.unseal(bytes(row.sealed), purpose=_PURPOSE, about=row.event_id.bytes)
    found: dict[str, str] = json.loads(plain)
    return found


def forget(case: Case) -> None:
    """What was kept beside the events of a case whose person is erased goes, too."""
    Quarantined.objects.filter(event__case=case).delete()

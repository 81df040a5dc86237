"""Opening a matter: what a kind of matter calls when something has to be put right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from huiyin.directory.models import Organisation, Staff
from huiyin.kernel import clock, ids
from huiyin.matters import engine
from huiyin.matters.models import Assignment, Concerned, Matter
from huiyin.matters.queries import policy_for
from huiyin.matters.table import Event, Party, State

CODE_LENGTH = 9


def open_matter(
    *,
    kind: str,
    subject_id: UUID,
    organisation: Organisation,
    accepted_at: datetime,
    public: Mapping[str, Any] | None = None,
    concerned: Iterable[Staff] = (),
) -> Matter:
    """Open a matter of ``kind`` and deliver it to ``organisation``; the clocks start.

    ``accepted_at`` is when its cause was accepted: delays of delivery count from there. ``public``
    joins the log entry of the opening; ``concerned`` are the clerks whose work it is about.
    Belongs into the transaction of what opens it. Raises ``NoPolicy``.
    """
    # Stored by its first step, together with what that makes of it.
    matter = Matter(
        code=ids.new_code(CODE_LENGTH),
        kind=kind,
        subject_id=subject_id,
        organisation=organisation,
        policy=policy_for(kind, organisation.region),
        state=State.DELIVERED,
        opened_at=accepted_at,
    )
    Assignment.objects.create(
        matter=matter,
        organisation=organisation,
        part=Assignment.Part.LEAD,
        since=clock.now(),
    )
    Concerned.objects.bulk_create(Concerned(matter=matter, staff=clerk) for clerk in concerned)
    engine.take(
        matter,
        Event.OPEN,
        party=Party.PLATFORM,
        data={"policy": matter.policy.label},
        public={"policy": matter.policy.label, **(public or {})},
    )
    return matter

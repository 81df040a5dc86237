"""Opening matters: what a kind of matter calls when something has to be put right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from huiyin.directory.models import Organisation, Staff
from huiyin.kernel import bulk, clock, ids
from huiyin.kernel.memo import Memo
from huiyin.log import services as log
from huiyin.matters import clocks, engine, hooks, policy, table
from huiyin.matters.models import Assignment, Clock, Concerned, Matter, Policy, Step
from huiyin.matters.queries import policies_in_force, policy_for
from huiyin.matters.table import Event, Party

CODE_LENGTH = 9
[_ROW] = table.rows(None, Event.OPEN)


@dataclass(frozen=True, slots=True)
class Opening:
    """A matter to be opened and delivered to ``organisation`` (its region loaded)."""

    kind: str
    # What opens it, in the tables of its kind.
    subject_id: UUID
    organisation: Organisation
    # When its cause was accepted: delays of delivery count from there.
    accepted_at: datetime
    # Joins the log entry of the opening.
    public: Mapping[str, Any] = field(default_factory=dict)
    # The clerks whose work it is about.
    concerned: Sequence[Staff] = ()


def open_matters(openings: Sequence[Opening], memo: Memo | None = None) -> list[Matter]:
    """Open matters and deliver them; their clocks start. A fixed number of statements, however
    many, beside what ``memo`` does not know yet.

    Belongs into the transaction of what opens them. Raises ``NoPolicy``.
    """
    if not bulk.is_whole():
        raise RuntimeError("a matter is opened in the transaction of what opens it")
    known, now = memo or Memo(), clock.now()
    steps: list[Step] = []
    started: list[Clock] = []
    for opening in openings:
        in_force = _policy(opening, known)
        matter = _matter(opening, in_force)
        running = clocks.made(matter, sorted(_ROW.starts), _rules(in_force, known), now, known)
        matter.next_due_at = min((one.due_at for one in running), default=None)
        started += running
        data = {"policy": in_force.label}
        steps.append(engine.step_of(matter, Event.OPEN, Party.PLATFORM, now, data=data))
    entries = [
        log.New(
            "step",
            opening.organisation,
            step.pk,
            engine.told_by(step, {**step.data, **opening.public}),
        )
        for opening, step in zip(openings, steps, strict=True)
    ]
    matters = [step.matter for step in steps]
    with bulk.gathered():
        for step, entry_id in zip(steps, log.append_all(entries), strict=True):
            step.entry_id = entry_id
        bulk.insert_new(matters)
        bulk.insert_new([_lead(matter, now) for matter in matters])
        bulk.insert_new(
            [
                Concerned(matter=matter, staff=clerk)
                for opening, matter in zip(openings, matters, strict=True)
                for clerk in opening.concerned
            ]
        )
        bulk.insert_new(started)
        bulk.insert_new(steps)
    hooks.announce(steps, _ROW, known)
    return matters


def _policy(opening: Opening, memo: Memo) -> Policy:
    kind = opening.kind
    known = memo.of(("policies", kind, clock.today()), lambda: policies_in_force(kind))
    return policy_for(kind, opening.organisation.region, known)


def _rules(in_force: Policy, memo: Memo) -> policy.Rules:
    return memo.of(("rules", in_force.pk), lambda: policy.read(in_force.document))


def _matter(opening: Opening, in_force: Policy) -> Matter:
    return Matter(
        code=ids.new_code(CODE_LENGTH),
        kind=opening.kind,
        subject_id=opening.subject_id,
        organisation=opening.organisation,
        policy=in_force,
        state=_ROW.target,
        version=1,
        opened_at=opening.accepted_at,
    )


def _lead(matter: Matter, since: datetime) -> Assignment:
    return Assignment(
        matter=matter,
        organisation=matter.organisation,
        part=Assignment.Part.LEAD,
        since=since,
    )

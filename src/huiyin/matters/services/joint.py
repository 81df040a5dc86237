"""Joint handling: other units that were asked to join in, and what they contribute."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Organisation, Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters import engine
from huiyin.matters.models import Assignment, Matter, Step
from huiyin.matters.services.assigning import need_another_unit
from huiyin.matters.services.input import text_of
from huiyin.matters.table import Event


@transaction.atomic
def add_co_unit(
    *, matter: Matter, staff: Staff, seen_version: int, unit: Organisation, task: str
) -> Assignment:
    """The supervisor of both asks ``unit`` to join in, and says what for."""
    task = text_of(task, "task")
    matter = engine.lock(matter, seen_version=seen_version)
    need_another_unit(matter, unit)
    if _joined(matter, unit) is not None:
        raise Invalid(_("This unit has joined in already."), field="unit")
    part = Assignment(
        matter=matter,
        organisation=unit,
        part=Assignment.Part.JOINT,
        since=clock.now(),
        reason=task,
    )

    def change(changed: Matter) -> None:
        # Before the step is announced: the joint unit is told of it.
        part.save(force_insert=True)

    engine.take(
        matter,
        Event.ADD_CO_UNIT,
        staff=staff,
        data={"unit_code": unit.uscc, "unit_name": unit.name, "task": task},
        context={"unit": unit},
        public={"unit": unit.uscc},
        private={"task": task},
        change=change,
    )
    return part


@transaction.atomic
def end_co_unit(
    *, matter: Matter, staff: Staff, seen_version: int, unit: Organisation, reason: str
) -> Assignment:
    """Release a joint unit; what it contributed stays."""
    reason = text_of(reason, "reason")
    matter = engine.lock(matter, seen_version=seen_version)
    part = _joined(matter, unit)
    if part is None:
        raise Invalid(_("This unit is not part of the matter."), field="unit")
    engine.take(
        matter,
        Event.END_CO_UNIT,
        staff=staff,
        data={"unit_code": unit.uscc, "unit_name": unit.name, "reason": reason},
        public={"unit": unit.uscc},
        private={"reason": reason},
    )
    part.until = clock.now()
    part.save(update_fields=["until"])
    return part


@transaction.atomic
def contribute(*, matter: Matter, staff: Staff, seen_version: int, text: str) -> Step:
    """A joint unit says what it found or did."""
    text = text_of(text, "text")
    matter = engine.lock(matter, seen_version=seen_version)
    unit = staff.organisation
    return engine.take(
        matter,
        Event.CONTRIBUTE,
        staff=staff,
        data={"unit_code": unit.uscc, "unit_name": unit.name, "text": text},
        private={"text": text},
    )


@transaction.atomic
def state_side(*, matter: Matter, staff: Staff, seen_version: int, text: str) -> Step:
    """The unit's handler, or the clerk whose work it is about, says how they saw it."""
    text = text_of(text, "text")
    matter = engine.lock(matter, seen_version=seen_version)
    return engine.take(
        matter, Event.STATE_SIDE, staff=staff, data={"text": text}, private={"text": text}
    )


def _joined(matter: Matter, unit: Organisation) -> Assignment | None:
    return matter.assignments.filter(
        organisation=unit, part=Assignment.Part.JOINT, until__isnull=True
    ).first()

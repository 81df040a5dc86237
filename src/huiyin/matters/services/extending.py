"""延期: more time, asked for before the deadline and granted outside the unit."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.calendars.arithmetic import Unit
from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters import clocks, engine
from huiyin.matters.errors import NotNow, Refused
from huiyin.matters.models import Extension, Matter
from huiyin.matters.services.input import text_of
from huiyin.matters.table import ClockKind, Event


@transaction.atomic
def ask_extension(
    *, matter: Matter, staff: Staff, seen_version: int, amount: int, reason: str
) -> Extension:
    """Ask for ``amount`` more of the rectification clock's units."""
    reason = text_of(reason, "reason")
    if amount < 1:
        raise Invalid(_("Say how much more time is needed."), field="amount")
    matter = engine.lock(matter, seen_version=seen_version)
    running = clocks.running(matter, ClockKind.RECTIFICATION)
    extension = Extension(
        matter=matter,
        round=matter.round,
        amount=amount,
        unit=running.unit if running else Unit.NATURAL_DAY,
        reason=reason,
        asked_by=staff,
        asked_at=clock.now(),
    )
    engine.take(
        matter,
        Event.ASK_EXTENSION,
        staff=staff,
        data={"amount": amount, "unit_of_time": extension.unit, "reason": reason},
        public={"amount": amount, "unit": extension.unit},
        private={"reason": reason},
    )
    extension.save(force_insert=True)
    return extension


@transaction.atomic
def decide_extension(
    *, matter: Matter, staff: Staff, seen_version: int, grant: bool, reason: str
) -> Extension:
    """Grant or refuse the extension that was asked for; a grant moves the deadline, in public."""
    reason = text_of(reason, "reason")
    matter = engine.lock(matter, seen_version=seen_version)
    asked = matter.extensions.filter(round=matter.round, granted=None).first()
    running = clocks.running(matter, ClockKind.RECTIFICATION)
    if running is None:
        raise NotNow
    if asked is None:
        raise Refused(_("No extension has been asked for."))
    due_days = {"due_day_before": running.last_day.isoformat()}
    amount = clocks.in_units_of(running, asked.amount, asked.unit)
    if grant:
        # Saved with the step: its guards look at the deadline as it stands.
        clocks.extend(running, amount)
        due_days["due_day"] = running.last_day.isoformat()
    first = not matter.extensions.filter(granted=True).exists()

    def change(_changed: Matter) -> None:
        if grant:
            running.save()

    engine.take(
        matter,
        Event.GRANT_EXTENSION if grant else Event.REFUSE_EXTENSION,
        staff=staff,
        data={"clock": running.kind, "amount": amount, "reason": reason, **due_days},
        public={"amount": amount, "unit": running.unit, "first": first, **due_days},
        private={"reason": reason},
        change=change,
    )
    asked.granted, asked.decided_by, asked.decided_at = grant, staff, clock.now()
    asked.answer = reason
    asked.save(update_fields=["granted", "decided_by", "decided_at", "answer"])
    return asked

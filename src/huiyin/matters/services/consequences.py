"""Consequences for staff: what people decided, with reason, term and right of objection.

The software proposes none by itself and draws none from a figure. The public log holds that one
was recorded, objected to and decided on, without names; the texts are in it as commitments. The
person concerned is told of it, and of what came of an objection.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.calendars.services import deadline
from huiyin.directory.models import Role, Staff
from huiyin.directory.queries import roles_over
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.log import services as log
from huiyin.matters import engine, personal, policy
from huiyin.matters.errors import NotNow, NotYours, Refused
from huiyin.matters.models import Consequence, Matter
from huiyin.matters.services.input import text_of


@transaction.atomic
def record_consequence(
    *,
    matter: Matter,
    staff: Staff,
    concerned: Staff,
    measure: str,
    reason: str,
    legal_basis: str,
    starts_on: date,
    ends_on: date,
) -> Consequence:
    """Record what a supervisor decided about a member of staff because of ``matter``.

    The time to object counts from now and is the policy's. Raises ``NotYours``, ``Refused`` or
    ``Invalid``.
    """
    measure = text_of(measure, "measure", limit=200)
    reason, legal_basis = text_of(reason, "reason"), text_of(legal_basis, "legal_basis")
    if ends_on < starts_on:
        raise Invalid(_("The term cannot end before it starts."), field="ends_on")
    matter = engine.lock(matter)
    _need_supervisor(staff, matter, concerned)
    if concerned.pk == staff.pk:
        raise Refused(_("Nobody decides on a consequence for themselves."))
    if not _part_of(concerned, matter):
        raise Invalid(_("Choose somebody of the unit, or a clerk concerned."), field="concerned")
    window, now = policy.read(matter.policy.document).consequences.objection, clock.now()
    recorded = Consequence.objects.create(
        matter=matter,
        staff=concerned,
        measure=measure,
        reason=reason,
        legal_basis=legal_basis,
        starts_on=starts_on,
        ends_on=ends_on,
        decided_by=staff,
        decided_at=now,
        objection_until=deadline(
            start=now,
            amount=window.amount,
            unit=window.unit,
            region=matter.organisation.region.code,
        ).due_at,
    )
    _log(
        recorded,
        "recorded",
        {"measure": measure, "reason": reason, "legal_basis": legal_basis},
    )
    personal.announce(recorded)
    return recorded


@transaction.atomic
def object_to_consequence(*, consequence: Consequence, staff: Staff, objection: str) -> Consequence:
    """The person concerned objects, once and in time. Raises ``NotYours`` or ``Refused``."""
    objection = text_of(objection, "objection")
    consequence = _lock(consequence)
    if consequence.staff_id != staff.pk:
        raise NotYours
    if consequence.objected_at is not None:
        raise Refused(_("You have objected already; it is being decided."))
    if clock.now() >= consequence.objection_until:
        raise Refused(_("The time to object is over."))
    consequence.objection, consequence.objected_at = objection, clock.now()
    consequence.save(update_fields=["objection", "objected_at"])
    _log(consequence, "objected", {"objection": objection})
    return consequence


@transaction.atomic
def decide_objection(
    *, consequence: Consequence, staff: Staff, keep: bool, answer: str
) -> Consequence:
    """Keep or lift the consequence, with reasons; another supervisor than the one who decided."""
    answer = text_of(answer, "answer")
    consequence = _lock(consequence)
    if consequence.objected_at is None or consequence.kept is not None:
        raise NotNow
    _need_supervisor(staff, consequence.matter, consequence.staff)
    if staff.pk in (consequence.decided_by_id, consequence.staff_id):
        raise Refused(_("Another person than the one who decided has to answer the objection."))
    consequence.kept, consequence.answer = keep, answer
    consequence.answered_by, consequence.answered_at = staff, clock.now()
    consequence.save(update_fields=["kept", "answer", "answered_by", "answered_at"])
    _log(consequence, "kept" if keep else "lifted", {"answer": answer})
    personal.announce(consequence)
    return consequence


def _need_supervisor(staff: Staff, matter: Matter, concerned: Staff) -> None:
    """Whoever decides supervises the unit, and the person too where they belong elsewhere."""
    for body in (matter.organisation, concerned.organisation):
        if Role.SUPERVISOR not in roles_over(staff, body):
            raise NotYours


def _part_of(person: Staff, matter: Matter) -> bool:
    return (
        person.organisation.path.startswith(matter.organisation.path)
        or matter.concerned.filter(staff=person).exists()
    )


def _lock(consequence: Consequence) -> Consequence:
    return (
        Consequence.objects.select_for_update(of=("self",))
        .select_related(
            "matter__organisation__region", "matter__policy", "staff__organisation__region"
        )
        .get(pk=consequence.pk)
    )


def _log(consequence: Consequence, what: str, texts: Mapping[str, str]) -> None:
    organisation = consequence.matter.organisation
    log.append(
        kind="consequence",
        organisation=organisation,
        subject_id=consequence.pk,
        public={
            "matter": consequence.matter.code,
            "event": what,
            "organisation": organisation.uscc,
            "region": organisation.region.code,
            "day": clock.today().isoformat(),
        },
        private=texts,
    )

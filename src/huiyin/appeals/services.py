"""The writers of appeals, hearings and rulings. Each is one step of the loop and its record.

Those of staff take ``seen_version``, the version of the matter that the actor saw. All raise
``NotNow``, ``NotYours``, ``Moved`` or ``Refused`` besides what they name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.appeals.errors import NoOpenAppeal, SaidEnough
from huiyin.appeals.models import (
    EFFECTS,
    UNIT_GROUNDS,
    Appeal,
    AppealEvidence,
    Effect,
    Ground,
    Ruling,
    Side,
    Statement,
)
from huiyin.appeals.queries import open_appeal
from huiyin.directory.models import Organisation, Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.kernel.uploads import AcceptedFile
from huiyin.matters import engine
from huiyin.matters.models import Matter, Step
from huiyin.matters.services import arbitration
from huiyin.matters.services.input import text_of
from huiyin.matters.table import Event
from huiyin.reviews.errors import TooManyPhotos
from huiyin.reviews.models import KIND, Review
from huiyin.reviews.naming import screen_for
from huiyin.reviews.screening import screen
from huiyin.reviews.services import MAX_PHOTOS

MAX_FILES = 5
MAX_STATEMENTS = 5
MAX_PRECEDENTS = 10
# What a citizen writes.
MAX_WORDS = 2000

_EVENTS = {
    Effect.NONE: Event.DISMISS,
    Effect.RECORDED: Event.UPHOLD,
    Effect.VOIDED: Event.VOID,
    Effect.REDIRECTED: Event.REDIRECT,
}


@transaction.atomic
def file_appeal(
    *,
    matter: Matter,
    staff: Staff,
    seen_version: int,
    ground: str,
    statement: str,
    files: Sequence[AcceptedFile],
) -> Appeal:
    """The unit objects to the review, with evidence; the citizen is told and heard.

    Raises ``Invalid``.
    """
    if ground not in UNIT_GROUNDS:
        raise Invalid(_("Choose one of the values offered."), field="ground")
    statement = text_of(statement, "statement")
    if not files:
        raise Invalid(_("An appeal needs at least one piece of evidence."), field="evidence")
    if len(files) > MAX_FILES:
        raise Invalid(_("At most %(limit)d files.") % {"limit": MAX_FILES}, field="evidence")
    step = arbitration.appeal(
        matter=matter,
        staff=staff,
        seen_version=seen_version,
        ground=ground,
        statement=statement,
        sha256=[file.sha256 for file in files],
    )
    appeal = _store(step, Side.UNIT, ground, statement)
    for place, file in enumerate(files, start=1):
        _add_file(appeal, place, file)
    return appeal


@transaction.atomic
def report_fake(*, matter: Matter, text: str, photos: Sequence[AcceptedFile] = ()) -> Appeal:
    """The citizen says that nothing was put right: the loop reopens, and an arbiter settles it.

    ``photos`` are seen by the unit and the arbiter, and keep no name from the citizen's telephone.
    Raises ``Invalid`` or ``TooManyPhotos``.
    """
    text = text_of(text, "text", limit=MAX_WORDS)
    if len(photos) > MAX_PHOTOS:
        raise TooManyPhotos(field="photos")
    step = arbitration.report_fake(
        matter=matter,
        ground=Ground.FAKE_RECTIFICATION,
        statement=text,
        sha256=[photo.sha256 for photo in photos],
    )
    appeal = _store(step, Side.CITIZEN, Ground.FAKE_RECTIFICATION, text)
    for place, photo in enumerate(photos, start=1):
        _add_file(appeal, place, replace(photo, name=f"{place}{photo.suffix}"))
    return appeal


@transaction.atomic
def be_heard(
    *, matter: Matter, text: str, staff: Staff | None = None, seen_version: int | None = None
) -> Statement:
    """A side speaks on the open appeal: the unit by ``staff``, or the citizen (None).

    Raises ``Invalid``, ``NoOpenAppeal`` or ``SaidEnough``.
    """
    side = Side.UNIT if staff else Side.CITIZEN
    text = text_of(text, "text", limit=MAX_WORDS)
    appeal = _open(matter)
    step = arbitration.be_heard(matter=matter, text=text, staff=staff, seen_version=seen_version)
    if appeal.statements.filter(side=side).count() >= MAX_STATEMENTS:
        raise SaidEnough
    return Statement.objects.create(appeal=appeal, side=side, text=text, staff=staff, at=step.at)


@transaction.atomic
def recuse(*, matter: Matter, staff: Staff, seen_version: int, reason: str) -> Step:
    """回避: an arbiter steps back; the matter is another arbiter's from now on."""
    reason = text_of(reason, "reason")
    return arbitration.recuse(matter=matter, staff=staff, seen_version=seen_version, reason=reason)


@transaction.atomic
def rule(
    *,
    matter: Matter,
    staff: Staff,
    seen_version: int,
    upheld: bool,
    reasons: str,
    effect: str = "",
    unit: Organisation | None = None,
    precedents: Sequence[UUID] = (),
) -> Ruling:
    """Decide the open appeal of ``matter``, with reasons.

    ``effect`` is what follows when it is upheld, one of ``EFFECTS`` for its ground; left out it is
    the usual one. ``unit`` is the right one, when the matter is redirected. ``precedents`` are
    rulings that the reasons build on. Raises ``Invalid`` or ``NoOpenAppeal``.
    """
    reasons = text_of(reasons, "reasons")
    appeal = _open(matter)
    effect = _checked_effect(appeal, upheld, effect)
    unit = _checked_unit(appeal, effect, unit)
    cited = _checked_precedents(precedents)
    step = arbitration.rule(
        matter=matter,
        staff=staff,
        seen_version=seen_version,
        event=_EVENTS[Effect(effect)],
        hearing_until=appeal.hearing_until,
        reasons=reasons,
        unit=unit,
        public={
            "ground": appeal.ground,
            "side": appeal.side,
            "upheld": upheld,
            "effect": effect,
            "arbiter": staff.organisation.uscc,
            **(_review_of(matter) if effect == Effect.VOIDED else {}),
        },
    )
    ruling = Ruling(
        appeal=appeal,
        arbiter=staff,
        organisation=staff.organisation,
        upheld=upheld,
        effect=effect,
        unit=unit,
        reasons=reasons,
        held_back=[found.value for found in _screened(matter, reasons)],
        at=step.at,
    )
    ruling.save(force_insert=True)
    ruling.precedents.set(cited)
    return ruling


def _open(matter: Matter) -> Appeal:
    """The open appeal, with the matter locked, so that it stays the open one."""
    engine.lock(matter)
    appeal = open_appeal(matter)
    if appeal is None:
        raise NoOpenAppeal
    return appeal


def _store(step: Step, side: str, ground: str, statement: str) -> Appeal:
    end = arbitration.hearing_end(step.matter, step.at)
    return Appeal.objects.create(
        matter=step.matter,
        organisation=step.matter.organisation,
        side=side,
        ground=ground,
        statement=statement,
        filed_by=step.actor,
        filed_at=step.at,
        hearing_until=end.due_at,
        calendar_version=end.calendar_version,
    )


def _add_file(appeal: Appeal, place: int, file: AcceptedFile) -> None:
    evidence = AppealEvidence(
        appeal=appeal,
        place=place,
        name=file.name,
        media_type=file.media_type,
        size=len(file.content),
        sha256=file.sha256,
    )
    evidence.file.save(f"{evidence.pk}{file.suffix}", file.as_django_file(), save=False)
    evidence.save(force_insert=True)


def _checked_effect(appeal: Appeal, upheld: bool, effect: str) -> str:
    if not upheld:
        return Effect.NONE
    possible = EFFECTS[appeal.ground]
    if effect and effect not in possible:
        raise Invalid(_("This does not follow from an appeal on this ground."), field="effect")
    return effect or possible[0]


def _checked_unit(appeal: Appeal, effect: str, unit: Organisation | None) -> Organisation | None:
    if effect != Effect.REDIRECTED:
        return None
    if unit is None:
        raise Invalid(_("Name the unit whose matter it is."), field="unit")
    return unit


def _checked_precedents(wanted: Sequence[UUID]) -> list[Ruling]:
    keys = set(wanted)
    found = list(Ruling.objects.filter(pk__in=keys)) if len(keys) <= MAX_PRECEDENTS else []
    if len(found) != len(keys):
        raise Invalid(_("Choose one of the values offered."), field="precedents")
    return found


def _review_of(matter: Matter) -> dict[str, Any]:
    """The review that a ruling voids, so that whoever counts can take it out again."""
    if matter.kind != KIND:
        return {}
    review = Review.objects.select_related("organisation__region", "entry").get(
        pk=matter.subject_id
    )
    said = json.loads(review.entry.public)
    return {
        "about": bytes(review.entry.leaf_hash).hex(),
        "review": {
            "organisation": review.organisation.uscc,
            "region": review.organisation.region.code,
            "level": review.level,
            "channel": review.channel,
            "trust": review.trust,
            "day": _day(review.accepted_at),
            "item": said["item"],
            "tags": said["tags"],
        },
    }


def _day(moment: datetime) -> str:
    return clock.local(moment).date().isoformat()


def _screened(matter: Matter, text: str) -> list[Any]:
    if matter.kind != KIND:
        return list(screen(text))
    review = Review.objects.select_related("event__case").get(pk=matter.subject_id)
    return list(screen_for(review.event, text))

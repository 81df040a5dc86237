"""整改: root cause, plan, milestones and evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.kernel.uploads import AcceptedFile
from huiyin.matters import engine
from huiyin.matters.models import (
    Clock,
    Evidence,
    Matter,
    Measure,
    MeasureHead,
    Milestone,
    Rectification,
    RootCause,
)
from huiyin.matters.services.input import choice_of, text_of
from huiyin.matters.table import ClockKind, Event


@dataclass(frozen=True)
class PlannedMeasure:
    head: str
    description: str


@dataclass(frozen=True)
class PlannedMilestone:
    title: str
    due_on: date


@transaction.atomic
def plan(
    *,
    matter: Matter,
    staff: Staff,
    seen_version: int,
    root_cause: str,
    explanation: str,
    measures: Sequence[PlannedMeasure],
    milestones: Sequence[PlannedMilestone],
) -> Rectification:
    """Record root cause, measures and the plan made backwards from the deadline."""
    root_cause = choice_of(RootCause, root_cause, "root_cause")
    explanation = text_of(explanation, "explanation")
    if not measures:
        raise Invalid(_("Name at least one measure."), field="measures")
    matter = engine.lock(matter, seen_version=seen_version)
    rectification = Rectification(
        matter=matter,
        round=matter.round,
        organisation=matter.organisation,
        root_cause=root_cause,
        explanation=explanation,
        author=staff,
        at=clock.now(),
    )
    heads = [choice_of(MeasureHead, measure.head, "measures") for measure in measures]
    texts = [text_of(measure.description, "measures") for measure in measures]
    engine.take(
        matter,
        Event.PLAN,
        staff=staff,
        data={
            "root_cause": root_cause,
            "milestones": [
                {"title": text_of(node.title, "milestones", limit=120), "due_on": node.due_on}
                for node in milestones
            ],
            # A plan that comes late still needs days: today, when the deadline has passed.
            "last_day": max(_rectification_clock(matter).last_day, clock.today()),
        },
        public={"root_cause": root_cause, "measures": sorted(set(heads))},
        private={"explanation": explanation, "measures": "\n".join(texts)},
        change=_stand_alone,
    )
    rectification.save(force_insert=True)
    Measure.objects.bulk_create(
        Measure(rectification=rectification, head=head, description=text)
        for head, text in zip(heads, texts, strict=True)
    )
    Milestone.objects.bulk_create(
        Milestone(rectification=rectification, place=place, title=node.title, due_on=node.due_on)
        for place, node in enumerate(milestones, start=1)
    )
    return rectification


@transaction.atomic
def reach_milestone(*, matter: Matter, staff: Staff, seen_version: int, place: int) -> Milestone:
    """Tick off the milestone at ``place`` of the current plan."""
    matter = engine.lock(matter, seen_version=seen_version)
    milestone = Milestone.objects.filter(
        rectification__matter=matter,
        rectification__round=matter.round,
        rectification__organisation=matter.organisation_id,
        place=place,
    ).first()
    if milestone is None:
        raise Invalid(_("The plan has no such milestone."), field="place")
    if milestone.done_at is not None:
        raise Invalid(_("This milestone has been reached already."), field="place")
    milestone.done_at, milestone.done_by = clock.now(), staff
    milestone.save(update_fields=["done_at", "done_by"])
    engine.take(
        matter,
        Event.REACH_MILESTONE,
        staff=staff,
        data={"place": place, "title": milestone.title},
        public={"place": place},
    )
    return milestone


@transaction.atomic
def add_evidence(
    *, matter: Matter, staff: Staff, seen_version: int, file: AcceptedFile, caption: str = ""
) -> Evidence:
    """Attach a file (checked by ``uploads.accept``) that shows what was done."""
    caption = text_of(caption, "caption", needed=False, limit=200)
    matter = engine.lock(matter, seen_version=seen_version)
    evidence = Evidence(
        matter=matter,
        round=matter.round,
        name=file.name,
        media_type=file.media_type,
        size=len(file.content),
        sha256=file.sha256,
        caption=caption,
        uploaded_by=staff,
        at=clock.now(),
    )
    engine.take(
        matter,
        Event.ADD_EVIDENCE,
        staff=staff,
        data={"evidence": str(evidence.pk), "name": file.name, "caption": caption},
        public={"media_type": file.media_type},
        private={"sha256": file.sha256},
    )
    evidence.file.save(f"{evidence.pk}{file.suffix}", file.as_django_file(), save=False)
    evidence.save(force_insert=True)
    return evidence


def _stand_alone(matter: Matter) -> None:
    """Who has a plan of its own no longer shares another matter's improvement."""
    matter.improvement_of = None


def _rectification_clock(matter: Matter) -> Clock:
    return matter.clocks.get(kind=ClockKind.RECTIFICATION, round=matter.round)

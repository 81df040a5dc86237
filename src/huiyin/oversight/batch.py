"""The steps of one round of folding, with everything the roll-ups ask of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from huiyin.matters.models import Rectification, Reply, Step
from huiyin.matters.table import Event
from huiyin.reviews.models import Review


@dataclass(frozen=True)
class Batch:
    """``reviews`` by their key, which is a matter's subject; steps in the order they were taken."""

    steps: list[Step]
    reviews: dict[UUID, Review]
    # Root causes by matter and round.
    causes: dict[tuple[UUID, int], str]
    # What the citizen was told, by the key of the step that told it.
    results: dict[UUID, str]

    def cause_of(self, step: Step) -> str | None:
        """The root cause of the step's matter, or of the improvement that it has joined."""
        own = self.causes.get((step.matter_id, step.round))
        lead = step.matter.improvement_of_id
        return own or (self.causes.get((lead, 1)) if lead else None)


def read(steps: Iterable[UUID]) -> Batch:
    """The steps with these keys. A fixed number of queries."""
    found = list(
        Step.objects.filter(pk__in=list(steps))
        .select_related("matter__organisation__region")
        .order_by("at", "pk")
    )
    matters = {step.matter_id: step.matter for step in found}
    reviews = Review.objects.select_related(
        "organisation__region", "event__case__item", "event__place__item", "event__counter"
    ).in_bulk([matter.subject_id for matter in matters.values()])
    leads = {matter.improvement_of_id for matter in matters.values() if matter.improvement_of_id}
    causes = Rectification.objects.filter(matter__in=[*matters, *leads])
    return Batch(
        found,
        reviews,
        {(row.matter_id, row.round): row.root_cause for row in causes},
        _results([step for step in found if step.event == Event.TELL]),
    )


def _results(told: list[Step]) -> dict[UUID, str]:
    """What each of ``told`` told: the reply that was approved last before it, unless a ruling came
    in between. Read from the steps: the matter itself may have moved on since."""
    keys = [step.matter_id for step in told]
    decisions = list(
        Step.objects.filter(matter__in=keys, event__in=(Event.APPROVE_REPLY, Event.VOID)).order_by(
            "number"
        )
    )
    replies = {
        (reply.matter_id, reply.number): reply.result_class
        for reply in Reply.objects.filter(matter__in=keys)
    }
    results = {}
    for step in told:
        before = [
            one for one in decisions if one.matter_id == step.matter_id and one.number < step.number
        ]
        if before and before[-1].event == Event.APPROVE_REPLY:
            results[step.pk] = replies[(step.matter_id, before[-1].data["reply"])]
    return results

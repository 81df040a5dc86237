"""Reading what is planned, who said no, and which calls are to be made."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef

from huiyin.calendars.queries import calendar
from huiyin.intake.invitations.ladder import rules_of
from huiyin.intake.invitations.models import (
    Ladder,
    OptOut,
    Planned,
    RungChannel,
    State,
    Switch,
)
from huiyin.kernel import clock
from huiyin.notices.quiet import next_allowed
from huiyin.reviews.models import Review
from huiyin.reviews.tokens import FIRST

# Figures are of what was planned since then.
COUNTED_DAYS = 31


def opted_out(number_hashes: Iterable[bytes | memoryview]) -> set[bytes]:
    """Those of the numbers (``notices.sms.numbers.hash_of``) at which nobody may be asked anything
    unasked. One query."""
    wanted = [bytes(one) for one in number_hashes]
    if not wanted:
        return set()
    found = OptOut.objects.filter(number_hash__in=wanted, back_at__isnull=True)
    return {bytes(one) for one in found.values_list("number_hash", flat=True)}


def last_turn() -> Switch | None:
    """Who stopped the invitations last, or let them go on."""
    return Switch.objects.select_related("staff").order_by("-pk").first()


def is_stopped() -> bool:
    going = Switch.objects.order_by("-pk").values_list("going", flat=True).first()
    return going is False


def awake(at: datetime) -> dict[UUID, Ladder]:
    """The ladders that let people be asked at this moment, by key. One query, and those of the
    calendar."""
    days = calendar(since=clock.local(at).year, region=settings.HUIYIN_JURISDICTION)
    return {
        one.pk: one
        for one in Ladder.objects.all()
        if next_allowed(at, rules_of(one).quiet, days) <= at
    }


def next_moment(ladder: Ladder, at: datetime) -> datetime:
    """The first moment from ``at`` on at which ``ladder`` lets people be asked."""
    days = calendar(since=clock.local(at).year, region=settings.HUIYIN_JURISDICTION)
    return next_allowed(at, rules_of(ladder).quiet, days)


def rated(event_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the services that have a first review. One query."""
    found = Review.objects.filter(event_id__in=list(event_ids), ordinal=FIRST)
    return set(found.values_list("event_id", flat=True))


def behind_another_rung() -> Exists:
    """Whether an earlier rung of the same service is still to be asked."""
    return Exists(
        Planned.objects.filter(
            event=OuterRef("event"),
            organisation=OuterRef("organisation"),
            rung__lt=OuterRef("rung"),
            state__in=(State.PLANNED, State.UNDER_WAY),
        )
    )


def calls_due(*, limit: int = 500, organisations: Collection[UUID] | None = None) -> list[Planned]:
    """The calls to be made now, the longest due first: not rated, not opted out, not expired, not
    in quiet hours, none while invitations are stopped. ``event.case`` and ``event.organisation``
    are loaded. ``organisations`` (keys): only about services of these. A fixed number of queries.
    """
    now = clock.now()
    if is_stopped():
        return []
    due = Planned.objects.filter(
        channel=RungChannel.HOTLINE,
        state=State.PLANNED,
        next_at__lte=now,
        expires_at__gt=now,
        ladder__in=list(awake(now)),
    )
    if organisations is not None:
        due = due.filter(organisation__in=organisations)
    here = {"event": OuterRef("event"), "organisation": OuterRef("organisation")}
    no = OptOut.objects.filter(number_hash=OuterRef("number_hash"), back_at__isnull=True)
    due = due.filter(
        ~Exists(Review.objects.filter(**here, ordinal=FIRST)), ~Exists(no), ~behind_another_rung()
    ).exclude(number_hash=b"")
    return list(
        due.select_related("event__case__item", "event__organisation", "ladder").order_by(
            "next_at", "pk"
        )[:limit]
    )


@dataclass(frozen=True)
class Standing:
    """Where the invitations of the last ``COUNTED_DAYS`` days stand."""

    # By channel, state and why; what there is none of is left out.
    counts: dict[tuple[str, str, str], int]
    # How many could be handed over at this moment, quiet hours apart; when the next one is due.
    due_now: int
    next_due_at: datetime | None
    stopped: Switch | None
    last_turn: Switch | None

    def count(self, *states: str, channel: str = "") -> int:
        return sum(
            number
            for (by, state, _why), number in self.counts.items()
            if state in states and channel in ("", by)
        )

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """Those of which nothing is left to be done."""
        return self.total - self.count(State.WAITING, State.PLANNED, State.UNDER_WAY)


def standing() -> Standing:
    """A fixed number of queries, however many there are."""
    now = clock.now()
    rows = (
        Planned.objects.filter(planned_at__gt=now - timedelta(days=COUNTED_DAYS))
        .values_list("channel", "state", "why")
        .annotate(number=Count("pk"))
        .order_by("channel", "state", "why")
    )
    messages = Planned.objects.filter(channel=RungChannel.SMS, state=State.PLANNED)
    turn = last_turn()
    return Standing(
        {(channel, state, why): number for channel, state, why, number in rows},
        messages.filter(next_at__lte=now).count(),
        messages.filter(next_at__gt=now).aggregate(first=Min("next_at"))["first"],
        turn if turn is not None and not turn.going else None,
        turn,
    )

"""Reading the list of calls: who may see which, and what of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from huiyin.directory.models import Organisation, Role, Staff
from huiyin.directory.queries import organisations_in_scope
from huiyin.intake.channels.hotline.models import NOBODY_SPOKE, Action, Call, ListedCall, Outcome
from huiyin.intake.invitations.queries import is_stopped
from huiyin.kernel import clock
from huiyin.kernel.problems import NotFound
from huiyin.reviews.models import Case, Review, ServiceEvent
from huiyin.reviews.naming import item_name, unseal_for
from huiyin.reviews.screening import mask_name
from huiyin.reviews.tokens import FIRST

_LEFT_TO_THE_CENTRE = timedelta(days=1)
_LOADED = ("event__case__item", "event__case__erasure", "event__organisation", "matter")


def hotlines_of(staff: Staff, role: Role = Role.HANDLER) -> QuerySet[Organisation]:
    """The hotlines that ``staff`` rings for: who handles at a body of this kind is an agent, who
    supervises one keeps the list."""
    found = organisations_in_scope(staff, [role])
    return found.filter(kind=Organisation.Kind.HOTLINE)


def _near(hotlines: QuerySet[Organisation]) -> Q | None:
    """What lies in the regions of ``hotlines``. One query; None when there are none."""
    wanted = None
    for hotline in hotlines.select_related("region"):
        within = Q(organisation__region__code__startswith=hotline.region.prefix)
        wanted = within if wanted is None else wanted | within
    return wanted


def visible_to(staff: Staff, role: Role = Role.HANDLER) -> QuerySet[ListedCall]:
    """The listed calls of the regions that ``staff`` rings for. Two queries."""
    within = _near(hotlines_of(staff, role))
    return ListedCall.objects.filter(within) if within else ListedCall.objects.none()


def get_taken(staff: Staff, code: str) -> ListedCall:
    """The call that ``staff`` is making, by its code. Raises ``NotFound``."""
    found = visible_to(staff).filter(code=code, agent=staff).select_related(*_LOADED).first()
    if found is None:
        raise NotFound
    return found


def taken_by(staff: Staff) -> ListedCall | None:
    return (
        ListedCall.objects.filter(agent=staff, state=ListedCall.State.TAKEN)
        .select_related(*_LOADED)
        .first()
    )


def to_be_called(staff: Staff, role: Role = Role.HANDLER) -> QuerySet[ListedCall]:
    """Whom ``staff`` may ring now: those who asked to be rung first, then whoever waits longest.

    Where calls by keys are made, a machine rings first. While invitations are stopped only those
    are rung who asked for it.
    """
    now = clock.now()
    rows = visible_to(staff, role).filter(
        state=ListedCall.State.WAITING, not_before__lte=now, expires_at__gt=now
    )
    if is_stopped():
        rows = rows.filter(purpose=ListedCall.Purpose.DETAIL)
    elif settings.HUIYIN_IVR_URL:
        rows = rows.exclude(purpose=ListedCall.Purpose.RATING, tries=0)
    if role == Role.HANDLER:
        # What a call centre has got is left to it for a day.
        lately = Action.objects.filter(
            listed=OuterRef("pk"), verb=Action.Verb.EXPORTED, at__gt=now - _LEFT_TO_THE_CENTRE
        )
        rows = rows.filter(~Exists(lately))
    # Detail before rating, as the alphabet has it.
    return rows.select_related(*_LOADED).order_by("purpose", "not_before", "pk")


def running_call(listed: ListedCall) -> Call | None:
    """The call that was placed and whose outcome nobody has recorded."""
    return (
        Call.objects.select_related("event__case")
        .filter(
            listed=listed,
            placed_at__isnull=False,
            outcome="",
            agent=listed.agent_id,
            way=Call.Way.AGENT,
        )
        .order_by("-asked_at")
        .first()
    )


def is_rated(listed: ListedCall) -> bool:
    return Review.objects.filter(
        event=listed.event_id, organisation=listed.organisation_id, ordinal=FIRST
    ).exists()


@dataclass(frozen=True)
class Seen:
    """What an agent sees of a citizen: enough to be sure that it is the right person, no more."""

    service: str
    organisation: str
    day: date
    name: str
    wants_reasons: bool


def seen(listed: ListedCall) -> Seen:
    event = listed.event
    return Seen(
        service=item_name(event),
        organisation=str(event.organisation),
        day=clock.local(event.occurred_at).date(),
        name=mask_name(unseal_for(case_of(event), "name") or "*"),
        wants_reasons=listed.purpose == ListedCall.Purpose.DETAIL,
    )


def own_actions(staff: Staff) -> QuerySet[Action]:
    """What ``staff`` did today, newest first."""
    return (
        Action.objects.filter(staff=staff, at__date=clock.today())
        .select_related("listed", "call")
        .order_by("-at", "-pk")
    )


def contradictions(staff: Staff) -> QuerySet[Call]:
    """Ratings of calls that nobody answered, as the provider reported afterwards."""
    within = _near(hotlines_of(staff, Role.SUPERVISOR))
    if within is None:
        return Call.objects.none()
    listed = ListedCall.objects.filter(within)
    return Call.objects.filter(
        listed__in=listed,
        outcome__in=[Outcome.RATED, Outcome.TOLD],
        refusal="",
        reported__in=NOBODY_SPOKE,
    )


def case_of(event: ServiceEvent) -> Case:
    """The case of a service that was told us by a business system: only those are rung about."""
    if event.case is None:
        raise ValueError("the service is of no case")
    return event.case


def by_event(event_ids: Collection[UUID]) -> dict[UUID, ListedCall]:
    """The listed calls for ratings of these services, as far as there are any. One query."""
    rows = ListedCall.objects.filter(event__in=event_ids, purpose=ListedCall.Purpose.RATING)
    return {row.event_id: row for row in rows}

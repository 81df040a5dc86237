"""What is handed over: claimed under a lease, in a fixed number of queries however many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from huiyin.directory.models import Organisation
from huiyin.intake.invitations import ladder, queries, wording
from huiyin.intake.invitations.handing import daily
from huiyin.intake.invitations.ladder import rules_of
from huiyin.intake.invitations.models import (
    Kind,
    Planned,
    Reply,
    RungChannel,
    State,
    Why,
)
from huiyin.intake.invitations.services.planning import expiry
from huiyin.intake.invitations.short_links import code_of, short_link
from huiyin.kernel import bulk, clock, crypto
from huiyin.notices.relay import reference_of
from huiyin.notices.sms import numbers
from huiyin.reviews.models import Invitation, Level, Review, ServiceEvent
from huiyin.reviews.naming import unseal_for
from huiyin.reviews.receipts import code_for, status_url
from huiyin.reviews.tokens import FIRST

# Longer than any chunk of sends takes; what a crash costs at most.
LEASE = timedelta(minutes=3)
# A rung that stands behind another one of its service is looked at again.
_BEHIND = timedelta(minutes=10)
# A handful of services of one number can be told apart by digits; those of somebody who acts for
# hundreds cannot, and go by the links alone.
_MOST_DIGITS = 99
_MOBILE = 11
# What a message is made of; the rest of an event and a case is left where it is.
_NEEDED = (
    *("organisation", "ladder", "rung", "number_hash", "expires_at", "attempts", "state"),
    *("event__organisation", "event__case", "event__service_number", "event__occurred_at"),
    "event__case__mobile_sealed",
)


@dataclass(frozen=True)
class Parcel:
    """A message on its way: ``row`` is what it is told of, ``number`` where it goes."""

    row: Planned | Reply
    number: str
    text: str
    key: str
    extension: str

    @property
    def reference(self) -> str:
        return reference_of(self.key)


def claim_invitations(limit: int) -> list[Parcel]:
    """Up to ``limit`` invitations that are due, each under a lease of this process. What is not
    needed any more is ended; copies pass over what another one holds."""
    now = clock.now()
    with transaction.atomic():
        if queries.is_stopped():
            return []
        daily.take_turn()
        ladders = queries.awake(now)
        due = (
            Planned.objects.filter(
                channel=RungChannel.SMS,
                state=State.PLANNED,
                next_at__lte=now,
                ladder__in=list(ladders),
            )
            .select_related("event__case")
            .only(*_NEEDED)
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("next_at")
        )
        rows = list(due[:limit])
        if not rows:
            return []
        bodies = Organisation.objects.in_bulk({row.organisation_id for row in rows})
        for row in rows:
            row.ladder = ladders[row.ladder_id]
            row.event.organisation = bodies[row.organisation_id]
        return _claim(rows, now)


def _claim(rows: list[Planned], now: datetime) -> list[Parcel]:
    invited = _invitations(rows)
    ended = _not_needed(rows, invited, now)
    behind = _behind(rows)
    parcels: list[Parcel] = []
    left = [row for row in rows if row.pk not in ended and row.pk not in behind]
    beyond = daily.too_many(left, now)
    left = [row for row in left if row.pk not in beyond]
    digits = _extensions(left, now)
    made: list[Invitation] = []
    for row in left:
        number = _mobile_of(row.event)
        if number is None:
            ended[row.pk] = Why.NO_NUMBER
            continue
        invitation = invited.get(row.event_id)
        if invitation is None:
            invitation = Invitation(
                organisation_id=row.organisation_id,
                event_id=row.event_id,
                step=1,
                created_at=now,
                expires_at=row.expires_at or expiry(row.event.occurred_at),
            )
            made.append(invitation)
        row.extension = digits[row.pk]
        row.short_code = code_of(row.event_id, row.organisation_id)
        values = _values(row.event, short_link(row.short_code))
        parcels.append(
            Parcel(
                row,
                number,
                wording.said(Kind.INVITATION, values),
                f"invitation-{row.pk.hex}",
                row.extension,
            )
        )
    Invitation.objects.bulk_create(made, ignore_conflicts=True)
    end(ended)
    tomorrow = daily.tomorrow(now)
    put_off = [(key, now + _BEHIND) for key in behind] + [(key, tomorrow) for key in beyond]
    bulk.update(Planned, ("next_at",), put_off)
    _take(Planned, parcels, now)
    return parcels


def _invitations(rows: Iterable[Planned]) -> dict[UUID, Invitation]:
    """The invitations that there are, made when a business system asked for its link: their token
    is the one that is sent."""
    found = Invitation.objects.filter(event_id__in={row.event_id for row in rows}, step=1)
    return {one.event_id: one for one in found}


def _not_needed(
    rows: Sequence[Planned], invited: Mapping[UUID, Invitation], now: datetime
) -> dict[UUID, Why]:
    """Why those of ``rows`` end that are not to be sent."""
    rated = queries.rated(row.event_id for row in rows)
    no = queries.opted_out(row.number_hash for row in rows)
    followed = _followed(rows)
    ended: dict[UUID, Why] = {}
    for row in rows:
        invitation = invited.get(row.event_id)
        expires_at = invitation.expires_at if invitation else row.expires_at
        if row.event_id in rated:
            ended[row.pk] = Why.ANSWERED
        elif not row.number_hash:
            ended[row.pk] = Why.ERASED
        elif bytes(row.number_hash) in no:
            ended[row.pk] = Why.OPTED_OUT
        elif expires_at is None or expires_at <= now:
            ended[row.pk] = Why.EXPIRED
        elif row.event_id in followed and row.rung == 1:
            ended[row.pk] = Why.OTHER_SERVICE
    return ended


def _followed(rows: Sequence[Planned]) -> set[UUID]:
    """The services whose case has a later one, where a case is asked about once."""
    once = [row for row in rows if rules_of(row.ladder).services == ladder.FINISHED]
    cases = {row.event.case_id for row in once}
    numbers_of: dict[UUID | None, int] = {}
    found = ServiceEvent.objects.filter(case__in=cases).values_list("case", "service_number")
    for case, number in found:
        numbers_of[case] = max(number, numbers_of.get(case, 0))
    return {
        row.event_id for row in once if row.event.service_number < numbers_of[row.event.case_id]
    }


def _behind(rows: Sequence[Planned]) -> set[UUID]:
    later = [row.pk for row in rows if row.rung > 1]
    if not later:
        return set()
    held = Planned.objects.filter(queries.behind_another_rung(), pk__in=later)
    return set(held.values_list("pk", flat=True))


def _extensions(rows: Iterable[Planned], now: datetime) -> dict[UUID, str]:
    """Digits for each of ``rows`` by which its answers are known: another than those of the other
    services of its number that can still be rated. They begin with a nought and are three, those of
    matters never. One query."""
    rows = list(rows)
    of_event: dict[UUID, str] = {}
    used: dict[bytes, set[str]] = {}
    known = Planned.objects.filter(
        number_hash__in={bytes(row.number_hash) for row in rows}, expires_at__gt=now
    ).exclude(reference="")
    for number_hash, event_id, extension in known.values_list(
        "number_hash", "event_id", "extension"
    ):
        if extension:
            used.setdefault(bytes(number_hash), set()).add(extension)
            of_event[event_id] = extension
    chosen: dict[UUID, str] = {}
    for row in rows:
        taken = used.setdefault(bytes(row.number_hash), set())
        extension = of_event.get(row.event_id) or _free(taken)
        taken.add(extension)
        chosen[row.pk] = of_event[row.event_id] = extension
    return chosen


def _free(taken: set[str]) -> str:
    all_digits = (f"0{number:02}" for number in range(1, _MOST_DIGITS + 1))
    return next((digits for digits in all_digits if digits not in taken), "")


def _mobile_of(event: ServiceEvent) -> str | None:
    """The number of a mobile telephone, in its normal form; None when there is none."""
    if event.case is None:
        return None
    try:
        number = numbers.normal(unseal_for(event.case, "mobile"))
    except crypto.SealBroken:
        return None
    return number if number and len(number) == _MOBILE and number.startswith("1") else None


def claim_replies(limit: int) -> list[Parcel]:
    """Up to ``limit`` replies to citizens, under a lease. Who wrote is answered, at any hour and
    also while invitations are stopped."""
    now = clock.now()
    with transaction.atomic():
        rows = list(
            Reply.objects.filter(state=State.PLANNED, next_at__lte=now)
            .select_related("planned__event__case", "planned__event__organisation")
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("next_at")[:limit]
        )
        if not rows:
            return []
        _ask_nothing_of_who_opted_out(rows)
        levels = _levels(rows)
        parcels = []
        unreachable = []
        for row in rows:
            number = _mobile_of(row.planned.event)
            if number is None:
                unreachable.append((row.pk, State.ENDED.value, None))
                continue
            parcels.append(
                Parcel(
                    row,
                    number,
                    wording.said(row.kind, _values_of(row, levels)),
                    f"reply-{row.pk.hex}",
                    row.planned.extension,
                )
            )
        bulk.update(Reply, ("state", "next_at"), unreachable)
        _take(Reply, parcels, now)
    return parcels


def _ask_nothing_of_who_opted_out(rows: Iterable[Reply]) -> None:
    """Who rated badly without a word and wants no questions is told what was recorded, no more."""
    asked = [row for row in rows if row.kind == Kind.ASKED]
    no = queries.opted_out(row.planned.number_hash for row in asked)
    told = [row for row in asked if bytes(row.planned.number_hash) in no]
    for row in told:
        row.kind = Kind.CONFIRMED
    bulk.update(Reply, ("kind",), [(row.pk, Kind.CONFIRMED.value) for row in told])


def _levels(rows: Iterable[Reply]) -> dict[UUID, int]:
    events = [row.planned.event_id for row in rows if row.kind in (Kind.CONFIRMED, Kind.ASKED)]
    found = Review.objects.filter(event_id__in=events, ordinal=FIRST)
    return dict(found.values_list("event_id", "level")) if events else {}


def _values_of(row: Reply, levels: Mapping[UUID, int]) -> dict[str, str]:
    event, planned = row.planned.event, row.planned
    if row.kind in (Kind.CONFIRMED, Kind.ASKED, Kind.ALREADY):
        values = _values(event, status_url(code_for(event_id=event.pk, ordinal=FIRST)))
        with override(settings.LANGUAGE_CODE):
            level = levels.get(event.pk)
            return values | {"level": str(Level(level).label) if level else ""}
    link = short_link(planned.short_code)
    return _values(event, f"{link}/invitations" if row.kind == Kind.OPTED_OUT else link)


def _values(event: ServiceEvent, url: str) -> dict[str, str]:
    """What the placeholders of a wording stand for: nothing that names the citizen or the item."""
    return {
        "unit": event.organisation.name_in(settings.LANGUAGE_CODE),
        "day": wording.day_of(clock.local(event.occurred_at).date()),
        "url": url,
    }


def _take(model: type[Planned] | type[Reply], parcels: Sequence[Parcel], now: datetime) -> None:
    """Put the rows of ``parcels`` under a lease."""
    fields: tuple[str, ...] = ("state", "next_at", "attempts", "reference")
    until = now + LEASE
    rows = []
    for parcel in parcels:
        row = parcel.row
        row.attempts += 1
        values: tuple[object, ...] = (
            row.pk, State.UNDER_WAY.value, until, row.attempts, parcel.reference
        )  # fmt: skip
        if isinstance(row, Planned):
            values = (*values, parcel.extension, row.short_code)
        rows.append(values)
    if model is Planned:
        fields = (*fields, "extension", "short_code")
    bulk.update(model, fields, rows)


def end(reasons: Mapping[UUID, Why]) -> None:
    bulk.update(
        Planned,
        ("state", "why", "next_at"),
        [(key, State.ENDED.value, why.value, None) for key, why in reasons.items()],
    )


def take_up_lost(*, knows_keys: bool) -> int:
    """Deal with what a process held that died: sent again under its key where the gateway knows
    keys, else perhaps handed over and not sent again. How many there were."""
    again: dict[str, Any] = {"state": State.PLANNED}
    if not knows_keys:
        again = {"state": State.UNSURE, "next_at": None}
    now, count = clock.now(), 0
    for model in (Planned, Reply):
        lost = model.objects.filter(state=State.UNDER_WAY, next_at__lte=now)
        count += lost.update(**again)
    return count

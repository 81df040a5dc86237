"""Waking the device at a counter for one service, and what its waker is told afterwards.

The waker is the counter's software, so the clerk. It learns whether the citizen rated on the device
and nothing else: for so long as a citizen could still be rating, it is told to wait, however soon
the rating came. When it came would tell what it was, since who is dissatisfied takes longer.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from huiyin.directory.queries import find_organisation
from huiyin.intake.devices.errors import AwakeElsewhere, DeviceOfAnotherKind, EventUnknown
from huiyin.intake.devices.models import STORED_WITHIN_SECONDS, Device, Wake
from huiyin.intake.devices.services import topic
from huiyin.kernel import clock, wakeup
from huiyin.kernel.problems import NotFound
from huiyin.reviews.models import Case, Channel, Integrator, Review, ServiceEvent
from huiyin.reviews.tokens import FIRST


class State(StrEnum):
    WAITING = "waiting"
    RATED = "rated"
    NOT_RATED = "not_rated"


def device_for(integrator: Integrator, device_id: UUID) -> Device:
    """The device at a counter that ``integrator`` may wake: one of its region. Raises ``NotFound``,
    ``DeviceOfAnotherKind``."""
    device = (
        Device.objects.select_related("organisation__region")
        .filter(pk=device_id, revoked_at=None)
        .first()
    )
    if device is None or not device.organisation.region.code.startswith(integrator.region.prefix):
        raise NotFound
    if device.kind != Device.Kind.COUNTER_DEVICE:
        raise DeviceOfAnotherKind
    return device


def event_for(
    integrator: Integrator,
    *,
    event_id: UUID | None = None,
    uscc: str = "",
    jurisdiction: str = "",
    project_no: str = "",
    service_number: int = 1,
) -> ServiceEvent:
    """The service that ``integrator`` itself pushed, by its key, or by the whole of what names it:
    organisation, jurisdiction (that of the organisation's region unless given), case number and
    service number. Raises ``EventUnknown``."""
    events = ServiceEvent.objects.filter(integrator=integrator)
    if event_id is not None:
        found = events.filter(pk=event_id).first()
    else:
        found = _by_case(events, uscc, jurisdiction, project_no, service_number)
    if found is None:
        raise EventUnknown
    return found


def _by_case(
    events: QuerySet[ServiceEvent],
    uscc: str,
    jurisdiction: str,
    project_no: str,
    service_number: int,
) -> ServiceEvent | None:
    organisation = find_organisation(uscc)
    if organisation is None:
        return None
    case = Case.objects.filter(
        organisation=organisation,
        jurisdiction=jurisdiction or organisation.region.code,
        project_no=project_no,
    )
    return events.filter(
        organisation=organisation, case__in=case, service_number=service_number
    ).first()


@transaction.atomic
def wake(*, device: Device, event: ServiceEvent, integrator: Integrator) -> Wake:
    """Ask ``device`` to show the five faces for ``event``, in place of what it shows now.

    Asked again before the answer is told, the same wake is returned: many would tell, by which of
    them were rated, when the rating came. Raises ``AwakeElsewhere``.
    """
    now = clock.now()
    # One at a time for each service: the row is nobody else's to lock for long.
    ServiceEvent.objects.select_for_update(no_key=True).get(pk=event.pk)
    untold = Wake.objects.filter(
        event=event, closes_at__gt=now - timedelta(seconds=STORED_WITHIN_SECONDS)
    )
    open_one = untold.select_related("device").order_by("-woken_at").first()
    if open_one is not None:
        if open_one.device_id != device.pk:
            raise AwakeElsewhere
        open_one.asked_at = now
        open_one.save(update_fields=["asked_at"])
        wakeup.ring(topic(device))
        return open_one
    window = timedelta(seconds=settings.HUIYIN_DEVICE_WINDOW_SECONDS)
    made = Wake.objects.create(
        organisation_id=event.organisation_id,
        device=device,
        event=event,
        integrator=integrator,
        woken_at=now,
        asked_at=now,
        window_ends_at=now + window,
        closes_at=now + 2 * window,
    )
    wakeup.ring(topic(device))
    return made


def wake_of(integrator: Integrator, device_id: UUID, wake_id: UUID) -> Wake:
    """What ``integrator`` woke. Raises ``NotFound``."""
    found = Wake.objects.filter(pk=wake_id, device=device_id, integrator=integrator).first()
    if found is None:
        raise NotFound
    return found


def state_of(asked: Wake) -> State:
    """What may be told of ``asked``: nothing before ``told_at``, and the same ever after."""
    if clock.now() < asked.told_at:
        return State.WAITING
    rated = Review.objects.filter(
        event=asked.event_id,
        organisation_id=asked.organisation_id,
        ordinal=FIRST,
        channel=Channel.COUNTER_DEVICE,
        accepted_at__gte=asked.woken_at,
        accepted_at__lte=asked.told_at,
    )
    return State.RATED if rated.exists() else State.NOT_RATED


def awake(device: Device) -> Wake | None:
    """What ``device`` is to show: the last service it was woken for, while it may still be rated
    and is not. One query."""
    rated = Review.objects.filter(
        event=OuterRef("event"), organisation=OuterRef("organisation"), ordinal=FIRST
    )
    last = (
        Wake.objects.select_related("event__case__item", "event__organisation")
        .annotate(is_rated=Exists(rated))
        .filter(device=device)
        .order_by("-asked_at")
        .first()
    )
    if last is None or last.closes_at <= clock.now() or last.is_rated:
        return None
    return last

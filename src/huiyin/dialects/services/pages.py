"""Which event a link of a business system is about."""

from __future__ import annotations

from django.db import transaction

from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.models import GatewayClient
from huiyin.dialects.services import quarantine
from huiyin.dialects.services.finding import Wanted, events_of
from huiyin.dialects.structs import Entry, row_of
from huiyin.intake.events.services import take_in
from huiyin.reviews.models import ServiceEvent


@transaction.atomic
def event_by_link(client: GatewayClient, entry: Entry) -> ServiceEvent:
    """The event that ``entry`` (of a link that only ``client`` can have written) names, which is
    taken in when it is told in full and not known yet. Raises ``Refused``."""
    pushed = entry.event
    if pushed is None or not pushed.project_no:
        raise Refused(Code.FIELD_MISSING, field="projectNo")
    wanted = Wanted(
        pushed.project_no, pushed.service_number, area_code=pushed.area_code,
        dept_code=pushed.dept_code,
    )  # fmt: skip
    try:
        return events_of(client, [wanted]).of(wanted)
    except Refused as unknown:
        if unknown.code is not Code.EVENT_UNKNOWN or not pushed.task_code:
            raise
    [verdict] = take_in([row_of(pushed)], client.integrator)
    if verdict.event is None:
        raise Refused(Code.FIELD_INVALID, field=verdict.faults[0].field)
    quarantine.keep(client, [(verdict.event, entry.unknown)])
    found = ServiceEvent.objects.get(pk=verdict.event)
    if found.integrator_id != client.integrator_id:
        raise Refused(Code.EVENT_UNKNOWN)
    return found

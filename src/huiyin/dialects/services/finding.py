"""Finding the events that a client means by case number and service number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Q

from huiyin.dialects import codes, traits
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.models import GatewayClient
from huiyin.reviews.models import ServiceEvent


class Wanted(NamedTuple):
    """What a client says of a service that it pushed before; what it does not say is empty."""

    project_no: str
    service_number: str
    area_code: str = ""
    dept_code: str = ""


@dataclass
class Events:
    """Events of one client, by case number."""

    numbered: bool
    found: dict[str, list[ServiceEvent]] = field(default_factory=dict)

    def of(self, wanted: Wanted) -> ServiceEvent:
        """The service that is meant. Raises ``Refused``."""
        among = [one for one in self.found.get(wanted.project_no, []) if _fits(one, wanted)]
        number = codes.digits(wanted.service_number)
        exact = [one for one in among if str(one.service_number) == number]
        if len(exact) == 1:
            return exact[0]
        if self.numbered and not number:
            raise Refused(Code.FIELD_MISSING, field="serviceNumber")
        # Who does not number services means the only one that there is.
        if not self.numbered and not exact and len(among) == 1:
            return among[0]
        raise Refused(Code.EVENT_UNKNOWN, field="projectNo")


def events_of(client: GatewayClient, wanted: Sequence[Wanted]) -> Events:
    """The events of ``client`` that some may be among. One query for all of them."""
    among = Q(integrator=client.integrator) & Q(
        case__project_no__in={one.project_no for one in wanted}
    )
    if wanted and all(one.dept_code for one in wanted):
        among &= Q(organisation__uscc__in={one.dept_code.upper() for one in wanted})
    events = Events(traits.BY_NAME[client.dialect].numbers_services)
    for event in ServiceEvent.objects.filter(among).select_related("case", "organisation"):
        if event.case is not None:
            events.found.setdefault(event.case.project_no, []).append(event)
    return events


def _fits(event: ServiceEvent, wanted: Wanted) -> bool:
    area, body = wanted.area_code.ljust(12, "0"), wanted.dept_code.upper()
    case = event.case
    return (not wanted.area_code or (case is not None and case.jurisdiction == area)) and (
        not body or event.organisation.uscc == body
    )

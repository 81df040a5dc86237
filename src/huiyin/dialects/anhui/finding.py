"""Which event an address of Anhui means."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from huiyin.dialects.anhui.codec import Wanted
from huiyin.dialects.codes import digits
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.models import GatewayClient
from huiyin.directory.codes import twelve_digits
from huiyin.kernel import clock
from huiyin.reviews.models import ServiceEvent


def event_wanted(client: GatewayClient, wanted: Wanted) -> ServiceEvent:
    """The event of ``wanted``, from whatever system of the client's region it came: the addresses
    are written by one that pushes nothing itself. One query; raises ``Refused``.

    ``serviceCode`` is the number of the service; where it is something else, the case must have but
    one. An event that no invitation would be good for any more is not found: nobody signed the
    address, and a case number stays known for long.
    """
    area = twelve_digits(wanted.area_code)
    if area is None:
        raise Refused(Code.FIELD_INVALID, field="regionCode")
    among = list(
        ServiceEvent.objects.filter(
            case__project_no=wanted.project_no,
            case__jurisdiction=area,
            organisation__region__code__startswith=client.region.prefix,
            organisation__active=True,
            accepted_at__gt=clock.now() - timedelta(days=settings.HUIYIN_INVITATION_DAYS),
        ).select_related("case", "organisation")[:_MANY]
    )
    number = digits(wanted.service_code)
    if number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER:
        among = [event for event in among if str(event.service_number) == number]
    if len(among) != 1:
        raise Refused(Code.EVENT_UNKNOWN)
    return among[0]


_LONGEST_NUMBER = 3
# More services of one case within the time of an invitation than there can be.
_MANY = 1000

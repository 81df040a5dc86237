"""How long bad reviews take to reach people, by transport."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from huiyin.notices.models import Transport
from huiyin.notices.transports import names
from huiyin.oversight import queries as oversight
from huiyin.web.cockpit.frame import cockpit_page, render_cockpit
from huiyin.web.cockpit.sources import days_of

_OWN_NAMES = {
    names.INBOX: _("Inbox on the desk"),
    names.WEBHOOK: _("Webhooks of other systems"),
}


@cockpit_page
@require_safe
def delays(request: HttpRequest) -> HttpResponse:
    """Median and p99 from acceptance to arrival, over the whole platform."""
    within = oversight.period(days_of(request))
    found = [
        {
            "name": _name(delay.transport),
            "arrivals": delay.arrivals,
            "median": timedelta(milliseconds=delay.median_ms),
            "median_seconds": delay.median_ms / 1000,
            "p99": timedelta(milliseconds=delay.p99_ms),
            "p99_seconds": delay.p99_ms / 1000,
        }
        for delay in oversight.delays(within)
    ]
    return render_cockpit(
        request,
        "delays.html",
        {"delays": found, "days": within.days, "spans": oversight.DAYS, "within": within},
        page="delays",
    )


def _name(transport: str) -> str:
    if transport in Transport.values:
        return str(capfirst(Transport(transport).label))
    return str(_OWN_NAMES.get(transport, transport))

"""Anhui over HTTP: citizens who come with everything in the address, and leave with a token."""

from __future__ import annotations

from django.http import HttpRequest

from huiyin.dialects.anhui import codec
from huiyin.dialects.anhui.finding import event_wanted
from huiyin.dialects.binding import address_of, calls, for_citizens, spend, strangers
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.services import quarantine
from huiyin.dialects.services.clients import client_by_mark
from huiyin.reviews.models import ServiceEvent


@for_citizens
def page(request: HttpRequest) -> ServiceEvent:
    """The service that the address is about. Whoever guesses is held up; a hall whose citizens all
    come from one address is not, since they hit."""
    try:
        wanted = codec.wanted(request.META.get("QUERY_STRING", "").encode("latin-1"))
        client = client_by_mark(codec.TRAITS.name, wanted.source)
        if client is None:
            raise Refused(Code.NOT_AUTHENTIC)
        event = event_wanted(client, wanted)
    except Refused:
        spend(strangers, address_of(request))
        raise
    spend(calls, client.pk.hex)
    quarantine.keep_once(client, event, wanted.unknown)
    return event

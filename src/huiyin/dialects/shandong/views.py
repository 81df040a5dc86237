"""Shandong over HTTP: what is pushed, and citizens who come by a link of the business system."""

from __future__ import annotations

from django.http import HttpRequest

from huiyin.dialects import sm2
from huiyin.dialects.binding import (
    Gateway,
    address_of,
    for_citizens,
    receiver,
    spend,
    strangers,
)
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.services.clients import client_by_mark, secrets_of
from huiyin.dialects.services.pages import event_by_link
from huiyin.dialects.shandong import codec, reply
from huiyin.reviews.models import ServiceEvent

GATEWAY = Gateway(codec.TRAITS, codec.envelope, codec.message, reply.reply)
receive = receiver(GATEWAY)


@for_citizens
def page(request: HttpRequest) -> ServiceEvent:
    """The service that a link is about: one that was pushed, or one that the link tells in full."""
    try:
        given = codec.page(request.META.get("QUERY_STRING", "").encode("latin-1"))
        client = client_by_mark(codec.TRAITS.name, given.app_mark)
        if client is None:
            raise Refused(Code.NOT_AUTHENTIC)
        return event_by_link(client, codec.page_entry(given, secrets_of(client)))
    except Refused:
        spend(strangers, address_of(request))
        raise
    except sm2.Missing as error:
        raise Refused(Code.UNAVAILABLE) from error

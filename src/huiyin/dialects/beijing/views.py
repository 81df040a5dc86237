"""Beijing over HTTP: what is pushed, and citizens who come with the code in the reply."""

from __future__ import annotations

from django.http import HttpRequest

from huiyin.dialects import service_codes
from huiyin.dialects.beijing import codec, page_token, reply
from huiyin.dialects.binding import (
    Gateway,
    address_of,
    for_citizens,
    receiver,
    spend,
    strangers,
)
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.services.clients import secrets_of
from huiyin.reviews.models import ServiceEvent

GATEWAY = Gateway(codec.TRAITS, codec.envelope, codec.message, reply.reply)
receive = receiver(GATEWAY)


@for_citizens
def page(request: HttpRequest) -> ServiceEvent:
    """The service of the code, when the token fits."""
    service = request.GET.get("serviceCode", "")
    try:
        event, client = service_codes.event_of(service, dialect=codec.TRAITS.name)
        texts = page_token.texts(
            service=service, app_mark=client.app_mark, word=secrets_of(client).word
        )
        if not page_token.fits(request.GET.get("token", ""), *texts):
            raise Refused(Code.NOT_AUTHENTIC)
    except Refused:
        spend(strangers, address_of(request))
        raise
    return event

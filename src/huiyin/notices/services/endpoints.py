"""Endpoints: the systems that hear of every step in an organisation or a region."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Organisation, Region
from huiyin.kernel import crypto
from huiyin.kernel.problems import Invalid
from huiyin.notices.models import WebhookEndpoint
from huiyin.notices.transports.webhook import guard, signing


@transaction.atomic
def add_endpoint(
    *,
    name: str,
    url: str,
    organisation: Organisation | None = None,
    region: Region | None = None,
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint for an organisation or a region; also its secret, which is never shown again.

    Raises ``Invalid``.
    """
    endpoint = WebhookEndpoint(name=name, url=url, organisation=organisation, region=region)
    secret = _give_secret(endpoint)
    try:
        endpoint.full_clean()
        guard.check_shape(url)
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field="endpoint") from error
    except guard.Refused as error:
        raise Invalid(
            _("The address must start with https:// and name neither a user nor a fragment."),
            field="url",
        ) from error
    endpoint.save(force_insert=True)
    return endpoint, secret


@transaction.atomic
def renew_secret(*, endpoint: WebhookEndpoint) -> str:
    """Give ``endpoint`` a new secret; the old one signs nothing from now on."""
    secret = _give_secret(endpoint)
    endpoint.save(update_fields=["secret_sealed"])
    return secret


def _give_secret(endpoint: WebhookEndpoint) -> str:
    secret = signing.new_secret()
    endpoint.secret_sealed = crypto.seal(secret, purpose="webhook", about=endpoint.pk.bytes)
    return secret

"""Adding existing systems, giving them keys, and finding them by how they name themselves."""

from __future__ import annotations

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.dialects import keys, traits
from huiyin.dialects.keys import Secrets
from huiyin.dialects.models import DEFAULT_WINDOW_MINUTES, GatewayClient
from huiyin.directory.models import Organisation, Region
from huiyin.kernel import crypto
from huiyin.kernel.problems import Invalid
from huiyin.reviews import services as reviews

_PURPOSE = "dialects.secrets"


@transaction.atomic
def add_client(
    *,
    name: str,
    dialect: str,
    region: Region,
    organisation: Organisation,
    app_mark: str,
    window_minutes: int = DEFAULT_WINDOW_MINUTES,
    active: bool = True,
    success_code: str = "",
    replies_in_json: bool = False,
    word: str = "",
    private: str = "",
) -> tuple[GatewayClient, Secrets]:
    """Let an existing system push the events of ``region`` in its ``dialect``; its secrets.

    They are new unless ``word`` and ``private`` name those of a platform that is taken over. Raises
    ``Invalid``.
    """
    integrator, _nobody_has_it = reviews.add_integrator(name=name, region=region)
    client = GatewayClient(
        integrator=integrator,
        dialect=dialect,
        app_mark=app_mark.strip(),
        organisation=organisation,
        window_minutes=window_minutes,
        success_code=success_code.strip(),
        replies_in_json=replies_in_json,
        active=active,
    )
    try:
        client.full_clean(exclude=["secrets_sealed"])
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field=next(iter(error.message_dict))) from error
    secrets = _made(client, word=word, private=private)
    client.save(force_insert=True)
    return client, secrets


def renew_secrets(*, client: GatewayClient, word: str = "", private: str = "") -> Secrets:
    """Other secrets for ``client``; the old ones stop working at once. As ``add_client``."""
    secrets = _made(client, word=word, private=private)
    client.save(update_fields=["secrets_sealed"])
    return secrets


def secrets_of(client: GatewayClient) -> Secrets:
    """What ``client`` and we both know."""
    plain = crypto.unseal(bytes(client.secrets_sealed), purpose=_PURPOSE, about=client.pk.bytes)
    return msgspec.json.decode(plain, type=Secrets)


def client_by_mark(dialect: str, app_mark: str) -> GatewayClient | None:
    """The active client that names itself so. One query."""
    return (
        GatewayClient.objects.select_related("integrator__region", "organisation__region")
        .filter(dialect=dialect, app_mark=app_mark, active=True, integrator__active=True)
        .first()
    )


def _made(client: GatewayClient, *, word: str, private: str) -> Secrets:
    try:
        secrets = keys.made(traits.BY_NAME[client.dialect], word=word, private=private)
    except ValueError as error:
        raise Invalid(_("This is no private key of SM2."), field="private") from error
    client.secrets_sealed = crypto.seal(
        msgspec.json.encode(secrets).decode(), purpose=_PURPOSE, about=client.pk.bytes
    )
    return secrets

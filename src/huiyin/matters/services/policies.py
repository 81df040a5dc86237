"""Putting rules in force: a version is added, none is ever edited."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from huiyin.directory.models import Region
from huiyin.kernel.problems import Invalid
from huiyin.matters import kinds, policy, presets
from huiyin.matters.models import Policy


@transaction.atomic
def seed_policies() -> None:
    """Put the national default rules in force for each kind of matter that has no policy yet."""
    jurisdiction = Region.objects.get(code=settings.HUIYIN_JURISDICTION)
    for kind in kinds.codes():
        Policy.objects.get_or_create(
            jurisdiction=jurisdiction,
            kind=kind,
            version=1,
            defaults={
                "valid_from": date(2020, 1, 1),
                "legal_basis": presets.DEFAULT.legal_basis,
                "document": presets.DEFAULT.document,
            },
        )


@transaction.atomic
def add_policy(
    *,
    kind: str,
    jurisdiction: Region,
    valid_from: date,
    legal_basis: str,
    document: Any,
    valid_to: date | None = None,
) -> Policy:
    """Add the next version of a jurisdiction's rules; open matters keep theirs.

    Raises ``Invalid`` when ``document`` is not a policy.
    """
    try:
        policy.read(document)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), field="document") from error
    # Two administrators at once: the unique key of the version lets one of them try again.
    versions = Policy.objects.filter(kind=kind, jurisdiction=jurisdiction)
    last = versions.order_by("-version").values_list("version", flat=True).first()
    return Policy.objects.create(
        kind=kind,
        jurisdiction=jurisdiction,
        version=(last or 0) + 1,
        valid_from=valid_from,
        valid_to=valid_to,
        legal_basis=legal_basis,
        document=document,
    )

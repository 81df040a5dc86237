"""Registering and removing sites: the only writers."""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError, transaction

from huiyin.intake.embedding import origins
from huiyin.intake.embedding.errors import OriginTaken, TooManySites
from huiyin.intake.embedding.models import Site

# All of them stand in one header of each embedded page.
MAX_SITES = 50


def register(*, name: str, origin: str, active: bool = True) -> Site:
    """Let pages of ``origin`` embed the rating page, at once.

    Raises ``OriginInvalid``, ``OriginInsecure``, ``OriginTaken`` or ``TooManySites``.
    """
    return save(Site(name=name, origin=origin, active=active))


def save(site: Site) -> Site:
    """Store a new ``site``, or what was changed of it; raises as ``register`` does."""
    site.origin = normal_origin(site.origin)
    with transaction.atomic():
        others = Site.objects.exclude(pk=site.pk)
        if others.filter(origin=site.origin).exists():
            raise OriginTaken(field="origin")
        if site.active and others.filter(active=True).count() >= MAX_SITES:
            raise TooManySites(field="active")
        try:
            with transaction.atomic():
                site.save()
        except IntegrityError as error:  # registered by somebody else at this moment
            raise OriginTaken(field="origin") from error
    return site


def remove(site: Site) -> None:
    """No page of this origin embeds any more, from the next page view on."""
    site.delete()


def normal_origin(typed: str) -> str:
    """``typed`` as it would be stored. Raises ``OriginInvalid`` or ``OriginInsecure``."""
    return origins.normal(typed, insecure=settings.HUIYIN_DEMO)

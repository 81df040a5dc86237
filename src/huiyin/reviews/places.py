"""Reading places where citizens rate on the spot: whose they are, and what was said of them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from huiyin.directory.models import Organisation, Role, Staff
from huiyin.directory.queries import in_scope, organisations_in_scope
from huiyin.kernel.problems import NotFound
from huiyin.reviews.models import Place, PlaceReport

# Who puts places up, turns their sheets over and takes them away.
MANAGES = (Role.SUPERVISOR, Role.ADMINISTRATOR)


def managed_by(staff: Staff) -> QuerySet[Place]:
    """The places that ``staff`` may change: of organisations that they supervise or administer."""
    scope = in_scope(staff, MANAGES, of="organisation__")
    return Place.objects.filter(scope) if scope else Place.objects.none()


def units_managed_by(staff: Staff) -> QuerySet[Organisation]:
    """The organisations for which ``staff`` may put up places."""
    return organisations_in_scope(staff, MANAGES).filter(active=True)


def get_managed(staff: Staff, key: UUID) -> Place:
    """Raises ``NotFound``."""
    place = shown(managed_by(staff)).filter(pk=key).first()
    if place is None:
        raise NotFound
    return place


def shown(places: QuerySet[Place]) -> QuerySet[Place]:
    """With all that a list or a sheet names, and ``open_reports``."""
    return places.select_related("organisation", "item", "clerk", "counter__organisation").annotate(
        open_reports=Count("reports", filter=Q(reports__settled_at__isnull=True))
    )


def reported(found: QuerySet[Place]) -> QuerySet[Place]:
    """Those of whose sheets somebody said that they hang elsewhere, and nobody has looked yet."""
    opened = PlaceReport.objects.filter(place=OuterRef("pk"), settled_at__isnull=True)
    return found.filter(Exists(opened))


def neighbours(place: Place, kind: str) -> QuerySet[Place]:
    """The other places of this ``kind`` in the same hall, or of the same body where no counter is
    named."""
    around = Place.objects.select_related("counter", "organisation", "item").filter(
        kind=kind, revoked_at__isnull=True
    )
    if place.counter is not None:
        around = around.filter(counter__organisation=place.counter.organisation_id)
    else:
        around = around.filter(organisation=place.organisation_id, counter=None)
    return around.exclude(pk=place.pk).order_by("label", "pk")

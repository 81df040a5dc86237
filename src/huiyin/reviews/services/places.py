"""Places where citizens rate on the spot: putting them up, new sheets, and taking them away."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Counter, Organisation, ServiceItem, Staff
from huiyin.kernel import clock, ids
from huiyin.kernel.problems import Invalid
from huiyin.kernel.text import is_printable
from huiyin.reviews import errors, tokens
from huiyin.reviews.models import Channel, Place, PlaceChange, PlaceKind, PlaceReport

# 40 bits and a check character: it finds the place, and is no secret. The sheet's own seal is
# added by whoever prints it.
_CODE_LENGTH = 8
MAX_LABEL = 80
MAX_WHERE = 80
# So many open reports say enough of one place.
_REPORTS_KEPT = 20


def add_place(
    *,
    kind: PlaceKind | str,
    organisation: Organisation,
    label: str,
    counter: Counter | None = None,
    item: ServiceItem | None = None,
    clerk: Staff | None = None,
    by: Staff | None = None,
) -> Place:
    """Let citizens rate ``organisation`` at a place of this ``kind``.

    ``label`` is what they read there, such as “A01 Permits”; ``counter`` may be one of a hall that
    is another body. ``item`` and ``clerk`` belong to the organisation. ``by`` goes on record, as
    with every change; who may change what, the caller decides. Raises ``Invalid``.
    """
    label = " ".join(label.split())
    if not label or len(label) > MAX_LABEL or not is_printable(label):
        raise Invalid(_("Give a label of at most 80 characters."), field="label")
    if item is not None and item.organisation_id != organisation.pk:
        raise Invalid(_("The service item belongs to another organisation."), field="item")
    if clerk is not None and not clerk.organisation.path.startswith(organisation.path):
        raise Invalid(_("The clerk belongs to another organisation."), field="clerk")
    now = clock.now()
    place = Place(
        kind=PlaceKind(kind),
        organisation=organisation,
        label=label,
        counter=counter,
        item=item,
        clerk=clerk,
        code=ids.new_code(_CODE_LENGTH),
        version_at=now,
        created_at=now,
    )
    with transaction.atomic():
        place.save(force_insert=True)
        _note(place, PlaceChange.What.ADDED, by)
    return place


def rotate_place(
    place: Place, *, grace: timedelta = timedelta(0), by: Staff | None = None
) -> Place:
    """A new version: sheets of the one before lead to the form for ``grace`` more, then no longer.
    Raises ``PlaceClosed``."""
    with transaction.atomic():
        locked = Place.objects.select_for_update().get(pk=place.pk)
        if locked.revoked_at is not None:
            raise errors.PlaceClosed
        now = clock.now()
        locked.version += 1
        locked.version_at, locked.old_until = now, now + grace
        locked.save(update_fields=["version", "version_at", "old_until"])
        _note(locked, PlaceChange.What.ROTATED, by)
    return locked


def revoke_place(place: Place, *, by: Staff | None = None) -> Place:
    """Nobody can rate there any more, from a few seconds on; again: nothing happens."""
    with transaction.atomic():
        locked = Place.objects.select_for_update().get(pk=place.pk)
        if locked.revoked_at is None:
            locked.revoked_at = clock.now()
            locked.save(update_fields=["revoked_at"])
            _note(locked, PlaceChange.What.REVOKED, by)
    return locked


def _note(place: Place, what: PlaceChange.What, by: Staff | None) -> None:
    PlaceChange.objects.create(place=place, what=what, version=place.version, at=clock.now(), by=by)


def report_elsewhere(place: Place, *, where: str = "") -> None:
    """Somebody who scanned a sheet of ``place`` says that they are not there but at ``where``.

    Beyond some open reports no more are kept: they say enough.
    """
    where = " ".join(where.split())[:MAX_WHERE]
    if place.reports.filter(settled_at__isnull=True).count() < _REPORTS_KEPT:
        place.reports.create(
            version=place.version, where=where if is_printable(where) else "", at=clock.now()
        )


def settle_reports(place: Place, *, by: Staff) -> int:
    """Somebody looked after the place; how many reports that settles."""
    opened = PlaceReport.objects.filter(place=place, settled_at__isnull=True)
    return opened.update(settled_at=clock.now(), settled_by=by)


def visit_of(place: Place, seconds: int) -> tokens.Visit:
    """A new right to rate once at ``place``, within so many ``seconds``. Nothing is stored.
    Raises ``PlaceClosed``."""
    if place.revoked_at is not None:
        raise errors.PlaceClosed
    return tokens.Visit(
        place.pk,
        place.organisation_id,
        ids.uuid7(),
        clock.now() + timedelta(seconds=seconds),
        Channel(place.kind),
    )


def visit_token(place: Place, seconds: int) -> str:
    """The token of a new visit; see ``visit_of``."""
    return tokens.sign(visit_of(place, seconds))

"""The places a reader oversees: regions with all in them, bodies with all below them."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import F, Q, QuerySet

from huiyin.directory.models import Duty, Organisation, Region, Staff
from huiyin.directory.queries import Organisations, by_key_if_few
from huiyin.kernel.problems import NotFound
from huiyin.web.cockpit.frame import scope
from huiyin.web.desk.frame import OVERSEES

_MOST_CHILDREN = 300


@dataclass(frozen=True)
class Place:
    """A region or a body; ``code`` in addresses, ``key`` in the roll-ups."""

    code: str
    key: str
    name: str
    node: Region | Organisation

    def organisations(self) -> QuerySet[Organisation]:
        """The organisations there. Lazy."""
        if isinstance(self.node, Region):
            return Organisation.objects.filter(region__code__startswith=self.node.prefix)
        return Organisation.objects.filter(path__startswith=self.node.path)


@dataclass(frozen=True)
class View:
    """What a page is about: everything the reader oversees, or one place of it."""

    roots: list[Place]
    organisations: Organisations
    # None: all of the roots, of which there are several.
    place: Place | None
    # The place above the one that was chosen, as far as the reader oversees it.
    above: Place | None = None
    # The places directly below.
    children: list[Place] = field(default_factory=list)

    @property
    def query(self) -> str:
        """How addresses name the place; empty for everything."""
        return self.place.code if self.place else ""


def view_of(staff: Staff, at: str) -> View:
    """What ``staff`` oversees at the place with the code ``at``, or all of it.

    A few queries, however many places. Raises ``NotFound`` for a place outside their scope.
    """
    everything, roots = scope(staff), _roots(staff)
    if not at:
        only = roots[0] if len(roots) == 1 else None
        return View(roots, by_key_if_few(everything), only, None, _below(only) if only else [])
    place = _place(at)
    if not _covers(roots, everything, place):
        raise NotFound
    above = _above(place)
    inside = above is not None and place.code not in {root.code for root in roots}
    return View(
        roots,
        by_key_if_few(place.organisations()),
        place,
        above if above and inside and _covers(roots, everything, above) else None,
        _below(place),
    )


def _roots(staff: Staff) -> list[Place]:
    duties = Duty.objects.current().filter(staff=staff, role__in=OVERSEES)
    found = {}
    for duty in duties.select_related("organisation", "region"):
        place = _of(duty.region or duty.organisation)
        found[place.code] = place
    return [found[code] for code in sorted(found)]


def _of(node: Region | Organisation | None) -> Place:
    if isinstance(node, Region):
        return Place(node.code, node.code, str(node), node)
    if node is None:  # the database holds it: a duty has a scope
        raise NotFound
    return Place(node.uscc, node.pk.hex, str(node), node)


def _place(code: str) -> Place:
    region = Region.objects.filter(code=code).first() if code.isdigit() else None
    if region:
        return _of(region)
    return _of(Organisation.objects.select_related("region", "parent").filter(uscc=code).first())


def _covers(roots: list[Place], organisations: QuerySet[Organisation], place: Place) -> bool:
    if isinstance(place.node, Region):
        code = place.node.code
        return any(
            isinstance(root.node, Region) and code.startswith(root.node.prefix) for root in roots
        )
    return organisations.filter(pk=place.node.pk).exists()


def _above(place: Place) -> Place | None:
    node = place.node
    if isinstance(node, Region):
        return _of(node.parent) if node.parent else None
    if node.parent and node.parent.region_id == node.region_id:
        return _of(node.parent)
    return _of(node.region)


def _below(place: Place) -> list[Place]:
    """The regions directly within and the bodies that report to nobody there; or those that report
    to the body."""
    node = place.node
    if not isinstance(node, Region):
        bodies = Organisation.objects.filter(parent=node)
        return [_of(body) for body in bodies[:_MOST_CHILDREN]]
    reports_elsewhere = Q(parent__isnull=True) | ~Q(parent__region=F("region"))
    bodies = Organisation.objects.filter(reports_elsewhere, region=node)
    regions = Region.objects.filter(parent=node)
    return [*map(_of, regions), *map(_of, bodies[:_MOST_CHILDREN])]

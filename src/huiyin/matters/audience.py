"""Whom the sweeper tells: the one who has to act, the head there, and the levels above.

One ``Audience`` serves a round of the sweeper. It reads each organisation's duties once, for many
organisations in a few queries, and works out each kind of reminder once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from huiyin.calendars import queries as calendars
from huiyin.calendars.arithmetic import regions_over
from huiyin.directory.models import Organisation, Region, Role
from huiyin.directory.queries import OnDuty, Supervisors, on_duty_over, supervisors_by_level
from huiyin.kernel import clock
from huiyin.matters import policy
from huiyin.matters.hooks import Told
from huiyin.matters.ladder import Periods, Rung
from huiyin.matters.models import Policy
from huiyin.matters.policy import Rules
from huiyin.matters.table import MINDERS, ClockKind, Party

_HEIGHT = {
    Region.Level.SUBDISTRICT.value: 0,
    Region.Level.COUNTY.value: 1,
    Region.Level.PREFECTURE.value: 2,
    Region.Level.PROVINCE.value: 3,
}
_ROLES = (Role.HANDLER, Role.ARBITER, Role.SUPERVISOR)


@dataclass(frozen=True)
class _Place:
    """An organisation and who is on duty there."""

    organisation: Organisation
    handlers: tuple[UUID, ...]
    arbiters: tuple[UUID, ...]
    # From the unit's head upward.
    levels: tuple[Supervisors, ...]
    # From the head of the arbiters' body upward; the unit's where nobody is above the arbiters.
    arbiter_levels: tuple[Supervisors, ...]
    # The nearest who may grant what has to be granted outside the unit.
    outside: tuple[UUID, ...]


class Audience:
    """See the module. Not to be kept: duties change."""

    def __init__(self) -> None:
        self._places: dict[UUID, _Place] = {}
        self._rules: dict[UUID, Rules] = {}
        self._periods: dict[str, Periods] = {}
        self._watched: dict[tuple[UUID, UUID, ClockKind], Watched] = {}

    def load(self, organisations: Iterable[UUID], policies: Iterable[UUID]) -> None:
        """Read what is not known yet of these organisations and policies."""
        new_places = set(organisations) - self._places.keys()
        if new_places:
            rows = Organisation.objects.select_related("region").filter(pk__in=new_places)
            bodies = {body.pk: body for body in rows}
            on_duty = on_duty_over(bodies.values(), _ROLES)
            above_arbiters = _above_arbiters(bodies.values(), on_duty)
            for key, body in bodies.items():
                self._places[key] = _place(body, on_duty[key], above_arbiters)
        new_policies = set(policies) - self._rules.keys()
        if new_policies:
            for row in Policy.objects.filter(pk__in=new_policies):
                self._rules[row.pk] = policy.read(row.document)

    def place(self, organisation: UUID, policy_id: UUID, kind: ClockKind) -> Watched:
        """What the clocks of ``kind`` have in common at ``organisation``. Both must be loaded."""
        key = organisation, policy_id, kind
        found = self._watched.get(key)
        if found is None:
            place, minder = self._places[organisation], MINDERS[kind]
            top = _top(_levels(place, minder), self._rules[policy_id])
            periods = self._periods_at(place.organisation)
            found = self._watched[key] = Watched(place, minder, top, periods)
        return found

    def _periods_at(self, organisation: Organisation) -> Periods:
        """The periods by the calendar in force where the organisation is."""
        region = organisation.region.code
        if region not in self._periods:
            # Where no days of its own lie over the country's, the country's calendar holds.
            own = any(code in self._with_own_days for code in regions_over(region))
            self._periods[region] = self._read_periods(region) if own else self._country
        return self._periods[region]

    @cached_property
    def _with_own_days(self) -> set[str]:
        return calendars.regions_with_own_days()

    @cached_property
    def _country(self) -> Periods:
        return self._read_periods("")

    def _read_periods(self, region: str) -> Periods:
        # Clocks of years ago may still be late.
        return Periods(calendars.calendar(since=clock.today().year - 10, region=region))


class Watched:
    """The clocks of one kind at one organisation: who minds them, and who is told."""

    def __init__(self, place: _Place, minder: Party | None, top: int, periods: Periods) -> None:
        self.organisation = place.organisation
        # Who has to act, if anybody.
        self.minder = minder
        # The highest level above the head of who has to act, as far as the policy goes.
        self.top = top
        self.periods = periods
        self._place = place
        self._known: dict[tuple[Any, ...], tuple[tuple[Told, ...], tuple[Party, ...]]] = {}

    def told(
        self, rung: Rung, *, handler: UUID | None, extension: bool, away: frozenset[UUID]
    ) -> tuple[tuple[Told, ...], tuple[Party, ...]]:
        """Who is told of ``rung``, each once, and the parties for which nobody at all is on duty.

        ``handler`` is the one whom the matter was given to, ``extension`` whether more time is
        asked for, ``away`` who of the arbiters stepped back.
        """
        key = rung.first, rung.last, handler, extension, away
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._work_out(rung, handler, extension, away)
        return found

    def _work_out(
        self, rung: Rung, handler: UUID | None, extension: bool, away: frozenset[UUID]
    ) -> tuple[tuple[Told, ...], tuple[Party, ...]]:
        place, minder = self._place, self.minder
        levels = _levels(place, minder)
        told: dict[UUID, Told] = {}
        nobody: list[Party] = []

        def tell(people: Sequence[UUID], party: Party) -> None:
            if people:
                for person in people:
                    told.setdefault(person, Told(person, party))
            elif levels:
                for head in levels[0].people:
                    told.setdefault(head.staff_id, Told(head.staff_id, party, stands_in=True))
            else:
                nobody.append(party)

        # Who has to act comes first, and is told as such. Of the levels above only those are told
        # that were not told before.
        if minder is not None and rung.first == 0:
            tell(_minders(place, minder, handler, away), minder)
        if rung.last >= 0:
            groups = levels[rung.first : rung.last + 1]
            tell([one.staff_id for group in groups for one in group.people], Party.SUPERVISOR)
        if extension:
            tell(place.outside, Party.SUPERVISOR)
        return tuple(told.values()), tuple(dict.fromkeys(nobody))


def _top(levels: Sequence[Supervisors], rules: Rules) -> int:
    highest = _HEIGHT[rules.escalation.highest]
    return sum(_HEIGHT[group.level] <= highest for group in levels[1:])


def _minders(
    place: _Place, minder: Party, handler: UUID | None, away: frozenset[UUID]
) -> tuple[UUID, ...]:
    if minder is Party.ARBITER:
        return tuple(one for one in place.arbiters if one not in away)
    return (handler,) if handler and handler in place.handlers else place.handlers


def _levels(place: _Place, minder: Party | None) -> tuple[Supervisors, ...]:
    """Who is above whoever has to act: a late ruling is not the unit's fault."""
    return place.arbiter_levels if minder is Party.ARBITER else place.levels


def _above_arbiters(
    organisations: Iterable[Organisation], on_duty: Mapping[UUID, list[OnDuty]]
) -> dict[str, list[OnDuty]]:
    """The supervisors of the arbiters' bodies, by the bodies' paths. Two queries."""
    paths = {
        one.path
        for organisation in organisations
        for one in on_duty[organisation.pk]
        if one.role == Role.ARBITER and not _in_line(organisation, one.path)
    }
    if not paths:
        return {}
    bodies = list(Organisation.objects.select_related("region").filter(path__in=paths))
    people = on_duty_over(bodies, [Role.SUPERVISOR])
    return {body.path: people[body.pk] for body in bodies}


def _in_line(organisation: Organisation, path: str) -> bool:
    return path.startswith(organisation.path) or organisation.path.startswith(path)


def _place(
    organisation: Organisation,
    people: list[OnDuty],
    above_arbiters: Mapping[str, list[OnDuty]],
) -> _Place:
    def of(role: Role) -> dict[UUID, Any]:
        return {one.staff_id: one for one in people if one.role == role}

    # No arbiter rules on their own line of command, nor sees its matters.
    arbiters = {
        key: one for key, one in of(Role.ARBITER).items() if not _in_line(organisation, one.path)
    }
    superiors = [
        one for path in {one.path for one in arbiters.values()} for one in above_arbiters[path]
    ]
    levels = tuple(supervisors_by_level(people))
    outside = (
        [one.staff_id for one in group.people if not one.path.startswith(organisation.path)]
        for group in levels
    )
    return _Place(
        organisation,
        handlers=tuple(of(Role.HANDLER)),
        arbiters=tuple(arbiters),
        levels=levels,
        arbiter_levels=tuple(supervisors_by_level(superiors)) or levels,
        outside=tuple(next((group for group in outside if group), ())),
    )

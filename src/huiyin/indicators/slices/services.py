"""The only writer of breakdowns: what an epoch adds waits, and what may be shown is released."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings

from huiyin.directory.codes import region_lineage
from huiyin.directory.models import Organisation
from huiyin.indicators.models import Slice, WaitingShare
from huiyin.indicators.slices.dimensions import MANY_VALUED
from huiyin.indicators.slices.fold import Group, Share
from huiyin.indicators.slices.releasing import released
from huiyin.kernel.sums import add_up

_SLICE = ("scope", "code", "month", "dimension", "member", "level")
# Organisations asked for in one statement.
_AT_ONCE = 500
Members = dict[str, Counter[int]]


def add(sums: Counter[Share]) -> None:
    """Add the shares of one epoch and release what may be shown. The caller's transaction.

    A number of statements that does not depend on the number of reviews: a few for every 500
    organisations and every thousand sums.
    """
    if not sums:
        return
    add_up(WaitingShare, Share._fields, {_row(share): n for share, n in sums.items()})
    ready: Counter[Share] = Counter()
    for group, members in _waiting({share.group for share in sums}).items():
        adds_up = group.dimension not in MANY_VALUED
        for member in released(members, adds_up=adds_up, below=settings.HUIYIN_SUPPRESS_BELOW):
            for level, amount in members[member].items():
                ready[Share(*group, member, level)] = amount
    if not ready:
        return
    add_up(WaitingShare, Share._fields, {_row(share): -n for share, n in ready.items()})
    add_up(Slice, _SLICE, _everywhere(ready))


def _row(share: Share) -> tuple[Any, ...]:
    return share[0], share[1], date.fromisoformat(share.month), *share[3:]


def _waiting(groups: set[Group]) -> Mapping[Group, Members]:
    """What waits of each of ``groups``."""
    found: dict[Group, Members] = defaultdict(lambda: defaultdict(Counter))
    months = {date.fromisoformat(group.month) for group in groups}
    for some in _portions({group.organisation for group in groups}):
        rows = WaitingShare.objects.filter(organisation__in=some, month__in=months, amount__gt=0)
        for row in rows.values_list(*Share._fields, "amount"):
            group = Group(row[0], row[1], row[2].isoformat(), row[3])
            if group in groups:
                found[group][row[4]][row[5]] = row[6]
    return found


def _everywhere(ready: Counter[Share]) -> Counter[tuple[Any, ...]]:
    """``ready`` at every place that it belongs to: its regions, its unit and the bodies above."""
    bodies = _lines({share.organisation for share in ready})
    sums: Counter[tuple[Any, ...]] = Counter()
    for share, amount in ready.items():
        places = [
            *((Slice.Scope.REGION.value, code) for code in region_lineage(share.region)),
            *((Slice.Scope.BODY.value, code) for code in bodies[share.organisation]),
        ]
        what = (date.fromisoformat(share.month), share.dimension, share.member)
        number = amount if share.level > 0 else -amount
        for place in places:
            sums[*place, *what, abs(share.level)] += number
            sums[*place, *what, Slice.ALL_LEVELS] += number
            sums[*place, *what[:2], "", Slice.ALL_MEMBERS] += number
    return sums


def _lines(organisations: set[str]) -> dict[str, list[str]]:
    """Each of ``organisations`` with the bodies above it now; alone when the directory has lost
    it."""
    lines: dict[str, list[str]] = {uscc: [uscc] for uscc in organisations}
    for some in _portions(organisations):
        paths = dict(Organisation.objects.filter(uscc__in=some).values_list("uscc", "path"))
        keys = {UUID(key) for path in paths.values() for key in _keys(path)}
        codes: dict[str, str] = {}
        for among in _portions(keys):
            rows = Organisation.objects.filter(pk__in=among).values_list("pk", "uscc")
            codes |= {key.hex: uscc for key, uscc in rows}
        lines |= {uscc: [codes[key] for key in _keys(path)] for uscc, path in paths.items()}
    return lines


def _keys(path: str) -> list[str]:
    return path.rstrip("/").split("/")


def _portions(values: Iterable[Any]) -> Iterator[list[Any]]:
    """``values`` in an order of their own, a statement's worth at a time."""
    ordered = sorted(values)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]

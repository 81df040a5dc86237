"""Which counts are not shown, so that nobody can be picked out of a table. Pure.

A count from 1 to below the floor is not shown. Nor is what would give it away: when a whole and
its parts are all published but one, the missing one is a subtraction. So in every sum of which a
part is hidden, at least one more member is hidden too, and the hidden parts of a shown whole are
together no small count either. Zero is shown: it says that something did not happen.

This stops whoever subtracts the published tables from each other, one sum at a time. It is no
proof against combining many of them (that would need linear programming over all tables), and it
cannot be: the log itself publishes each review with its day.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Cell = TypeVar("Cell", bound=Hashable)


@dataclass(frozen=True)
class Sum(Generic[Cell]):
    """A published whole and the published parts that add up to it.

    ``spare`` is the member that is missed least: it is hidden first when another must be.
    """

    whole: Cell
    parts: tuple[Cell, ...]
    spare: Cell | None = None


def hidden_cells(
    counts: Mapping[Cell, int], sums: Iterable[Sum[Cell]], *, below: int
) -> frozenset[Cell]:
    """The cells of ``counts`` that must not be shown. Cells that are missing count zero."""
    hidden = {cell for cell, count in counts.items() if 0 < count < below}
    touching: dict[Cell, list[Sum[Cell]]] = defaultdict(list)
    for one in sums:
        for cell in (one.whole, *one.parts):
            touching[cell].append(one)
    waiting = deque(one for cell in hidden for one in touching[cell])
    while waiting:
        for cell in _also_hidden(waiting.popleft(), counts, hidden, below):
            hidden.add(cell)
            waiting.extend(touching[cell])
    return frozenset(hidden)


def _also_hidden(
    one: Sum[Cell], counts: Mapping[Cell, int], hidden: set[Cell], below: int
) -> list[Cell]:
    """What else has to be hidden so that ``one`` gives nothing away."""
    parts = sorted(
        (part for part in one.parts if counts.get(part, 0) > 0),
        key=lambda part: (part != one.spare, counts[part], repr(part)),
    )
    inside = [part for part in parts if part in hidden]
    shown = [part for part in parts if part not in hidden]
    if one.whole in hidden:
        # Its parts must not add up to it.
        return shown[:1] if not inside else []
    # A whole of nothing has no parts to tell apart (where one counts more than the whole).
    if not inside or counts.get(one.whole, 0) <= 0:
        return []
    if one.whole == one.spare:
        return [one.whole]
    more: list[Cell] = []
    total = sum(counts[part] for part in inside)
    while shown and (len(inside) + len(more) < 2 or total < below):
        more.append(shown.pop(0))
        total += counts[more[-1]]
    if len(inside) + len(more) < 2 or total < below:
        # The only part is the whole.
        more.append(one.whole)
    return more

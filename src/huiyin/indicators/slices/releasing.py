"""Which of the waiting reviews of a group may be counted in public. Pure.

A member is released with at least ``below`` reviews, net of voided ones, so that its numbers never
move by a few. Voided reviews that had been released leave at once when nothing else waits: the
ruling has been published with its review. What stays back of a group whose members add up to its
reviews must not be a few either, or the published whole less the released members would tell those
few: then the smallest of the members that were ready waits with them.
"""

from __future__ import annotations

from collections.abc import Mapping

# What waits of a member: how many reviews by level; negative levels are voided ones.
Waiting = Mapping[int, int]


def released(members: Mapping[str, Waiting], *, adds_up: bool, below: int) -> frozenset[str]:
    """The ``members`` of a group whose waiting reviews are released, all of them together."""
    net = {member: _net(waiting) for member, waiting in members.items()}
    leaving = {member for member, waiting in members.items() if _only_voids(waiting)}
    ready = sorted(
        (member for member in members if net[member] >= max(below, 1)),
        key=lambda member: (-net[member], member),
    )
    back = sum(max(number, 0) for member, number in net.items() if member not in ready)
    if adds_up and ready and 0 < back < below:
        ready.pop()
    return frozenset(leaving.union(ready))


def _net(waiting: Waiting) -> int:
    return sum(amount if level > 0 else -amount for level, amount in waiting.items())


def _only_voids(waiting: Waiting) -> bool:
    return any(waiting.values()) and all(
        not amount for level, amount in waiting.items() if level > 0
    )

"""Small counts cannot be read from the tables, not even by subtraction."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from huiyin.indicators.suppression import Sum, hidden_cells

BELOW = 5


def hidden(counts: Mapping[str, int], *sums: Sum[str]) -> set[str]:
    return set(hidden_cells(counts, sums, below=BELOW))


def test_small_counts_are_hidden_and_zero_is_not() -> None:
    assert hidden({"none": 0, "one": 1, "four": 4, "five": 5}) == {"one", "four"}


def test_one_hidden_part_takes_the_smallest_other_with_it() -> None:
    counts = {"all": 60, "a": 3, "b": 20, "c": 37}
    assert hidden(counts, Sum("all", ("a", "b", "c"))) == {"a", "b"}


def test_hidden_parts_are_together_no_small_count() -> None:
    counts = {"all": 53, "a": 1, "b": 1, "c": 10, "d": 41}
    assert hidden(counts, Sum("all", ("a", "b", "c", "d"))) == {"a", "b", "c"}


def test_an_only_part_takes_the_whole_with_it() -> None:
    counts = {"all": 3, "a": 3, "b": 0}
    assert hidden(counts, Sum("all", ("a", "b"))) == {"all", "a"}


def test_the_complement_of_a_small_count_is_hidden_too() -> None:
    counts = {"reviews": 100, "good": 98, "bad": 2}
    assert hidden(counts, Sum("reviews", ("good", "bad"))) == {"good", "bad"}


def test_hiding_travels_down_a_tree() -> None:
    counts = {"all": 60, "a": 2, "b": 58, "b1": 30, "b2": 28}
    sums = Sum("all", ("a", "b")), Sum("b", ("b1", "b2"))
    # b is hidden for the sake of a, so its own parts must not add up to it.
    assert hidden(counts, *sums) == {"a", "b", "b2"}


_leaves = st.lists(st.integers(0, 40), min_size=4, max_size=16)


@given(_leaves, st.data())
def test_no_small_count_can_be_found_by_subtracting(leaves: list[int], data) -> None:
    """An attacker who fills in every sum with one unknown learns no small count."""
    counts = {f"leaf{place}": count for place, count in enumerate(leaves)}
    sums = []
    for tree in range(2):
        groups: dict[int, list[str]] = {}
        for leaf in list(counts)[: len(leaves)]:
            groups.setdefault(data.draw(st.integers(0, 3)), []).append(leaf)
        branches = []
        for group, members in groups.items():
            branch = f"tree{tree}.{group}"
            counts[branch] = sum(counts[leaf] for leaf in members)
            sums.append(Sum(branch, tuple(members)))
            branches.append(branch)
        counts[f"tree{tree}"] = sum(leaves)
        sums.append(Sum(f"tree{tree}", tuple(branches)))
    secret = hidden(counts, *sums)
    known = {cell: count for cell, count in counts.items() if cell not in secret}
    learnt = True
    while learnt:
        learnt = False
        for one in sums:
            cells = (one.whole, *one.parts)
            unknown = [cell for cell in cells if cell not in known]
            if len(unknown) == 1:
                known[unknown[0]] = counts[unknown[0]]
                learnt = True
    small = {cell for cell, count in counts.items() if 0 < count < BELOW}
    assert not small & known.keys()


@given(_leaves)
def test_what_is_hidden_of_a_shown_whole_is_no_small_sum(leaves: list[int]) -> None:
    counts = {f"leaf{place}": count for place, count in enumerate(leaves)} | {"all": sum(leaves)}
    parts = tuple(f"leaf{place}" for place in range(len(leaves)))
    secret = hidden(counts, Sum("all", parts))
    if "all" not in secret:
        rest = sum(counts[part] for part in parts if part in secret)
        assert rest == 0 or rest >= BELOW

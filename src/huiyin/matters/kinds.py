"""Kinds of matter register here; the loop itself knows nothing of what opened a matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.functional import Promise

if TYPE_CHECKING:
    from huiyin.matters.models import Matter


@dataclass(frozen=True)
class Description:
    """What staff may know of a matter at a glance; nothing personal."""

    title: str
    summary: str


@dataclass(frozen=True)
class Contact:
    """How to reach the citizen. Only the relay ever holds one."""

    mobile: str
    language: str = "zh-hans"
    # The citizen's own page about the matter; its address is its key.
    status_url: str = ""
    # Digits to add to our own number, by which an answer is known to belong to the matter.
    extension: str = ""


@dataclass(frozen=True)
class Kind:
    code: str
    name: str | Promise
    # By matter id, in a fixed number of queries however many matters.
    describe: Callable[[Iterable[Matter]], Mapping[UUID, Description]]
    contact: Callable[[Matter], Contact | None]
    # Whether there is a number at all; opens nothing, and anybody may ask. One query.
    has_number: Callable[[Matter], bool]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    if _kinds.setdefault(kind.code, kind) is not kind:
        raise RuntimeError(f"two kinds of matter are called {kind.code}")


def get(code: str) -> Kind:
    return _kinds[code]


def name_of(code: str) -> str:
    """In words; the code itself for a kind that no part of the product registers any more."""
    return str(_kinds[code].name) if code in _kinds else code


def codes() -> list[str]:
    return sorted(_kinds)


def has_number(matter: Matter) -> bool:
    """Whether the citizen of ``matter`` can be called or written to."""
    return get(matter.kind).has_number(matter)


def describe(matters: Iterable[Matter]) -> dict[UUID, Description]:
    """The descriptions of ``matters`` of whatever kinds, by matter id."""
    by_kind: dict[str, list[Matter]] = {}
    for matter in matters:
        by_kind.setdefault(matter.kind, []).append(matter)
    described: dict[UUID, Description] = {}
    for code, group in by_kind.items():
        described.update(get(code).describe(group))
    return described

"""What is printed: the address of a sheet, and reading it back when somebody scanned it.

``/q/`` and 18 characters: the place's own code, and a seal that only we can make, over the place
and the version of its sheets. So nobody can guess the sheet of another counter, and a sheet that
was replaced is known as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import segno
from django.conf import settings

from huiyin.kernel import clock, crypto, ids
from huiyin.reviews.models import Place, PlaceKind

_CODE, _SEAL = 9, 9
# Older sheets than so many versions ago are called unknown.
_REMEMBERED = 50


class State(Enum):
    """How a scanned sheet stands."""

    CURRENT = "current"
    # Replaced, but still good for a while.
    LAST = "last"
    OUT_OF_DATE = "out_of_date"
    REVOKED = "revoked"

    @property
    def opens(self) -> bool:
        return self in (State.CURRENT, State.LAST)


@dataclass(frozen=True)
class Sheet:
    """A sheet that somebody holds in front of them."""

    place: Place
    version: int
    state: State


def path_of(place: Place) -> str:
    return f"/q/{place.code}{_seal(place, place.version)}"


def address_of(place: Place) -> str:
    """What the QR code of the current sheets says."""
    return f"{settings.HUIYIN_BASE_URL}{path_of(place)}"


def qr_of(place: Place) -> segno.QRCode:
    """The code to print; a quarter of it may be dirty or worn (error correction Q)."""
    return segno.make(address_of(place), error="q", micro=False)


def read(text: str) -> Sheet | None:
    """The sheet with this ``text`` behind ``/q/``, in capitals or not; None for one that we never
    made. One query."""
    typed = text.upper()
    if len(typed) != _CODE + _SEAL:
        return None
    code, seal = typed[:_CODE], typed[_CODE:]
    if ids.read_code(code) != code:
        return None
    place = (
        Place.objects.select_related("organisation", "item", "counter__organisation")
        .filter(code=code, kind=PlaceKind.QR)
        .first()
    )
    if place is None:
        return None
    first = max(1, place.version - _REMEMBERED)
    for version in range(place.version, first - 1, -1):
        if crypto.same(seal.encode(), _seal(place, version).encode()):
            return Sheet(place, version, _state(place, version))
    return None


def _state(place: Place, version: int) -> State:
    if place.revoked_at is not None:
        return State.REVOKED
    if version == place.version:
        return State.CURRENT
    in_time = place.old_until is not None and clock.now() < place.old_until
    return State.LAST if version == place.version - 1 and in_time else State.OUT_OF_DATE


def _seal(place: Place, version: int) -> str:
    digest = crypto.mac(place.pk.bytes + version.to_bytes(4), purpose="sheet")
    return ids.code_from(digest, _SEAL - 1)

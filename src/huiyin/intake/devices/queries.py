"""Reading devices: by key, and for the staff who look after them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from django.db.models import QuerySet

from huiyin.directory.models import Organisation, Role, Staff
from huiyin.directory.queries import in_scope, roles_over
from huiyin.intake.devices.errors import DeviceRevoked
from huiyin.intake.devices.models import Device
from huiyin.kernel import clock, crypto

LOOK_AFTER = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
# A device tells of itself every minute.
SILENT_AFTER = timedelta(minutes=5)


class State(StrEnum):
    """How a device is, as staff see it."""

    NOT_PAIRED = "not_paired"
    ONLINE = "online"
    SILENT = "silent"
    REVOKED = "revoked"


def visible_to(staff: Staff) -> QuerySet[Device]:
    """The devices that ``staff`` look after. One query for their duties."""
    scope = in_scope(staff, LOOK_AFTER, of="organisation__")
    devices = Device.objects.select_related("organisation", "counter", "layout")
    return devices.filter(scope) if scope else devices.none()


def looks_after(staff: Staff, organisation: Organisation) -> bool:
    """Whether ``staff`` may register a device for ``organisation`` (its region loaded)."""
    return bool(LOOK_AFTER & roles_over(staff, organisation))


def state_of(device: Device) -> State:
    if device.revoked_at is not None:
        return State.REVOKED
    if device.key_hash is None:
        return State.NOT_PAIRED
    seen = device.last_seen_at
    if seen is None or seen < clock.now() - SILENT_AFTER:
        return State.SILENT
    return State.ONLINE


def hash_of_key(key: str) -> bytes:
    """The keyed hash by which a device's key is kept and found."""
    return crypto.lookup_hash(key, purpose="device")


def hash_of_code(code: str) -> bytes:
    """The keyed hash by which a pairing code is kept and found."""
    return crypto.lookup_hash(code, purpose="device-pairing")


def device_by_key(key: str) -> Device | None:
    """The device with this key; looked up as that of an integrator. One query.

    Raises ``DeviceRevoked``: the device should say so, and not that it was never known.
    """
    found = (
        Device.objects.select_related("organisation__region", "counter", "layout", "place")
        .filter(key_hash=hash_of_key(key))
        .first()
    )
    if found is not None and found.revoked_at is not None:
        raise DeviceRevoked
    return found

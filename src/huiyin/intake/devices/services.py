"""The writers of devices: registering, pairing, being seen, revoking."""

from __future__ import annotations

import secrets
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from huiyin.directory.models import Counter, Organisation, Staff
from huiyin.intake.devices.errors import AlreadyRevoked, PairingCodeWrong, PublicKeyInvalid
from huiyin.intake.devices.models import Device, KeyLayout
from huiyin.intake.devices.queries import hash_of_code, hash_of_key, looks_after
from huiyin.kernel import clock, ids, wakeup
from huiyin.kernel.problems import Invalid, NotFound
from huiyin.reviews.models import PlaceKind
from huiyin.reviews.services import add_place, revoke_place

# 55 bits, and a check character; in groups of four on the screen.
_CODE_LENGTH = 11
CODE_LASTS = timedelta(hours=1)
# The prefix lets scanners for leaked secrets recognise a key.
_KEY_PREFIX, _KEY_BYTES = "hyd_", 32
SEEN_EVERY = timedelta(minutes=1)
_MOST = 2**31 - 1


def topic(device: Device) -> str:
    """What is rung when there is something new for ``device``."""
    return f"device:{device.pk.hex}"


@transaction.atomic
def register(
    *,
    staff: Staff,
    kind: str,
    name: str,
    organisation: Organisation,
    counter: Counter | None = None,
    layout: KeyLayout | None = None,
) -> tuple[Device, str]:
    """A new device, and the code with which it pairs, once, within an hour. A terminal is a place
    for rating on the spot of its own.

    Raises ``NotFound`` for an organisation that ``staff`` does not look after, ``Invalid``.
    """
    if not looks_after(staff, organisation):
        raise NotFound
    name = name.strip()
    if not name:
        raise Invalid(_("Give the device a name."), field="name")
    if counter is not None and counter.organisation_id != organisation.pk:
        raise Invalid(_("The counter belongs to another organisation."), field="counter")
    place = None
    if kind == Device.Kind.KIOSK:
        place = add_place(
            kind=PlaceKind.KIOSK, organisation=organisation, label=name, counter=counter
        )
    device = Device(
        kind=Device.Kind(kind),
        place=place,
        name=name,
        organisation=organisation,
        counter=counter,
        layout=layout,
        registered_by=staff,
        registered_at=clock.now(),
    )
    code = _give_code(device)
    device.save(force_insert=True)
    return device, code


@transaction.atomic
def renew_code(*, device: Device, staff: Staff) -> str:
    """Another pairing code. The device's key goes on working until somebody pairs with the code.

    Raises ``NotFound``, ``AlreadyRevoked``.
    """
    locked = _locked(device, staff)
    code = _give_code(locked)
    locked.save(update_fields=["code_hash", "code_until"])
    return code


@transaction.atomic
def revoke(*, device: Device, staff: Staff) -> None:
    """End what ``device`` may do, at once and for good. Raises ``NotFound``, ``AlreadyRevoked``."""
    locked = _locked(device, staff)
    locked.revoked_at, locked.revoked_by = clock.now(), staff
    locked.code_hash = locked.code_until = None
    locked.save(update_fields=["revoked_at", "revoked_by", "code_hash", "code_until"])
    if locked.place is not None:
        revoke_place(locked.place)
    # An open page is told now, not when its connection ends.
    wakeup.ring(topic(locked))


@transaction.atomic
def pair(*, code: str, public_key: bytes | None, software: str) -> tuple[Device, str]:
    """The device that shows ``code``, and its key, given once; a key it had before ends.

    ``public_key`` is an uncompressed P-256 point (65 bytes); devices that store nothing need none.
    Raises ``PairingCodeWrong``, ``PublicKeyInvalid``.
    """
    if public_key is not None:
        _need_point(public_key)
    read = ids.read_code(code)
    device = (
        Device.objects.select_for_update(of=("self",))
        .select_related("organisation__region")
        .filter(code_hash=hash_of_code(read), code_until__gt=clock.now(), revoked_at=None)
        .first()
        if read
        else None
    )
    if device is None:
        raise PairingCodeWrong(field="code")
    key = _KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
    now = clock.now()
    device.key_hash, device.public_key = hash_of_key(key), public_key
    device.code_hash = device.code_until = None
    device.paired_at = device.last_seen_at = now
    device.software, device.waiting = software[:40], 0
    device.save(
        update_fields=[
            *("key_hash", "public_key", "code_hash", "code_until"),
            *("paired_at", "last_seen_at", "software", "waiting"),
        ]
    )
    # Whoever had the old key is told that it has ended.
    wakeup.ring(topic(device))
    return device, key


def seen(
    *, device: Device, software: str = "", waiting: int | None = None, refused: int | None = None
) -> None:
    """Note that ``device`` is there, and what it says of itself; once a minute at most, in one
    statement."""
    now = clock.now()
    last = device.last_seen_at
    if last is not None and now - SEEN_EVERY < last <= now:
        return
    said = {"software": software[:40]} if software else {}
    counts = {
        name: min(number, _MOST)
        for name, number in (("waiting", waiting), ("refused", refused))
        if number is not None
    }
    before = Q(last_seen_at=None) | Q(last_seen_at__lte=now - SEEN_EVERY)
    # The demo's clock may have been started anew; a device must not look silent for a month.
    before |= Q(last_seen_at__gt=now)
    Device.objects.filter(before, pk=device.pk).update(last_seen_at=now, **said, **counts)


def _give_code(device: Device) -> str:
    code = ids.new_code(_CODE_LENGTH)
    device.code_hash, device.code_until = hash_of_code(code), clock.now() + CODE_LASTS
    return code


def _locked(device: Device, staff: Staff) -> Device:
    found = (
        Device.objects.select_for_update(of=("self",))
        .select_related("organisation__region", "place")
        .get(pk=device.pk)
    )
    if not looks_after(staff, found.organisation):
        raise NotFound
    if found.revoked_at is not None:
        raise AlreadyRevoked
    return found


def _need_point(public_key: bytes) -> None:
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
    except ValueError as error:
        raise PublicKeyInvalid(field="public_key") from error
    if len(public_key) != 65:  # the compressed form would read, too
        raise PublicKeyInvalid(field="public_key")

"""Registering, pairing, being seen, revoking; and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.directory.models import Role
from huiyin.intake.devices import errors, queries, services
from huiyin.intake.devices.models import Device, KeyLayout
from huiyin.intake.devices.queries import State
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid, NotFound
from tests import factories
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def _registered() -> tuple[Device, str]:
    unit = factories.organisation()
    return services.register(
        staff=factories.staff(Role.SUPERVISOR, of=unit),
        kind=Device.Kind.KIOSK,
        name="大厅 1 号机",
        organisation=unit,
    )


def _point() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_a_code_pairs_once_however_it_is_typed() -> None:
    made, code = _registered()
    assert queries.state_of(made) == State.NOT_PAIRED
    typed = f" {code[:4].lower()}-{code[4:8]} {code[8:]}"

    paired, key = services.pair(code=typed, public_key=_point(), software="1")

    assert paired == made
    assert queries.device_by_key(key) == made
    assert queries.state_of(paired) == State.ONLINE
    with pytest.raises(errors.PairingCodeWrong):
        services.pair(code=code, public_key=None, software="")


@pytest.mark.parametrize("code", ["", "ABCD", "0" * 12, "é", "9" * 400])
def test_no_other_code_pairs(code: str) -> None:
    _registered()
    with pytest.raises(errors.PairingCodeWrong):
        services.pair(code=code, public_key=None, software="")


def test_a_code_lasts_an_hour(frozen_clock: FrozenClock) -> None:
    _made, code = _registered()
    frozen_clock.move_by(hours=1)
    with pytest.raises(errors.PairingCodeWrong):
        services.pair(code=code, public_key=None, software="")


@pytest.mark.parametrize(
    "wrong",
    [b"", b"\x04" + bytes(64), b"x" * 65, _point()[:-1]],
    ids=["empty", "off the curve", "no point", "cut off"],
)
def test_a_public_key_that_is_none_pairs_nothing(wrong: bytes) -> None:
    made, code = _registered()
    with pytest.raises(errors.PublicKeyInvalid):
        services.pair(code=code, public_key=wrong, software="")
    made.refresh_from_db()
    assert made.key_hash is None


def test_a_new_code_ends_the_old_key_when_it_is_used_and_not_before() -> None:
    made, key = factories.device()
    code = services.renew_code(device=made, staff=made.registered_by)
    assert queries.device_by_key(key) == made

    _made, newer = services.pair(code=code, public_key=None, software="")

    assert queries.device_by_key(key) is None
    assert queries.device_by_key(newer) == made


def test_a_revoked_device_is_told_so_and_pairs_no_more() -> None:
    made, key = factories.device()
    code = services.renew_code(device=made, staff=made.registered_by)
    services.revoke(device=made, staff=made.registered_by)

    with pytest.raises(errors.DeviceRevoked):
        queries.device_by_key(key)
    with pytest.raises(errors.PairingCodeWrong):
        services.pair(code=code, public_key=None, software="")
    with pytest.raises(errors.AlreadyRevoked):
        services.revoke(device=made, staff=made.registered_by)
    with pytest.raises(errors.AlreadyRevoked):
        services.renew_code(device=made, staff=made.registered_by)
    made.refresh_from_db()
    assert queries.state_of(made) == State.REVOKED


@pytest.mark.parametrize("role", list(Role))
def test_only_supervisors_and_administrators_of_the_place_look_after_a_device(role: Role) -> None:
    unit = factories.organisation()
    made, _key = factories.device(unit)
    somebody = factories.staff(role, of=unit)
    may = role in {Role.SUPERVISOR, Role.ADMINISTRATOR}

    assert queries.visible_to(somebody).filter(pk=made.pk).exists() == may
    if may:
        services.renew_code(device=made, staff=somebody)
        return
    for attempt in (
        lambda: services.renew_code(device=made, staff=somebody),
        lambda: services.revoke(device=made, staff=somebody),
        lambda: services.register(staff=somebody, kind="kiosk", name="x", organisation=unit),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_the_outsider_sees_and_changes_nothing() -> None:
    made, _key = factories.device()
    outsider = factories.staff(Role.SUPERVISOR, of=factories.organisation())

    assert not queries.visible_to(outsider).exists()
    for attempt in (services.renew_code, services.revoke):
        with pytest.raises(NotFound):
            attempt(device=made, staff=outsider)
    with pytest.raises(NotFound):
        services.register(staff=outsider, kind="kiosk", name="x", organisation=made.organisation)


def test_a_device_needs_a_name_and_a_counter_of_its_own_place() -> None:
    unit = factories.organisation()
    boss = factories.staff(Role.SUPERVISOR, of=unit)
    with pytest.raises(Invalid) as wrong:
        services.register(staff=boss, kind="kiosk", name="  ", organisation=unit)
    assert wrong.value.field == "name"
    with pytest.raises(Invalid) as wrong:
        services.register(
            staff=boss,
            kind="kiosk",
            name="x",
            organisation=unit,
            counter=factories.counter(),
        )
    assert wrong.value.field == "counter"


def test_being_seen_is_written_once_a_minute(frozen_clock: FrozenClock) -> None:
    made, key = factories.device()
    frozen_clock.move_by(seconds=59)
    with CaptureQueriesContext(connection) as asked:
        services.seen(device=made, software="2", waiting=3)
    assert not asked.captured_queries
    frozen_clock.move_by(seconds=1)
    for _again in range(3):
        # Each request reads the device anew.
        services.seen(device=queries.device_by_key(key), software="2", waiting=3, refused=2**40)
    made.refresh_from_db()
    assert made.last_seen_at == clock.now()
    assert (made.software, made.waiting, made.refused) == ("2", 3, 2**31 - 1)


def test_a_device_that_says_nothing_is_silent_after_five_minutes(
    frozen_clock: FrozenClock,
) -> None:
    made, _key = factories.device()
    frozen_clock.move_by(minutes=5)
    assert queries.state_of(made) == State.ONLINE
    frozen_clock.move_by(seconds=1)
    assert queries.state_of(made) == State.SILENT
    services.seen(device=made)
    made.refresh_from_db()
    assert queries.state_of(made) == State.ONLINE


def test_a_clock_that_goes_back_does_not_keep_a_device_unseen(frozen_clock: FrozenClock) -> None:
    made, _key = factories.device()
    Device.objects.update(last_seen_at=clock.now() + timedelta(days=3))
    made.refresh_from_db()
    services.seen(device=made)
    made.refresh_from_db()
    assert made.last_seen_at == clock.now()


def test_the_known_layout_is_there_and_wrong_ones_are_refused() -> None:
    known = KeyLayout.objects.get()
    assert {key: known.level_of(key) for key in "32105"} == {
        "3": 5, "2": 4, "1": 3, "0": 2, "5": 1,
    }  # fmt: skip
    assert known.level_of("4") is None
    for levels in ({}, [], "x", {"1": 6}, {"1": "5"}, {"1": True}, {"1": 5, "2": 5}, {"": 5}):
        with pytest.raises(ValidationError):
            KeyLayout(model="x", levels=levels).full_clean()

"""Devices on the desk: the list, registering, the code that is shown once, revoking."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.directory.models import Role
from huiyin.intake.devices import services
from huiyin.intake.devices.models import Device
from huiyin.kernel import clock
from tests import factories

if TYPE_CHECKING:
    from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


def test_a_supervisor_registers_a_device_and_sees_the_code_once(signed_in: SignedIn) -> None:
    hall = factories.organisation()
    factories.counter(hall, "12")
    browser = signed_in(factories.staff(Role.SUPERVISOR, of=hall))
    said = {
        "kind": "counter_device",
        "name": "Counter 12",
        "organisation": hall.uscc,
        "counter": "12",
    }
    answer = browser.post("/desk/devices/new", said, follow=True)
    page = answer.content.decode()
    found = re.search(r'pairing-code code">([0-9A-Z-]+)<', page)
    assert found, page
    assert "data:image/svg+xml" in page
    device = Device.objects.get()
    assert device.counter
    assert device.counter.number == "12"

    again = browser.get(f"/desk/devices/{device.pk}").content.decode()
    assert found[1] not in again
    assert services.pair(code=found[1], public_key=None, software="")[0] == device


def test_what_is_wrong_with_a_device_is_said_beside_it(signed_in: SignedIn) -> None:
    hall, other = factories.organisation(), factories.organisation()
    browser = signed_in(factories.staff(Role.SUPERVISOR, of=hall))
    said = {"kind": "kiosk", "name": "x", "organisation": hall.uscc, "counter": "99"}
    for changes, words in (
        ({}, "no counter with this number"),
        ({"counter": "", "organisation": other.uscc}, "do not look after"),
        ({"counter": "", "kind": "x"}, "kind"),
        ({"counter": "", "name": ""}, "name"),
    ):
        answer = browser.post("/desk/devices/new", said | changes)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not Device.objects.exists()


def test_a_new_key_and_revoking_ask_for_a_button(signed_in: SignedIn) -> None:
    device, _key = factories.device()
    browser = signed_in(device.registered_by)
    at = f"/desk/devices/{device.pk}"
    assert browser.get(f"{at}/code").status_code == 405
    assert "pairing-code" in browser.post(f"{at}/code", follow=True).content.decode()
    assert "Revoke this device?" in browser.get(f"{at}/revoke").content.decode()
    device.refresh_from_db()
    assert device.revoked_at is None
    assert "has been revoked" in browser.post(f"{at}/revoke", follow=True).content.decode()
    for verb in ("code", "revoke"):
        answer = browser.post(f"{at}/{verb}", follow=True)
        assert "revoked before" in answer.content.decode()


def test_the_outsider_finds_no_device(signed_in: SignedIn) -> None:
    device, _key = factories.device()
    at = f"/desk/devices/{device.pk}"
    outsider = signed_in(factories.staff(Role.SUPERVISOR, of=factories.organisation()))
    assert device.name not in outsider.get("/desk/devices/").content.decode()
    handler = signed_in(factories.staff(Role.HANDLER, of=device.organisation))
    assert handler.get("/desk/devices/").status_code == 404
    assert handler.get("/desk/devices/new").status_code == 404
    for browser in (outsider, handler):
        assert browser.get(at).status_code == 404
        assert browser.get(f"{at}/revoke").status_code == 404
        assert browser.post(f"{at}/revoke").status_code == 404
        assert browser.post(f"{at}/code").status_code == 404
    device.refresh_from_db()
    assert device.revoked_at is None


def test_the_list_says_who_is_silent_and_what_was_lost_in_a_fixed_number_of_queries(
    signed_in: SignedIn,
) -> None:
    hall = factories.organisation()
    browser = signed_in(factories.staff(Role.SUPERVISOR, of=hall))
    device, _key = factories.device(hall, Device.Kind.KIOSK)
    Device.objects.update(last_seen_at=clock.now() - timedelta(hours=1), waiting=2, refused=3)
    with CaptureQueriesContext(connection) as one:
        page = browser.get("/desk/devices/").content.decode()
    assert device.name in page
    assert "silent" in page
    assert ">3</strong>" in page
    for _more in range(5):
        factories.device(hall)
    with CaptureQueriesContext(connection) as many:
        browser.get("/desk/devices/")
    assert len(many) == len(one)


def test_more_devices_than_a_page_are_on_the_next_one(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huiyin.web.desk.devices.PAGE_SIZE", 2)
    hall = factories.organisation()
    made = [factories.device(hall)[0].name for _number in range(3)]
    browser = signed_in(factories.staff(Role.SUPERVISOR, of=hall))
    first = browser.get("/desk/devices/").content.decode()
    assert [name in first for name in made] == [False, True, True]
    after = re.search(r'href="\?after=([^"]+)"', first)
    assert after
    second = browser.get(f"/desk/devices/?after={after[1]}").content.decode()
    assert [name in second for name in made] == [True, False, False]
    assert browser.get("/desk/devices/?after=x").status_code == 302

"""Devices over the API: pairing, waking, rating, pressing, delivering; and who may not."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest

from huiyin.api import auth
from huiyin.api.v1 import devices
from huiyin.intake.devices import services
from huiyin.intake.devices.models import Device, KeyLayout, Wake
from huiyin.kernel import clock
from huiyin.kernel.throttle import Throttle
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Review
from tests import factories
from tests.api.client import Api
from tests.intake.channels.test_kiosk import Terminal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _full(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("wrong_codes", "presses", "deliveries", "wakes"):
        monkeypatch.setattr(devices, name, Throttle(burst=5, per_minute=1))


class Counter:
    """A device at a counter, the counter's software, and a service that was given there."""

    def __init__(self, **more: Any) -> None:
        self.device, key = factories.device(**more)
        self.page = Api(key)
        self.event = factories.event(self.device.organisation)
        self.software = Api(reviews.renew_key(integrator=self.event.integrator))

    def wake(self, **said: Any) -> Any:
        said = said or {"event": str(self.event.pk)}
        return self.software.post(f"/devices/{self.device.pk}/wake", said)

    def state(self, wake: str) -> str:
        answer = self.software.get(f"/devices/{self.device.pk}/wakes/{wake}")
        assert answer.status_code == 200
        told: str = answer.json()["state"]
        return told


def _code() -> tuple[Device, str]:
    made, _key = factories.device()
    return made, services.renew_code(device=made, staff=made.registered_by)


def test_a_code_is_exchanged_for_a_key_that_describes_the_device(api: Api) -> None:
    made, code = _code()
    answer = api.post("/devices/pair", {"code": code, "software": "test 1"})
    assert answer.status_code == 201
    paired = answer.json()
    assert (paired["device"], paired["kind"]) == (str(made.pk), "counter_device")

    told = Api(paired["key"]).get("/devices/me").json()

    assert told["organisation"]["zh_hans"] == made.organisation.name
    assert [level["level"] for level in told["levels"]] == [5, 4, 3, 2, 1]
    assert told["levels"][0]["words"] == {"zh_hans": "非常满意", "en": "Very satisfied"}
    assert len(told["levels"][0]["tags"]) == 8
    assert (told["idle_seconds"], told["keep_days"]) == (45, 7)
    assert "key" not in told


def test_who_guesses_codes_is_slowed_down(api: Api) -> None:
    answers = [api.post("/devices/pair", {"code": "0" * 12}).status_code for _guess in range(6)]
    assert answers == [403] * 5 + [429]


@pytest.mark.parametrize("wrong", ["é", "AAAA", "A" * 88])
def test_a_public_key_that_is_none_is_refused(api: Api, wrong: str) -> None:
    _made, code = _code()
    answer = api.post("/devices/pair", {"code": code, "public_key": wrong})
    assert answer.json()["code"] == "public-key-invalid"


def test_a_heartbeat_says_what_the_device_says_of_itself() -> None:
    made, key = factories.device()
    Device.objects.update(last_seen_at=None)
    answer = Api(key).post("/devices/heartbeat", {"software": "2", "waiting": 4, "refused": 1})
    assert answer.status_code == 204
    made.refresh_from_db()
    assert (made.software, made.waiting, made.refused) == ("2", 4, 1)
    assert Api(key).post("/devices/heartbeat", {"waiting": -1}).status_code == 422


def test_a_counter_is_woken_rated_and_the_software_learns_no_more() -> None:
    at = Counter()
    woken = at.wake().json()
    assert woken["state"] == "waiting"
    said = {"wake": woken["wake"], "level": 1, "tags": ["115"], "key": "k"}
    answer = at.page.post("/devices/ratings", said)
    assert answer.status_code == 201
    assert set(answer.json()) == {"code", "status_url"}
    assert at.page.post("/devices/ratings", said).json() == answer.json()
    other = at.page.post("/devices/ratings", said | {"level": 5, "tags": []})
    assert other.json()["code"] == "idempotency-key-reused"
    assert set(woken) == {"wake", "state", "told_at"}
    assert at.state(woken["wake"]) == "waiting"
    with clock.frozen(Wake.objects.get().told_at):
        assert at.state(woken["wake"]) == "rated"


def test_a_service_is_named_by_its_case_as_well() -> None:
    at = Counter()
    named = {
        "organisation": at.event.organisation.uscc,
        "project_no": at.event.case.project_no,
        "service_number": 1,
    }
    first = at.wake(**named).json()
    assert at.wake().json() == first
    assert at.wake(**named | {"service_number": 2}).json()["code"] == "event-unknown"
    assert at.wake(project_no="x").json()["field"] == "event"


def test_another_business_system_wakes_and_learns_nothing() -> None:
    at = Counter()
    woken = at.wake().json()
    _system, key = factories.integrator()
    at.software = Api(key)
    assert at.wake().json()["code"] == "event-unknown"
    path = f"/devices/{at.device.pk}/wakes/{woken['wake']}"
    assert at.software.get(path).json()["code"] == "not-found"
    unknown = at.software.post(f"/devices/{uuid.uuid4()}/wake", {"event": str(at.event.pk)})
    assert unknown.json()["code"] == "not-found"


def test_neither_key_does_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "wrong_bearers", Throttle(burst=50, per_minute=1))
    at = Counter()
    assert at.page.post(f"/devices/{at.device.pk}/wake", {"event": "x"}).status_code == 401
    for path in ("ratings", "keys", "deliveries"):
        assert at.software.post(f"/devices/{path}", {}).status_code == 401
    assert at.software.get("/devices/me").status_code == 401


def test_a_revoked_device_is_told_so() -> None:
    at = Counter()
    services.revoke(device=at.device, staff=at.device.registered_by)
    assert at.page.get("/devices/me").json()["code"] == "device-revoked"
    assert at.wake().json()["code"] == "not-found"


def test_a_raw_key_is_answered_alike_whatever_it_meant() -> None:
    answers = set()
    for key in ("3", "5"):
        at = Counter(layout=KeyLayout.objects.get())
        at.wake()
        for _again in range(2):
            answer = at.page.post("/devices/keys", {"key": key, "press": "p"})
            assert answer.status_code == 200
            answers.add(answer.content)
    assert answers == {b'{"taken": true}'}
    assert sorted(Review.objects.values_list("level", flat=True)) == [1, 5]
    assert at.page.post("/devices/keys", {"key": "9", "press": "q"}).json()["code"] == "key-unknown"


def test_a_key_that_was_pressed_in_vain_is_refused() -> None:
    at = Counter(layout=KeyLayout.objects.get())
    refused = at.page.post("/devices/keys", {"key": "3", "press": "p"})
    assert refused.json()["code"] == "nothing-to-rate"


def _sent(rating: Any) -> dict[str, str]:
    signature = base64.urlsafe_b64encode(rating.signature).decode().rstrip("=")
    return {"said": rating.said, "signature": signature}


def test_a_terminal_delivers_and_is_told_nothing_that_opens_a_page() -> None:
    terminal = Terminal()
    good, again = terminal.rating(), terminal.rating(level=1)
    said = {
        "sent_at": clock.now().isoformat(),
        "ratings": [_sent(good), {"said": good.said, "signature": "é"}, _sent(again)],
    }
    answer = Api(terminal.bearer).post("/devices/deliveries", said)
    assert answer.status_code == 200
    first, second, third = answer.json()["results"]
    assert first["status"] == 201
    assert set(first["receipt"]) == {"entry_hash", "accepted_at"}
    assert (second["status"], second["problem"]["code"]) == (403, "signature-wrong")
    assert (third["status"], third["problem"]["code"]) == (422, "detail-missing")
    assert Api(terminal.bearer).post("/devices/deliveries", said).json() == answer.json()
    assert json.dumps(answer.json()).count("status_url") == 0


def test_a_terminal_sends_fifty_at_most_and_says_when() -> None:
    terminal = Terminal()
    one = _sent(terminal.rating())
    api = Api(terminal.bearer)
    now = clock.now().isoformat()
    for said in (
        {"sent_at": now, "ratings": [one] * 51},
        {"sent_at": now, "ratings": []},
        {"sent_at": "2026-01-01T00:00:00", "ratings": [one]},
        {"ratings": [one]},
    ):
        assert api.post("/devices/deliveries", said).status_code == 422
    assert not Review.objects.exists()

"""The administrator's view of notices."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from huiyin.directory.models import Role, Staff
from huiyin.kernel import crypto
from huiyin.notices import channels
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Channel, Circuit, Delivery, Outbox, WebhookEndpoint
from tests import factories
from tests.notices.support import Receiver, drain, endpoint_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Staff:
    return factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))


@pytest.fixture
def browser(administrator: Staff) -> Client:
    client = Client()
    client.force_login(administrator)
    return client


def test_the_secret_of_a_new_endpoint_is_shown_once(browser: Client) -> None:
    unit = factories.organisation()
    page = browser.post(
        reverse("admin:notices_webhookendpoint_add"),
        {
            "name": "办件系统",
            "url": "https://example.org/",
            "organisation": unit.pk,
            "active": "on",
        },
    )
    endpoint = WebhookEndpoint.objects.get()
    secret = crypto.unseal(
        bytes(endpoint.secret_sealed), purpose="webhook", about=endpoint.pk.bytes
    )
    assert secret in page.content.decode()
    change = reverse("admin:notices_webhookendpoint_change", args=[endpoint.pk])
    assert secret not in browser.get(change).content.decode()
    browser.post(change, {"name": "新名", "url": "https://example.org/", "organisation": unit.pk})
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.active) == ("新名", False)


def test_a_new_secret_replaces_the_old_one(browser: Client, receiver: Receiver) -> None:
    endpoint, secret = endpoint_for(receiver, factories.organisation())
    page = browser.post(
        reverse("admin:notices_webhookendpoint_changelist"),
        {"action": "renew", "_selected_action": [endpoint.pk]},
    ).content.decode()
    assert "whsec_" in page
    assert secret not in page


def test_a_private_address_is_refused_in_the_form(browser: Client, settings: Any) -> None:
    settings.HUIYIN_WEBHOOK_PRIVATE = False
    browser.post(
        reverse("admin:notices_webhookendpoint_add"),
        {"name": "x", "url": "http://example.org/", "organisation": factories.organisation().pk},
    )
    assert not WebhookEndpoint.objects.exists()


def test_a_dead_letter_is_sent_again(
    browser: Client, dispatcher: Dispatcher, receiver: Receiver, settings: Any
) -> None:
    settings.HUIYIN_NOTICE_TRIES = 1
    loop = factories.loop()
    endpoint_for(receiver, loop.organisation)
    receiver.answers = [500, 200]
    factories.reach(loop)
    drain(dispatcher)
    letter = Outbox.objects.get(state="dead")
    listed = reverse("admin:notices_outbox_changelist")
    assert loop.matter.code in browser.get(listed, {"state__exact": "dead"}).content.decode()
    done = browser.post(listed, {"action": "send_again", "_selected_action": [letter.pk]})
    assert "将重新发送 1 条通知。" in [str(said) for said in get_messages(done.wsgi_request)]
    drain(dispatcher)
    letter.refresh_from_db()
    assert letter.state == "delivered"
    page = browser.get(reverse("admin:notices_outbox_change", args=[letter.pk])).content.decode()
    assert "answered 500" in page
    again = browser.post(listed, {"action": "send_again", "_selected_action": [letter.pk]})
    assert "都不是死信" in " ".join(map(str, get_messages(again.wsgi_request)))


def test_notices_and_deliveries_are_for_reading(browser: Client) -> None:
    factories.loop()
    notice = Outbox.objects.first()
    assert notice
    page = reverse("admin:notices_outbox_change", args=[notice.pk])
    assert browser.post(page, {"state": "dead"}).status_code == 403
    assert browser.get(reverse("admin:notices_outbox_add")).status_code == 403


def test_the_database_refuses_to_change_a_delivery(dispatcher: Dispatcher) -> None:
    factories.loop()
    drain(dispatcher)
    for change in (
        lambda: Delivery.objects.update(delay_ms=1),
        lambda: Delivery.objects.filter(delay_ms__gte=0)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_an_address_of_a_member_of_staff_goes_in_and_never_comes_out(browser: Client) -> None:
    staff = factories.staff()
    typed = {
        "staff": staff.pk,
        "transport": "email",
        "position": "1",
        "wait_minutes": "30",
        "active": "on",
    }
    address = reverse("admin:notices_channel_add")
    refused = browser.post(address, {**typed, "address": "13900000000"})
    assert refused.status_code == 200
    assert not Channel.objects.exists()
    browser.post(address, {**typed, "address": "li@example.gov.cn"})
    channel = Channel.objects.get()
    assert channels.unsealed(channel) == "li@example.gov.cn"
    change = reverse("admin:notices_channel_change", args=[channel.pk])
    assert "li@example.gov.cn" not in browser.get(change).content.decode()
    browser.post(change, {"position": "2", "wait_minutes": "5", "address": ""})
    channel.refresh_from_db()
    assert (channel.position, channel.wait_minutes, channel.active) == (2, 5, False)
    assert channels.unsealed(channel) == "li@example.gov.cn", "empty keeps what is stored"


def test_dead_letters_are_sent_again_together(browser: Client, receiver: Receiver) -> None:
    unit = factories.organisation()
    endpoint_for(receiver, unit)
    for _matter in range(3):
        factories.review(factories.event(unit), level=1, text="不行。")
    Outbox.objects.filter(transport="webhook").update(state="dead", next_attempt_at=None)
    # Nobody is on duty, so that six more are dead from the start.
    assert Outbox.objects.filter(state="dead").count() == 9
    factories.staff(Role.HANDLER, of=unit)
    page = browser.post(
        reverse("admin:notices_outbox_changelist"),
        {
            "action": "send_again",
            "_selected_action": list(Outbox.objects.values_list("pk", flat=True)),
        },
    )
    said = [str(message) for message in get_messages(page.wsgi_request)]
    assert len(said) == 2
    assert Outbox.objects.filter(state="waiting").count() == 6
    assert Outbox.objects.filter(state="dead").count() == 3


def test_the_states_of_transports_can_be_read(browser: Client) -> None:
    Circuit.objects.create(key="email", transport="email", last_error="no answer in time")
    page = browser.get(reverse("admin:notices_circuit_changelist"))
    assert "no answer in time" in page.content.decode()
    assert browser.get(reverse("admin:notices_circuit_add")).status_code == 403

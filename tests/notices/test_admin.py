"""The administrator's view of notices."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from huiyin.directory.models import Role, Staff
from huiyin.kernel import crypto
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Delivery, Outbox, WebhookEndpoint
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
    assert "不需要重发" in " ".join(map(str, get_messages(again.wsgi_request)))


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

"""Administrators add gateway clients and platforms above; secrets are shown once."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from huiyin.dialects import sm2
from huiyin.dialects.models import GatewayClient, UpwardPlatform, UpwardReport
from huiyin.dialects.services.clients import add_client, client_by_mark, secrets_of
from huiyin.dialects.upward import services as upward
from huiyin.directory.models import Role
from huiyin.kernel.problems import Invalid
from huiyin.reviews.queries import integrator_by_key
from tests import factories
from tests.dialects.platform_above import PUBLIC, WORD
from tests.dialects.support import National

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(
        factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))
    )
    return client


def said(**changes: Any) -> dict[str, Any]:
    return {
        "name": "市审批系统",
        "region": factories.region().pk,
        "dialect": "national",
        "app_mark": "sp-01",
        "organisation": factories.organisation().pk,
        "window_minutes": 15,
        "active": "on",
    } | changes


def secrets_in(page: str) -> dict[str, str]:
    shown = page.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    return dict(line.split("=", 1) for line in shown.splitlines())


def test_a_new_clients_secrets_are_shown_once(administrator: Client) -> None:
    answer = administrator.post("/admin/dialects/gatewayclient/add/", said())
    shown = secrets_in(answer.content.decode())

    made = GatewayClient.objects.get()
    assert (made.name, made.region, made.dialect) == ("市审批系统", factories.region(), "national")
    assert shown["appMark"] == "sp-01"
    assert shown["appWord"] == secrets_of(made).word
    assert shown["publicKey"] == secrets_of(made).key().public_hex
    assert answer["Cache-Control"] == "private, no-store"
    page = administrator.get(f"/admin/dialects/gatewayclient/{made.pk}/change/").content.decode()
    assert not [value for value in shown.values() if value in page and value != "sp-01"]
    assert shown["appWord"].encode() not in bytes(made.secrets_sealed)


def test_new_secrets_end_the_old_ones(administrator: Client) -> None:
    system = National()
    row = factories.event_row(factories.organisation())
    request = system.request(row)
    answer = administrator.post(
        "/admin/dialects/gatewayclient/",
        {"action": "renew", "_selected_action": [str(system.client.pk)]},
    )

    assert secrets_in(answer.content.decode())["appWord"] != system.secrets.word
    assert system.send(request)["success"] == "false"
    system.client.refresh_from_db()
    system.secrets = secrets_of(system.client)
    assert system.push(row)["success"] == "true"


def test_a_client_is_switched_off_and_nothing_else_changes(administrator: Client) -> None:
    system = National()
    address = f"/admin/dialects/gatewayclient/{system.client.pk}/change/"
    administrator.post(address, said(active="", app_mark="hcp-test", dialect="beijing"))

    system.client.refresh_from_db()
    assert not system.client.active
    assert system.client.dialect == "national"
    assert client_by_mark("national", "hcp-test") is None
    assert system.push(factories.event_row(factories.organisation()))["success"] == "false"


def test_a_name_or_mark_that_is_taken_is_said_beside_the_form(administrator: Client) -> None:
    for changes in ({}, {"app_mark": "sp-02"}, {"name": "另一系统"}, {"app_mark": "a b"}):
        administrator.post("/admin/dialects/gatewayclient/add/", said(**changes))

    assert GatewayClient.objects.count() == 1


def test_nobody_can_use_the_api_as_a_gateway_client() -> None:
    system = National()

    assert integrator_by_key(system.secrets.word) is None


def test_the_command_takes_over_the_keys_of_the_platform_that_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, out = sm2.generate(), StringIO()
    monkeypatch.setattr("sys.stdin", StringIO(f"old-word\n{old.private.hex()}\n"))
    call_command(
        *("gateway_client", "beijing", "bj-01", "--take-over"),
        *("--region", factories.region().code),
        *("--organisation", factories.organisation().uscc),
        stdout=out,
    )

    assert f"appWord=old-word\npublicKey={old.public_hex}" in out.getvalue()
    call_command("gateway_client", "beijing", "bj-01", "--renew", stdout=out)
    assert secrets_of(GatewayClient.objects.get()).word != "old-word"


@pytest.mark.parametrize(
    "wrong",
    [("national", "x"), ("national", "x", "--renew"), ("national", "x", "--region", "999999")],
)
def test_the_command_says_what_is_missing(wrong: tuple[str, ...]) -> None:
    factories.region()
    with pytest.raises(CommandError):
        call_command("gateway_client", *wrong)
    assert not GatewayClient.objects.exists()


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid):
        add_client(
            name="x",
            dialect="national",
            region=factories.region(),
            organisation=factories.organisation(),
            app_mark="x",
            private="00" * 32,
        )


def test_a_platform_above_is_added_and_its_reports_can_be_sent_again(
    administrator: Client,
) -> None:
    asked = {
        "name": "国家平台",
        "region": factories.region(factories.PROVINCE).pk,
        "address": "http://127.0.0.1:9/evaluate",
        "app_mark": "hcp-33",
        "data_source": "133",
        "active": "on",
    }
    address = "/admin/dialects/upwardplatform/add/"
    administrator.post(address, asked)
    administrator.post(address, asked | {"word": WORD, "public": "04" + "1" * 128})
    assert not UpwardPlatform.objects.exists()
    administrator.post(address, asked | {"word": WORD, "public": PUBLIC})

    platform = UpwardPlatform.objects.get()
    assert upward.secrets_of(platform).word == WORD
    page = administrator.get(f"/admin/dialects/upwardplatform/{platform.pk}/change/")
    assert WORD not in page.content.decode()
    factories.review()
    upward.plan(platform)
    report = UpwardReport.objects.get()
    UpwardReport.objects.update(state=UpwardReport.State.REFUSED, due_at=None)
    page = administrator.get("/admin/dialects/upwardreport/")
    assert page.status_code == 200
    administrator.post(
        "/admin/dialects/upwardreport/",
        {"action": "send_again", "_selected_action": [str(report.pk)]},
    )
    report.refresh_from_db()
    assert report.state == UpwardReport.State.WAITING
    assert report.due_at


def test_unknown_fields_are_listed_without_their_values(administrator: Client) -> None:
    system = National()
    system.push(factories.event_row(factories.organisation()) | {"ouguid": "私密"})
    page = administrator.get("/admin/dialects/quarantined/").content.decode()

    assert "ouguid" in page
    assert "私密" not in page

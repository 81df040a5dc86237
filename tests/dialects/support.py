"""A client of each dialect, and the requests it sends."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from huiyin.dialects import keys
from huiyin.dialects.beijing import codec as beijing
from huiyin.dialects.models import GatewayClient
from huiyin.dialects.national import codec as national
from huiyin.dialects.services.clients import add_client
from huiyin.dialects.shandong import codec as shandong
from huiyin.directory.models import Organisation
from huiyin.kernel import clock
from tests import factories

FORM = "application/x-www-form-urlencoded"


def gateway_client(
    dialect: str, *, of: Organisation | None = None, app_mark: str = "hcp-test"
) -> tuple[GatewayClient, keys.Secrets]:
    return add_client(
        name=f"{dialect} {app_mark}",
        dialect=dialect,
        region=factories.region(factories.PROVINCE),
        organisation=of or factories.organisation(),
        app_mark=app_mark,
    )


def now_text() -> str:
    return clock.local(clock.now()).strftime("%Y%m%d%H%M%S")


def review_row(event: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A review of ``event`` as a business system brings it."""
    row = {
        "projectNo": event["projectNo"],
        "serviceNumber": event.get("serviceNumber"),
        "assessNumber": "1",
        "pf": "2",
        "satisfaction": "4",
        "evalDetail": "",
        "writingEvaluation": "",
        "assessTime": clock.local(clock.now()).strftime("%Y-%m-%d %H:%M:%S"),
    } | changes
    return {name: value for name, value in row.items() if value is not None}


class National:
    """A client of the national style, with keys of its own."""

    dialect = "national"

    def __init__(self, **made: Any) -> None:
        self.client, self.secrets = gateway_client(self.dialect, **made)
        self.http = Client()

    def request(self, *entries: dict[str, Any], time: str = "") -> dict[str, str]:
        return national.request(
            entries,
            app_mark=self.client.app_mark,
            time=time or now_text(),
            secrets=self.secrets,
        )

    def send(self, fields: dict[str, Any]) -> Any:
        answer = self.http.post("/gateways/national", urlencode(fields), content_type=FORM)
        assert answer.status_code == 200
        return json.loads(answer.content)

    def push(self, *entries: dict[str, Any]) -> Any:
        return self.send(self.request(*entries))


class Shandong(National):
    """A client in Shandong."""

    dialect = "shandong"

    def push(self, *entries: dict[str, Any]) -> Any:
        return self.send_body(self.body(*entries))

    def body(self, *entries: dict[str, Any]) -> bytes:
        return shandong.request(
            entries, app_mark=self.client.app_mark, time=now_text(), secrets=self.secrets
        )

    def send_body(self, body: bytes) -> Any:
        self.answer = self.http.post(f"/gateways/{self.dialect}", body, "application/json")
        return json.loads(self.answer.content)


class Beijing(National):
    """A client in Beijing."""

    dialect = "beijing"

    def push(self, *entries: dict[str, Any]) -> Any:
        answer = self.http.post("/gateways/beijing", self.body(*entries), FORM)
        return json.loads(answer.content)

    def body(self, *entries: dict[str, Any]) -> bytes:
        return beijing.request(
            entries, app_mark=self.client.app_mark, time=now_text(), secrets=self.secrets
        )

"""A client of Fujian, Zhejiang or Pingtan, and what it is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.test import Client

from huiyin.dialects import keys
from huiyin.dialects.fujian import codec as fujian
from huiyin.dialects.fujian import reply as fujian_reply
from huiyin.dialects.pingtan import codec as pingtan
from huiyin.dialects.structs import Call
from huiyin.dialects.zhejiang import codec as zhejiang
from tests.dialects.support import gateway_client


class System:
    """A client of one of the dialects that push; ``said`` is its answer in words of our own."""

    def __init__(self, dialect: str, **made: Any) -> None:
        self.dialect = dialect
        self.client, self.secrets = gateway_client(dialect, **made)
        self.http = Client(SERVER_NAME="localhost")

    def call(self, row: Mapping[str, str], secrets: keys.Secrets | None = None) -> Call:
        mark, secrets = self.client.app_mark, secrets or self.secrets
        if self.dialect == "fujian":
            return fujian.request([row], app_mark=mark, secrets=secrets)
        if self.dialect == "zhejiang":
            return zhejiang.request(row, app_mark=mark, secrets=secrets)
        return pingtan.request([row], app_mark=mark, secrets=secrets)

    def post(self, call: Call) -> HttpResponse:
        path = f"/gateways/{self.dialect}"
        header = {"Authorization": call.authorization} if call.authorization else {}
        return self.http.post(  # type: ignore[return-value]
            f"{path}?{call.query.decode()}" if call.query else path,
            call.body,
            content_type=call.content_type or "text/plain",
            headers=header,
        )

    def send(self, call: Call) -> dict[str, Any]:
        self.answer = self.post(call)
        assert self.answer.status_code == 200
        return self.said(self.answer.content)

    def said(self, content: bytes) -> dict[str, Any]:
        if self.dialect == "fujian":
            found = fujian_reply.read(content)
            return {
                "code": found["code"],
                "fine": found["code"] == "200",
                "text": found["message"],
                "unid": found["evaluateUnid"],
            }
        if self.dialect == "zhejiang":
            found = json.loads(content.decode("gb18030"))
            return {
                "code": found["result"],
                "fine": found["result"] == "1",
                "text": found["resultmsg"],
            }
        found = json.loads(content)
        return {"fine": found["success"], "text": found["message"], "unid": found["evaluateUnid"]}

    def push(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return self.send(self.call({name: str(value) for name, value in row.items()}))

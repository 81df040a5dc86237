"""The log of this database as it was when ``publish`` was called, served without a network."""

from __future__ import annotations

import json
from datetime import date
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client

from huiyin.conf.auditing.database import Rows
from huiyin.conf.auditing.run import Audit, audit
from huiyin.log.models import Leaf
from huiyin.verify import clock
from huiyin.verify.problems import Refused, Unreachable
from huiyin.verify.remote import Log
from tests.verify.small_log import SmallLog

SITE = "http://127.0.0.1"


class Served:
    """``log``: what was published. ``answers`` by path stand in for what the API would answer."""

    def __init__(self) -> None:
        self.log = SmallLog(settings.HUIYIN_LOG_NAME)
        self.answers: dict[str, object] = {}

    def publish(self) -> None:
        leaves = Leaf.objects.select_related("entry").order_by("index")
        self.log.entries = [leaf.entry.public.encode() for leaf in leaves]
        self.log.publish()

    def audit(self, *, day: date | None = None, rows: bool = True) -> Audit:
        taken = (lambda found, _checkpoint: Rows(found, day=day)) if rows else None
        return audit(Log(f"{SITE}/log"), now=clock.now(), day=day, rows=taken)

    def get(self, address: str, *, limit: int, missing_is_none: bool = False) -> bytes | None:
        path = urlsplit(address).path
        if path.startswith("/log/"):
            body = self.log.files.get(path)
            if body is None and not missing_is_none:
                raise Refused(address=address, status=404, retry_after="")
            return body
        if path in self.answers:
            return json.dumps(self.answers[path]).encode()
        answer = Client().get(address.removeprefix(SITE))
        if answer.status_code != 200:
            raise Refused(address=address, status=answer.status_code, retry_after="")
        if len(answer.content) > limit:
            raise Unreachable(address=address, reason="too large")
        return bytes(answer.content)

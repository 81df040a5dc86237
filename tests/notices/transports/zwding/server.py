"""A 专有钉钉 on loopback, written from the description of the protocol and from nothing of ours.

It signs with an HMAC of its own (RFC 2104 by hand), keeps its own time, forgets nothing it has seen
and refuses what the real one would: bad signatures, stale times, nonces seen before, tokens that
ended, too many codes. ``faults`` are used up one a request.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

KEY, SECRET, TENANT, APP = "huiyin-1dEMo", "s3cret-9Jq0", "196729", "huiyin-app"
TOLERANCE = timedelta(minutes=5)


def hmac_sha256(secret: bytes, message: bytes) -> bytes:
    """RFC 2104."""
    padded = (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


@dataclass
class Call:
    path: str
    form: list[tuple[str, str]]

    def __getitem__(self, name: str) -> str:
        return dict(self.form)[name]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.form if key == name]


@dataclass
class Zwding:
    """What the platform remembers, and how it shall misbehave."""

    host: str
    # By how much its clock is ahead of this machine's.
    ahead: timedelta = timedelta()
    # What it says of a token's life, and how long it really lasts.
    token_seconds: int = 7200
    employees: dict[str, str] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=lambda: {"1001", "1002", "1003", "9000"})
    faults: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    tokens: dict[str, datetime] = field(default_factory=dict)
    # By bizMsgId: receivers and message; what was taken back.
    notices: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    # By taskUuid.
    tasks: dict[str, dict[str, str]] = field(default_factory=dict)
    finished: list[str] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def end_tokens(self) -> None:
        self.tokens.clear()

    def called(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    # The gate: everything is checked before anything is done.

    def why_not(self, path: str, headers: dict[str, str], form: list[tuple[str, str]]) -> str:
        for name in ("timestamp", "version", "nonce", "signature", "ip", "mac"):
            if not headers.get(f"x-hmac-auth-{name}"):
                return f"OPF-B001-05-16-0001 MissingHeader {name}"
        stamp, nonce = headers["x-hmac-auth-timestamp"], headers["x-hmac-auth-nonce"]
        if headers.get("apikey") != KEY or headers["x-hmac-auth-version"] != "1.0":
            return "OPF-B001-05-16-0002 UnknownKey"
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+08:00", stamp):
            return "OPF-B001-05-16-0003 BadTimestamp"
        if abs(datetime.fromisoformat(stamp) - self.now()) > TOLERANCE:
            return "OPF-B001-05-16-0004 TimestampOutOfRange"
        if not re.fullmatch(r"\d{10}000\d{4}", nonce):
            return "OPF-B001-05-16-0005 BadNonce"
        if nonce in self.nonces:
            return "OPF-B001-05-16-0006 nonce duplicate"
        said = "&".join("=".join(pair) for pair in sorted(form, key=lambda pair: pair))
        text = "POST\n" + stamp + "\n" + nonce + "\n" + path + ("\n" + said if form else "")
        right = base64.b64encode(hmac_sha256(SECRET.encode(), text.encode())).decode()
        if headers["x-hmac-auth-signature"] != right:
            return "OPF-B001-05-16-0009 SignatureDoesNotMatch"
        self.nonces.add(nonce)
        if path != "/gettoken.json":
            ends = self.tokens.get(dict(form).get("access_token", ""))
            if ends is None or ends <= self.now():
                return "OPF-B001-05-16-0020 InvalidToken"
        return ""

    # What it can do.

    def handle(self, call: Call) -> Any:
        with self.lock:
            self.calls.append(call)
            return {
                "/gettoken.json": self.gettoken,
                "/message/workNotification": self.notify,
                "/message/revoke": self.revoke,
                "/tc/v2/openapi/task/create.json": self.create,
                "/tc/openapi/task/finish.json": self.finish,
                "/mozi/employee/listEmployeeAccountIds": self.list_accounts,
            }[call.path](call)

    def gettoken(self, call: Call) -> Any:
        if (call["appkey"], call["appsecret"]) != (KEY, SECRET):
            return no("OPF-B001-05-16-0009", "SignatureDoesNotMatch")
        token = secrets.token_hex(16)
        self.tokens[token] = self.now() + timedelta(seconds=self.token_seconds)
        return yes({"accessToken": token, "expiresIn": str(self.token_seconds)})

    def notify(self, call: Call) -> Any:
        receivers, key = call["receiverIds"], call["bizMsgId"]
        if call["tenantId"] != TENANT or len(key) > 64:
            return no("OPF-400", "param error")
        if not set(receivers.split(",")) <= self.accounts:
            return no("OPF-404", "receiver does not exist")
        if key in self.notices:
            return no("OPF-409", "bizMsgId duplicate")
        message = json.loads(call["msg"])
        card = message["action_card"]
        if message["msgtype"] != "action_card" or set(card) != {
            "title",
            "markdown",
            "btn_orientation",
            "btn_json_list",
        }:
            return no("OPF-400", "msg error")
        self.notices[key] = (receivers, card)
        # This one wraps its content in a text.
        inner = {"success": True, "content": {"msgId": f"m{len(self.notices):031d}"}}
        return {"success": True, "content": json.dumps({"success": True, "data": inner["content"]})}

    def revoke(self, call: Call) -> Any:
        if call["msgType"] != "workNotification" or call["tenantId"] != TENANT:
            return no("OPF-400", "param error")
        known = call["bizMsgId"] in self.notices
        if known and call["bizMsgId"] not in self.revoked:
            self.revoked.append(call["bizMsgId"])
        return yes("true" if known else "false")

    def create(self, call: Call) -> Any:
        asked = dict(call.form)
        if asked["assigneeId"] not in self.accounts or asked["creatorId"] not in self.accounts:
            return no("OPF-404", "account does not exist")
        if any(task["bizTaskId"] == asked["bizTaskId"] for task in self.tasks.values()):
            return no("OPF-409", "bizTaskId已存在")
        if not re.fullmatch(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)?", asked.get("dueTime", "")):
            return no("OPF-400", "dueTime error")
        uuid = f"t{len(self.tasks):031d}"
        self.tasks[uuid] = asked
        return yes(json.dumps({"taskUuid": uuid, "packageUuid": "p" + uuid}))

    def finish(self, call: Call) -> Any:
        task = self.tasks.get(call["taskUuid"])
        if task is None or task["assigneeId"] != call["userId"]:
            return no("OPF-404", "task does not exist")
        if call["taskUuid"] not in self.finished:
            self.finished.append(call["taskUuid"])
        return yes(True)

    def list_accounts(self, call: Call) -> Any:
        codes = call.all("employeeCodes")
        if not codes or len(codes) > 100 or call["tenantId"] != TENANT:
            return no("OPF-400", "param error")
        return yes(
            [
                {
                    "accountId": int(self.employees[code]),
                    "accountCode": f"hz-{code}",
                    "accountNamespace": "local",
                    "employeeCode": code,
                }
                for code in codes
                if code in self.employees
            ]
        )


def yes(data: Any) -> Any:
    content = {
        "data": data,
        "success": True,
        "responseCode": "0",
        "responseMessage": "OK",
        "bizErrorCode": "0",
    }
    return {"success": True, "content": content, "bizErrorCode": "0"}


def no(code: str, message: str) -> Any:
    return {"success": False, "bizErrorCode": code, "message": message, "content": None}


@contextmanager
def running() -> Iterator[Zwding]:
    """The platform on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = parse_qsl(body, keep_blank_values=True, strict_parsing=True)
            headers = {name.lower(): value for name, value in self.headers.items()}
            fault = platform.faults.pop(0) if platform.faults else ""
            if fault == "never":
                platform.released.wait(60)
                self.close_connection = True
                return
            if fault in {"500", "302"}:
                self.reply(int(fault), b"<html>")
                return
            with platform.lock:
                why_not = platform.why_not(self.path, headers, form)
            if why_not:
                platform.refused.append(why_not)
                code, _, message = why_not.partition(" ")
                self.reply(200, json.dumps(no(code, message)).encode())
                return
            answer = platform.handle(Call(self.path, form))
            sent = json.dumps(answer, ensure_ascii=False).encode()
            if fault == "slow":
                time.sleep(0.4)
            if fault == "garbage":
                sent = b"\x00\xff<garbage>"
            if fault == "list":
                sent = b"[]"
            if fault == "huge":
                sent = b" " * 2_000_000
            if fault == "drip":
                self.drip(sent)
                return
            if fault == "half":
                self.reply(200, sent, promised=len(sent) * 2)
                self.close_connection = True
                return
            if fault == "lost":  # done, but the answer never arrives
                self.close_connection = True
                return
            self.reply(200, sent)

        def drip(self, body: bytes) -> None:
            """One byte after the other, so that no single wait is ever long."""
            self.close_connection = True
            self.send_response_only(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            for byte in body:
                if platform.released.wait(0.1):
                    return
                try:
                    self.wfile.write(bytes([byte]))
                except OSError:
                    return

        def reply(self, status: int, body: bytes, promised: int | None = None) -> None:
            self.send_response_only(status)
            self.send_header("date", format_datetime(platform.now(), usegmt=True))
            if status == 302:
                self.send_header("location", "http://127.0.0.1:9/")
            self.send_header("content-type", "application/json;charset=UTF-8")
            self.send_header("content-length", str(promised or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform = Zwding(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield platform
    platform.released.set()
    server.shutdown()
    server.server_close()

"""What we ask of 浙政钉 (专有钉钉): work notices and taking them back, to-do items, accounts.

Everything is a signed form post to one host, answered in JSON: ``success`` outside, and inside
``content`` once more, with the ``data``. Times are read off a clock that nobody can set back, so
that a token is renewed in time whatever happens to the machine's.
"""

from __future__ import annotations

import json
import re
import socket
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from huiyin.kernel import clock
from huiyin.notices.transports import exchange
from huiyin.notices.transports.exchange import NoAnswer
from huiyin.notices.transports.webhook.guard import Target
from huiyin.notices.transports.zwding import signing

SIGN_IN = "/gettoken.json"
WORK_NOTICE = "/message/workNotification"
REVOKE = "/message/revoke"
CREATE_TO_DO = "/tc/v2/openapi/task/create.json"
FINISH_TO_DO = "/tc/openapi/task/finish.json"
ACCOUNTS = "/mozi/employee/listEmployeeAccountIds"

# The most codes that one look-up takes.
MOST_CODES = 100
# One call with everything it may need (waiting for a token, a new token, once more): less than the
# dispatcher's lease.
_CALL_SECONDS = 25.0
# A token is renewed this long before it ends, or after nine tenths of a very short life.
_EARLY_SECONDS = 300.0
_TOKEN_SECONDS = 7200.0
# Signatures are refused when the clocks differ by minutes; less is not worth a word.
_SKEW = timedelta(seconds=60)
# The only thing of theirs that may enter our records: a code such as OPF-B001-05-16-0009.
_CODE = re.compile(r"[A-Z]{2,6}(-[A-Z0-9]{1,6}){1,6}|\d{1,7}")
# A repetition of our own id, and of nothing else: a nonce can be repeated too, and what is not
# understood must not pass for sent.
_OURS, _AGAIN = r"(bizMsgId|bizTaskId|业务)", "(重复|已存在|duplicate|already exists)"
_SAID_ALREADY = re.compile(f"{_OURS}.{{0,40}}{_AGAIN}|{_AGAIN}.{{0,40}}{_OURS}", re.IGNORECASE)
# What they do not know today they will not know tomorrow: whom, or what, a call is about.
_WHAT = "(receiver|account|task|message|接收人|账号|人员|任务|待办|消息)"
_UNKNOWN = re.compile(f"{_WHAT}.{{0,30}}(not exist|not found|不存在|无效)", re.IGNORECASE)


class Failed(Exception):
    """The call did not do what it should; the text is ours. ``permanent``: nor will it later."""

    def __init__(self, error: str, *, status: int | None = None, permanent: bool = False) -> None:
        super().__init__(error)
        self.status, self.permanent = status, permanent


class Refused(Failed):
    """They answered, and said no. ``repeated``: since they had it already."""

    def __init__(
        self, error: str, *, status: int, permanent: bool = False, repeated: bool = False
    ) -> None:
        super().__init__(error, status=status, permanent=permanent)
        self.repeated = repeated


@dataclass(frozen=True)
class Credentials:
    """How this installation is known there; ``host`` is an address without a path."""

    host: str
    app_key: str
    app_secret: str
    tenant_id: str
    # The name of the application, which taking back a notice asks for.
    app_name: str = ""
    # The account in whose name to-do items are made; else everybody makes their own.
    creator_id: str = ""


@dataclass(frozen=True)
class Card:
    """A work notice with one button that opens ``url``."""

    title: str
    text: str
    button: str
    url: str

    def message(self) -> str:
        card = {
            "title": self.title,
            "markdown": self.text,
            "btn_orientation": "1",
            "btn_json_list": [{"title": self.button, "action_url": self.url}],
        }
        return _json({"msgtype": "action_card", "action_card": card})


@dataclass(frozen=True)
class _Token:
    value: str
    ends_at: float  # on the monotonic clock


class Client:
    """One application's access; may be shared by threads, which share its token."""

    def __init__(self, credentials: Credentials) -> None:
        self._as = credentials
        self._token: _Token | None = None
        self._fetching = Lock()

    def notify(self, *, account: str, key: str, card: Card) -> str:
        """Send a work notice; what they call it. ``key`` names it for repetitions and for
        ``revoke``; one that they have already counts as sent. Raises ``Failed``."""
        try:
            content = self._call(
                WORK_NOTICE,
                ("tenantId", self._as.tenant_id),
                ("receiverIds", account),
                ("bizMsgId", key),
                ("msg", card.message()),
            )
        except Refused as refused:
            if refused.repeated:
                return ""
            raise
        found = _inner(content.get("data", content))
        return str(found.get("msgId", ""))[:40] if isinstance(found, dict) else ""

    def revoke(self, *, key: str) -> None:
        """Take back the work notice sent under ``key``. Raises ``Failed``."""
        named = [("msgApp", self._as.app_name)] if self._as.app_name else []
        content = self._call(
            REVOKE,
            ("msgType", "workNotification"),
            ("tenantId", self._as.tenant_id),
            ("bizMsgId", key),
            *named,
        )
        _need_true(content)

    def create_to_do(
        self, *, account: str, key: str, subject: str, url: str, due: datetime | None
    ) -> str:
        """Put an item on somebody's to-do list; what they call it, by which it is finished.

        Empty when they have one under ``key`` already: then its name went astray with an earlier
        answer. Raises ``Failed``.
        """
        until = [("dueTime", f"{clock.local(due):%Y-%m-%d %H:%M:%S}")] if due else []
        try:
            content = self._call(
                CREATE_TO_DO,
                ("tenantId", self._as.tenant_id),
                ("creatorId", self._as.creator_id or account),
                ("assigneeId", account),
                ("bizTaskId", key),
                ("subject", subject),
                ("url", url),
                ("mobileUrl", url),
                *until,
            )
        except Refused as refused:
            if refused.repeated:
                return ""
            raise
        found = _inner(content.get("data"))
        if not isinstance(found, dict) or not found.get("taskUuid"):
            raise Failed("the answer names no to-do item")
        return str(found["taskUuid"])

    def finish_to_do(self, *, account: str, task: str) -> None:
        """Take the item ``task`` off the to-do list of ``account``. Raises ``Failed``."""
        content = self._call(
            FINISH_TO_DO, ("userId", account), ("taskUuid", task), ("closePackage", "true")
        )
        _need_true(content)

    def accounts(self, codes: Sequence[str]) -> dict[str, str]:
        """The account id of each employee code that they know, in as many calls as it takes. Raises
        ``Failed``."""
        found: dict[str, str] = {}
        for start in range(0, len(codes), MOST_CODES):
            content = self._call(
                ACCOUNTS,
                ("tenantId", self._as.tenant_id),
                *(("employeeCodes", code) for code in codes[start : start + MOST_CODES]),
            )
            rows = _inner(content.get("data"))
            if not isinstance(rows, list):
                raise Failed("the answer is no list of accounts")
            found |= {
                str(row["employeeCode"]): str(row["accountId"])
                for row in rows
                if isinstance(row, dict) and row.get("employeeCode") and row.get("accountId")
            }
        return found

    def check(self) -> None:
        """Fetch a token anew: whether host, key and secret are right. Raises ``Failed``."""
        self._renewed(None, clock.monotonic() + _CALL_SECONDS)

    def _call(self, path: str, *parameters: tuple[str, str]) -> dict[str, Any]:
        """The content of the answer. A refusal under a token from earlier may be the token's fault,
        whatever they call it: then once more under a new one."""
        until = clock.monotonic() + _CALL_SECONDS
        kept = self._token
        token = self._present(until)
        try:
            return self._post(path, [("access_token", token.value), *parameters], until)
        except Refused as refused:
            if token is not kept or refused.repeated or refused.permanent:
                raise
        token = self._renewed(token, until)
        return self._post(path, [("access_token", token.value), *parameters], until)

    def _present(self, until: float) -> _Token:
        """The token, new when there is none or it ends soon."""
        token = self._token
        if token is not None and clock.monotonic() < token.ends_at:
            return token
        return self._renewed(token, until)

    def _renewed(self, old: _Token | None, until: float) -> _Token:
        """Another token than ``old``; whoever finds it being fetched waits for that one."""
        if not self._fetching.acquire(timeout=max(0.0, until - clock.monotonic())):
            raise Failed("no token in time")
        try:
            if self._token is not None and self._token is not old:
                return self._token
            asked_at = clock.monotonic()
            content = self._post(
                SIGN_IN,
                [("appkey", self._as.app_key), ("appsecret", self._as.app_secret)],
                until,
            )
            data = _inner(content.get("data"))
            if not isinstance(data, dict) or not data.get("accessToken"):
                raise Failed("the answer holds no token")
            life = _seconds(data.get("expiresIn"))
            early = min(_EARLY_SECONDS, life / 10)
            self._token = _Token(str(data["accessToken"]), asked_at + life - early)
            return self._token
        finally:
            self._fetching.release()

    def _post(
        self, path: str, parameters: Sequence[tuple[str, str]], until: float
    ) -> dict[str, Any]:
        url = self._as.host + path
        try:
            target = exchange.resolve(url)
            # They compare it with their own clock, whatever the demo's says.
            sent_at = clock.machine_now()
            headers = signing.headers(
                key=self._as.app_key,
                secret=self._as.app_secret,
                method="POST",
                path=path,
                parameters=parameters,
                at=sent_at,
                ip=_own_address(target),
                mac=_own_mac(),
            )
            answer = exchange.post(
                url,
                target,
                body=urlencode(parameters).encode(),
                headers={
                    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
                    **headers,
                },
                seconds=max(0.1, min(exchange.SECONDS, until - clock.monotonic())),
            )
        except NoAnswer as error:
            raise Failed(str(error)) from error
        return _content(answer, sent_at)


def _content(answer: exchange.Answer, sent_at: datetime) -> dict[str, Any]:
    if answer.status >= 500 or 300 <= answer.status < 400:
        raise Failed(f"answered {answer.status}", status=answer.status)
    try:
        outer = json.loads(answer.body)
    except ValueError as error:
        if answer.status >= 400:
            raise _refusal(answer, [], sent_at) from error
        raise Failed("the answer cannot be read", status=answer.status) from error
    if not isinstance(outer, dict):
        raise Failed("the answer cannot be read", status=answer.status)
    content = _inner(outer.get("content"))
    layers = [outer, content] if isinstance(content, dict) else [outer]
    if answer.status >= 400 or not all(layer.get("success", True) is True for layer in layers):
        raise _refusal(answer, layers, sent_at)
    if "success" not in outer:
        raise Failed("the answer does not say whether it was done", status=answer.status)
    return content if isinstance(content, dict) else {"data": content}


def _refusal(
    answer: exchange.Answer, layers: Iterable[dict[str, Any]], sent_at: datetime
) -> Refused:
    """A refusal in our words: the clocks, if they are to blame, or the code that was given."""
    said = [
        str(layer[name])
        for layer in layers
        for name in ("bizErrorCode", "responseCode", "errorCode", "Code", "code")
        if layer.get(name)
    ]
    text = " ".join(
        str(layer[name])
        for layer in layers
        for name in ("responseMessage", "errorMsg", "message", "Message", "msg")
        if layer.get(name)
    )
    if _SAID_ALREADY.search(text):
        return Refused("refused: they have it already", status=answer.status, repeated=True)
    if _UNKNOWN.search(text):
        return Refused(
            "they do not know the account, notice or item", status=answer.status, permanent=True
        )
    if answer.date and abs(apart := answer.date - sent_at) > _SKEW:
        seconds = round(apart.total_seconds())
        return Refused(
            f"refused; their clock differs from ours by {seconds:+d} s", status=answer.status
        )
    code = next((code for code in said if code != "0" and _CODE.fullmatch(code)), "")
    return Refused(f"refused ({code})" if code else "refused", status=answer.status)


def _need_true(content: dict[str, Any]) -> None:
    """What takes something back answers whether it did."""
    if str(content.get("data", True)).lower() != "true":
        raise Failed("answered that it was not done", permanent=True)


def _inner(value: Any) -> Any:
    """``value``; some answers wrap it in a text of its own."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _seconds(said: Any) -> float:
    try:
        life = float(said)
    except (TypeError, ValueError):
        return _TOKEN_SECONDS
    return life if 0 < life <= _TOKEN_SECONDS else _TOKEN_SECONDS


def _own_address(target: Target) -> str:
    """Our address as seen from there; nothing is sent to learn it."""
    family = socket.AF_INET6 if ":" in target.ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target.ip, target.port))
            return str(probe.getsockname()[0])
        except OSError as error:
            raise NoAnswer("no way to the host") from error


def _own_mac() -> str:
    digits = f"{uuid.getnode():012x}"
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

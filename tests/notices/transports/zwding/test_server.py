"""The platform of the tests is worth something only if it refuses what it must."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from huiyin.notices.transports.zwding import signing
from tests.notices.transports.zwding.server import KEY, SECRET, TENANT, Zwding
from tests.notices.transports.zwding.server import running as running_platform

SIGN_IN = ("/gettoken.json", (("appkey", KEY), ("appsecret", SECRET)))


@pytest.fixture
def platform() -> Iterator[Zwding]:
    with running_platform() as made:
        yield made


def _signed(path: str, *parameters: tuple[str, str], at: datetime | None = None) -> dict[str, str]:
    return signing.headers(
        key=KEY,
        secret=SECRET,
        method="POST",
        path=path,
        parameters=parameters,
        at=at or datetime.now(UTC),
        ip="127.0.0.1",
        mac="00:00:00:00:00:00",
    )


def _ask(
    platform: Zwding, path: str, *parameters: tuple[str, str], headers: dict[str, str] | None = None
) -> Any:
    sent = headers if headers is not None else _signed(path, *parameters)
    request = Request(platform.host + path, data=urlencode(parameters).encode(), headers=sent)
    with urlopen(request, timeout=5) as answer:
        return json.load(answer)


def _token(platform: Zwding) -> str:
    path, parameters = SIGN_IN
    token: str = _ask(platform, path, *parameters)["content"]["data"]["accessToken"]
    return token


def test_a_right_request_is_taken_once_and_its_nonce_never_again(platform: Zwding) -> None:
    path, parameters = SIGN_IN
    headers = _signed(path, *parameters)
    assert _ask(platform, path, *parameters, headers=headers)["success"]
    assert not _ask(platform, path, *parameters, headers=headers)["success"]
    assert platform.refused[-1].endswith("nonce duplicate")


@pytest.mark.parametrize(
    "name",
    ["X-Hmac-Auth-Signature", "X-Hmac-Auth-Nonce", "X-Hmac-Auth-Timestamp", "apiKey"],
)
def test_a_header_that_was_changed_or_left_out_is_refused(platform: Zwding, name: str) -> None:
    path, parameters = SIGN_IN
    whole = _signed(path, *parameters)
    changed = {**whole, name: whole[name][:-1] + ("1" if whole[name][-1] != "1" else "2")}
    without = {key: value for key, value in whole.items() if key != name}
    for headers in (changed, without, {}):
        assert not _ask(platform, path, *parameters, headers=headers)["success"]
    assert platform.calls == []


def test_a_parameter_that_was_not_signed_is_refused(platform: Zwding) -> None:
    path, parameters = SIGN_IN
    headers = _signed(path, *parameters)
    assert not _ask(platform, path, *parameters, ("x", "1"), headers=headers)["success"]
    assert platform.refused == ["OPF-B001-05-16-0009 SignatureDoesNotMatch"]


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_time_that_is_minutes_off_is_refused(platform: Zwding, minutes: int) -> None:
    path, parameters = SIGN_IN
    headers = _signed(path, *parameters, at=datetime.now(UTC) + timedelta(minutes=minutes))
    assert not _ask(platform, path, *parameters, headers=headers)["success"]
    assert platform.refused == ["OPF-B001-05-16-0004 TimestampOutOfRange"]


def test_a_token_serves_until_it_ends(platform: Zwding) -> None:
    path, asked = "/mozi/employee/listEmployeeAccountIds", ("tenantId", TENANT)
    code, token = ("employeeCodes", "GE_1"), ("access_token", _token(platform))
    assert _ask(platform, path, token, asked, code)["success"]
    assert not _ask(platform, path, asked, code)["success"]
    assert not _ask(platform, path, ("access_token", "made up"), asked, code)["success"]
    platform.tokens[token[1]] = platform.now()
    assert not _ask(platform, path, token, asked, code)["success"]
    many = [("employeeCodes", f"GE_{number}") for number in range(101)]
    assert not _ask(platform, path, ("access_token", _token(platform)), asked, *many)["success"]

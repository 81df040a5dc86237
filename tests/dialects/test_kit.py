"""The conformance kit against the product itself, and against gateways that are wrong."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import httpx
import pytest
from django.test import Client

from huiyin.dialects.kit import cases, cli
from huiyin.dialects.kit.peers import PEERS
from huiyin.dialects.models import GatewayClient
from huiyin.reviews.models import ImportedReview, ServiceEvent
from tests import factories
from tests.dialects.support import gateway_client


def _product() -> httpx.Client:
    def answer(request: httpx.Request) -> httpx.Response:
        headers = {
            name: value for name, value in request.headers.items() if name == "authorization"
        }
        got = Client().generic(
            request.method,
            request.url.raw_path.decode(),
            request.content,
            content_type=request.headers.get("content-type", ""),
            headers=headers,
        )
        return httpx.Response(got.status_code, headers=dict(got.items()), content=got.content)

    return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://localhost")


def _arguments(dialect: str, **changes: str) -> Any:
    organisation = factories.organisation()
    _client, secrets = gateway_client(dialect, of=organisation)
    said = {
        "--dialect": dialect,
        "--app-mark": "hcp-test",
        "--key": secrets.word,
        "--area": organisation.region.code,
        "--organisation": organisation.uscc,
    } | changes
    if secrets.public:
        said["--public-key"] = "04" + secrets.public
    words = [word for pair in said.items() for word in pair]
    return cli._chosen(["http://localhost", *words])


@pytest.mark.django_db
@pytest.mark.parametrize("dialect", PEERS)
def test_the_product_answers_as_expected_and_running_it_again_adds_nothing(
    dialect: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = _arguments(dialect)
    for lang in ("en", "zh"):
        code = cli.check(_product(), chosen, lang)
        table = capsys.readouterr().out
        assert (code, "FAIL" in table, "不符  " in table) == (0, False, False), table
        stored = (ServiceEvent.objects.count(), ImportedReview.objects.count())
        assert stored == (2, 1)


@pytest.mark.django_db
def test_clients_of_several_dialects_can_be_checked_for_one_organisation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    body = factories.organisation()
    for dialect in ("zhejiang", "pingtan"):
        chosen = _arguments(dialect, **{"--organisation": body.uscc, "--area": body.region.code})
        code = cli.check(_product(), chosen, "en")
        assert code == 0, capsys.readouterr().out


@pytest.mark.django_db
def test_links_of_anhui_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    factories.event(projectNo="HF1", areaCode=factories.COUNTY)
    chosen = _arguments("anhui", **{"--case-number": "HF1", "--area": factories.COUNTY})
    code = cli.check(_product(), chosen, "en")
    table = capsys.readouterr().out
    assert code == 0, table
    assert "FAIL" not in table


@pytest.mark.django_db
def test_a_key_that_is_not_the_clients_fails(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = _arguments("pingtan")
    GatewayClient.objects.update(active=False)
    assert cli.check(_product(), chosen, "en") == 1
    assert "FAIL" in capsys.readouterr().out
    assert not ServiceEvent.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content", [b'{"success": true, "message": ""}', b"<html>", b"", b"\xff", b'{"success": 7}']
)
def test_a_gateway_that_says_yes_to_everything_or_nothing_readable_fails(
    content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    always = httpx.MockTransport(lambda _request: httpx.Response(200, content=content))
    http = httpx.Client(transport=always, base_url="http://localhost")
    assert cli.check(http, _arguments("pingtan"), "en") == 1
    assert "FAIL" in capsys.readouterr().out


@pytest.mark.django_db
def test_what_is_sent_is_bounded() -> None:
    for dialect in PEERS:
        chosen = _arguments(dialect, **{"--app-mark": "hcp-test"})
        sent: list[httpx.Request] = []
        count = httpx.MockTransport(lambda r, sent=sent: sent.append(r) or httpx.Response(500))  # type: ignore[misc, func-returns-value]
        http = httpx.Client(transport=count, base_url="http://localhost")
        assert cli.check(http, chosen, "en") == 1
        assert 10 < len(sent) <= 25
        GatewayClient.objects.all().delete()


@pytest.mark.parametrize(
    "words",
    [
        ["ftp://x", "--dialect", "pingtan", "--app-mark", "a", "--key", "k", "--area", "330106"],
        ["http://x", "--dialect", "pingtan", "--app-mark", "a", "--key", "k", "--area", "1"],
        ["http://x", "--dialect", "klingon", "--app-mark", "a"],
        ["http://x", "--dialect", "anhui", "--app-mark", "a", "--area", "330106"],
    ],
)
def test_misuse_is_said_before_anything_is_sent(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2


def test_nobody_who_answers_is_another_exit_code() -> None:
    words = ["http://127.0.0.1:9", "--dialect", "anhui", "--app-mark", "a", "--area", "340100"]
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--case-number", "1"])
    assert ended.value.code == 6


@pytest.mark.once
def test_it_runs_without_an_installation() -> None:
    command = (
        "import sys; sys.argv = ['huiyin', 'dialect-check', '--help']; "
        "from huiyin.conf.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", command],
        env={"PATH": "/usr/bin", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "--dialect" in done.stdout
    assert cases.MARK in done.stdout

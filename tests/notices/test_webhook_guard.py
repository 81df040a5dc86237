"""Where webhooks may go."""

from typing import Any

import pytest

from huiyin.kernel.problems import Invalid
from huiyin.notices import services
from huiyin.notices.transports.webhook import guard, transport
from tests import factories


@pytest.fixture
def strict(settings: Any) -> None:
    settings.HUIYIN_WEBHOOK_PRIVATE = False


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https:///path",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org/#part",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://[::1/",
        "//example.org/",
        "javascript:alert(1)",
    ],
)
def test_an_address_of_the_wrong_shape_is_refused(strict: None, url: str) -> None:
    with pytest.raises(guard.Refused):
        guard.check_shape(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "2130706433",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fc00::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[ff02::1]",
        "[::127.0.0.1]",
        "[::8.8.8.8]",
        "[fec0::1]",
        "[64:ff9b:1::808:808]",
    ],
)
def test_no_way_into_our_own_network(strict: None, host: str) -> None:
    with pytest.raises(guard.Refused):
        guard.resolve(f"https://{host}/")


@pytest.mark.parametrize("address", ["8.8.8.8", "[2001:4860:4860::8888]"])
def test_public_addresses_are_allowed(strict: None, address: str) -> None:
    target = guard.resolve(f"https://{address}/hook")
    assert (target.ip, target.port) == (address.strip("[]"), 443)


def test_one_private_address_among_public_ones_spoils_a_name(
    strict: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", (ip, 443)) for ip in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(guard.socket, "getaddrinfo", answer)
    with pytest.raises(guard.Refused):
        guard.resolve("https://example.org/")


def test_a_refusal_is_a_failed_try_that_names_no_address(strict: None) -> None:
    result = transport._post("https://127.0.0.1/?key=1", secret="whsec_", key="k", body=b"{}")
    assert not result.delivered
    assert result.error == "not a public address"


def test_a_refused_connection_names_no_address() -> None:
    result = transport._post("http://127.0.0.1:9/?key=1", secret="whsec_", key="k", body=b"{}")
    assert result.error == "connection failed (ConnectError)"


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["http://example.org/", "https://a:b@example.org/", "nonsense"])
def test_an_endpoint_with_such_an_address_is_not_added(strict: None, url: str) -> None:
    with pytest.raises(Invalid):
        services.add_endpoint(name="x", url=url, organisation=factories.organisation())


@pytest.mark.django_db
def test_an_endpoint_has_exactly_one_scope() -> None:
    unit = factories.organisation()
    for scope in ({}, {"organisation": unit, "region": unit.region}):
        with pytest.raises(Invalid):
            services.add_endpoint(name="x", url="https://example.org/", **scope)


@pytest.mark.django_db
def test_a_secret_is_sealed_and_can_be_renewed() -> None:
    endpoint, secret = services.add_endpoint(
        name="x", url="https://example.org/", organisation=factories.organisation()
    )
    assert secret.startswith("whsec_")
    assert secret.encode() not in bytes(endpoint.secret_sealed)
    assert services.renew_secret(endpoint=endpoint) != secret

"""The client of 浙政钉 against a platform that checks everything with code of its own."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from huiyin.kernel import clock
from huiyin.notices.transports import exchange
from huiyin.notices.transports.zwding import client as zwding
from huiyin.notices.transports.zwding import signing
from huiyin.notices.transports.zwding.client import Card, Client, Credentials, Failed, Refused
from tests.notices.transports.zwding.server import APP, KEY, SECRET, TENANT, Zwding, hmac_sha256
from tests.notices.transports.zwding.server import running as running_platform

CARD = Card(
    "新的差评件",
    "编号 K3F9-2MZQ，请于 **3月5日 24:00** 前回访。",
    "查看",
    "https://x.gov.cn/m/K3F9",
)


@pytest.fixture
def platform() -> Iterator[Zwding]:
    with running_platform() as made:
        yield made


@pytest.fixture
def client(platform: Zwding) -> Client:
    return Client(Credentials(platform.host, KEY, SECRET, TENANT, app_name=APP, creator_id="9000"))


def _tokens(platform: Zwding) -> int:
    return len(platform.called("/gettoken.json"))


def test_the_independent_hmac_is_that_of_the_standard() -> None:
    # RFC 4231, test case 2.
    digest = hmac_sha256(b"Jefe", b"what do ya want for nothing?")
    assert digest.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_a_signature_computed_by_hand() -> None:
    made = signing.headers(
        key="k",
        secret="s",
        method="POST",
        path="/p.json",
        parameters=[("b", "2 &"), ("a", "三"), ("b", "1")],
        at=datetime(2024, 3, 4, 16, 0, 5, 999999, tzinfo=UTC),
        ip="10.0.0.1",
        mac="00:11:22:33:44:55",
    )
    assert made["X-Hmac-Auth-Timestamp"] == "2024-03-05T00:00:05.000+08:00"
    assert re.fullmatch(r"1709568005000\d{4}", made["X-Hmac-Auth-Nonce"])
    text = (
        f"POST\n2024-03-05T00:00:05.000+08:00\n{made['X-Hmac-Auth-Nonce']}\n/p.json\na=三&b=1&b=2 &"
    )
    digest = hmac_sha256(b"s", text.encode())
    assert made["X-Hmac-Auth-Signature"] == base64.b64encode(digest).decode()


def test_a_work_notice_arrives_as_a_card_with_its_link(platform: Zwding, client: Client) -> None:
    reference = client.notify(account="1001", key="abc", card=CARD)
    assert reference.startswith("m0")
    receivers, card = platform.notices["abc"]
    assert receivers == "1001"
    assert card == {
        "title": CARD.title,
        "markdown": CARD.text,
        "btn_orientation": "1",
        "btn_json_list": [{"title": "查看", "action_url": "https://x.gov.cn/m/K3F9"}],
    }
    assert platform.refused == []


def test_one_token_serves_many_calls_and_many_threads(platform: Zwding, client: Client) -> None:
    together = threading.Barrier(6)

    def send(number: int) -> None:
        together.wait()
        client.notify(account="1001", key=f"key-{number}", card=CARD)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(platform.notices) == 6
    assert _tokens(platform) == 1
    assert platform.refused == [], "no nonce was used twice within the second"


def test_a_token_is_renewed_before_it_ends(
    platform: Zwding, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.notify(account="1001", key="one", card=CARD)
    start = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: start + 7200 - 301)
    client.notify(account="1001", key="two", card=CARD)
    assert _tokens(platform) == 1
    monkeypatch.setattr(clock, "monotonic", lambda: start + 7200 - 299)
    client.notify(account="1001", key="three", card=CARD)
    assert _tokens(platform) == 2
    assert platform.refused == []


def test_clocks_that_jump_together_stop_nothing(platform: Zwding, client: Client) -> None:
    for hours in (0, -30, 0, 30, 0):
        platform.ahead = timedelta(hours=hours)
        with clock.frozen(datetime.now(UTC) + timedelta(hours=hours)):
            client.notify(account="1001", key=f"{len(platform.notices)}", card=CARD)
    assert len(platform.notices) == 5


def test_a_token_that_ends_in_the_middle_is_renewed_within_the_call(
    platform: Zwding, client: Client
) -> None:
    client.notify(account="1001", key="one", card=CARD)
    platform.end_tokens()
    client.notify(account="1001", key="two", card=CARD)
    assert set(platform.notices) == {"one", "two"}
    assert _tokens(platform) == 2
    assert platform.refused == ["OPF-B001-05-16-0020 InvalidToken"]


def test_many_threads_that_lose_their_token_fetch_one(platform: Zwding, client: Client) -> None:
    client.check()
    platform.end_tokens()
    threads = [
        threading.Thread(
            target=client.notify, kwargs={"account": "1001", "key": f"k{n}", "card": CARD}
        )
        for n in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(platform.notices) == 5
    assert _tokens(platform) == 2


def test_a_repetition_counts_as_sent_and_nothing_else_does(
    platform: Zwding, client: Client
) -> None:
    client.notify(account="1001", key="one", card=CARD)
    assert client.notify(account="1001", key="one", card=CARD) == ""
    with pytest.raises(Refused) as unknown:
        client.notify(account="4444", key="two", card=CARD)
    assert unknown.value.permanent
    assert not unknown.value.repeated
    assert str(unknown.value) == "they do not know the account, notice or item"
    assert _tokens(platform) == 1


def test_what_was_sent_is_taken_back(platform: Zwding, client: Client) -> None:
    client.notify(account="1001", key="one", card=CARD)
    client.revoke(key="one")
    client.revoke(key="one")
    assert platform.revoked == ["one"]
    assert platform.called("/message/revoke")[0]["msgApp"] == APP
    with pytest.raises(Failed, match="not done"):
        client.revoke(key="never sent")


def test_a_to_do_item_is_made_once_and_finished(platform: Zwding, client: Client) -> None:
    due = datetime(2024, 3, 5, 16, 0, tzinfo=UTC)
    task = client.create_to_do(
        account="1002", key="k", subject="回访", url="https://x.gov.cn/m/K3F9", due=due
    )
    assert platform.tasks[task]["dueTime"] == "2024-03-06 00:00:00"
    assert platform.tasks[task]["mobileUrl"] == platform.tasks[task]["url"]
    assert (
        client.create_to_do(account="1002", key="k", subject="回访", url="https://x", due=None)
        == ""
    )
    client.finish_to_do(account="1002", task=task)
    client.finish_to_do(account="1002", task=task)
    assert platform.finished == [task]
    assert platform.tasks[task]["creatorId"] == "9000"


def test_without_an_account_of_the_platform_everybody_makes_their_own_items(
    platform: Zwding,
) -> None:
    alone = Client(Credentials(platform.host, KEY, SECRET, TENANT))
    task = alone.create_to_do(account="1002", key="k", subject="回访", url="https://x", due=None)
    assert platform.tasks[task]["creatorId"] == "1002"


def test_accounts_are_asked_for_a_hundred_at_a_time(platform: Zwding, client: Client) -> None:
    platform.employees = {f"GE_{n}": str(5000 + n) for n in range(230)}
    found = client.accounts([*platform.employees, "GE_unknown"])
    assert found == platform.employees
    sizes = [len(call.all("employeeCodes")) for call in platform.called(zwding.ACCOUNTS)]
    assert sizes == [100, 100, 31]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("500", "answered 500"),
        ("302", "answered 302"),
        ("garbage", "cannot be read"),
        ("list", "cannot be read"),
        ("half", "connection failed"),
        ("lost", "connection failed"),
        ("huge", "answered too much"),
        ("never", "no answer in time"),
        ("drip", "no answer in time"),
    ],
)
def test_every_way_to_answer_badly_ends_cleanly(
    platform: Zwding, client: Client, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
) -> None:
    client.check()
    platform.faults = [fault]
    with monkeypatch.context() as patch:
        if fault in {"never", "drip"}:
            patch.setattr(exchange, "SECONDS", 0.5)
        with pytest.raises(Failed, match=said) as failed:
            client.notify(account="1001", key="one", card=CARD)
    for secret in (SECRET, KEY, platform.host, "1001", *platform.tokens):
        assert secret not in str(failed.value)
    # And the next one is fine; what was done before the answer got lost counts as sent.
    client.notify(account="1001", key="one", card=CARD)
    assert set(platform.notices) == {"one"}


def test_a_slow_answer_is_an_answer(platform: Zwding, client: Client) -> None:
    client.check()
    platform.faults = ["slow"]
    client.notify(account="1001", key="one", card=CARD)


def test_a_host_that_is_not_there(client: Client) -> None:
    gone = Client(Credentials("http://127.0.0.1:9", KEY, SECRET, TENANT))
    with pytest.raises(Failed, match="connection failed"):
        gone.check()
    nameless = Client(Credentials("http://no.such.host.invalid", KEY, SECRET, TENANT))
    with pytest.raises(Failed, match="does not resolve"):
        nameless.check()


def test_a_wrong_secret_is_refused_and_not_said(platform: Zwding) -> None:
    wrong = Client(Credentials(platform.host, KEY, "wrong-secret", TENANT))
    with pytest.raises(Refused) as refused:
        wrong.check()
    assert str(refused.value) == "refused (OPF-B001-05-16-0009)"


def test_a_clock_that_is_wrong_is_said_to_be_wrong(platform: Zwding, client: Client) -> None:
    platform.ahead = timedelta(minutes=9)
    with pytest.raises(Refused, match=r"clock differs from ours by \+5(39|40|41) s"):
        client.check()
    assert platform.refused == ["OPF-B001-05-16-0004 TimestampOutOfRange"]


def test_a_demo_whose_clock_was_moved_signs_with_the_time_of_day(
    platform: Zwding, client: Client
) -> None:
    clock.set_offset(timedelta(days=40))
    try:
        client.check()
    finally:
        clock.set_offset(timedelta())
    assert platform.refused == []

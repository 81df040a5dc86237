"""The SMPP gateway against a message centre of other make, and against one that misbehaves."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import smpp34

from huiyin.matters.table import Event
from huiyin.notices import relay, services
from huiyin.notices.models import RelayAttempt
from huiyin.notices.relay.gateway import GatewayRelay
from huiyin.notices.sms import gateway as gateways
from huiyin.notices.sms.gateway import SmsFailed
from huiyin.notices.sms.models import SentPart
from huiyin.notices.transports.sms_smpp import loop as smpp_loop
from huiyin.notices.transports.sms_smpp.gateway import SmppGateway, Terms
from huiyin.notices.transports.sms_smpp.session import Account, Timing
from tests import factories
from tests.notices.sms.smsc import Centre, centre

OURS = "10690000"
QUICK = Timing(connect=2.0, answer=1.0, quiet=1.0)
CITIZEN = f"86{factories.MOBILE}"


@pytest.fixture(scope="module")
def smsc() -> Iterator[Centre]:
    with centre() as running:
        yield running


@contextmanager
def _gateway(port: int, **terms: Any) -> Iterator[SmppGateway]:
    account = Account("127.0.0.1", port, "huiyin", "secret")
    made = SmppGateway(account, Terms(OURS, **terms), QUICK)
    yield made
    made.close()


def _text(event: Any) -> str:
    return bytes(event.short_message).decode("utf-16-be")


def test_chinese_text_arrives_as_it_was_written(smsc: Centre) -> None:
    smsc.submitted.clear()
    with _gateway(smsc.port) as gateway:
        parts = gateway.send("您好，请问何时方便？😀", to="13800138000", key="k", extension="07")
    [got] = smsc.submitted
    assert _text(got) == "您好，请问何时方便？😀"
    assert (got.source_addr, got.destination_addr) == (f"{OURS}07", "8613800138000")
    assert (got.data_coding, got.registered_delivery) == (8, 1)
    assert len(parts) == 1


def test_a_long_message_goes_in_parts_that_a_phone_can_join(smsc: Centre) -> None:
    smsc.submitted.clear()
    said = "长" * 150
    with _gateway(smsc.port) as gateway:
        parts = gateway.send(said, to="13800138000", key="k")
        again = gateway.send(said, to="13800138000", key="k")
    assert len(parts) == len(set(parts)) == 3
    contents = [bytes(got.short_message) for got in smsc.submitted[:3]]
    heads = [content[:6] for content in contents]
    assert [head[4:] for head in heads] == [b"\x03\x01", b"\x03\x02", b"\x03\x03"]
    assert len({head[3] for head in heads}) == 1
    assert all(got.esm_class == 0x40 for got in smsc.submitted)
    assert "".join(content[6:].decode("utf-16-be") for content in contents) == said
    # Sent again under the same key, the phone sees the same parts.
    assert [bytes(got.short_message) for got in smsc.submitted[3:]] == contents
    assert len(again) == 3


def test_a_centre_that_is_busy_gets_it_a_little_later(smsc: Centre) -> None:
    smsc.submitted.clear()
    smsc.verdicts[:] = [0x58, 0x14]
    with _gateway(smsc.port) as gateway:
        assert gateway.send("hi", to="13800138000", key="k")
    assert len(smsc.submitted) == 1


@pytest.mark.parametrize(("status", "permanent"), [(0x0B, True), (0x08, False), (0x0A, False)])
def test_a_refusal_says_whether_trying_again_can_help(
    smsc: Centre, status: int, permanent: bool
) -> None:
    smsc.verdicts[:] = [status]
    with _gateway(smsc.port) as gateway, pytest.raises(SmsFailed, match="refused") as refused:
        gateway.send("hi", to="13800138000", key="k")
    assert refused.value.permanent is permanent


def test_many_threads_share_one_connection(smsc: Centre) -> None:
    smsc.submitted.clear()
    while not smsc.bound.empty():
        smsc.bound.get()
    got: list[tuple[str, ...]] = []
    with _gateway(smsc.port, per_second=200) as gateway:
        threads = [
            threading.Thread(
                target=lambda n=n: got.append(gateway.send(f"n{n}", to="13800138000", key=f"{n}"))
            )
            for n in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert len({reference for parts in got for reference in parts}) == 20
    assert smsc.bound.qsize() == 1


def test_too_long_a_text_or_a_strange_number_is_refused_for_good(smsc: Centre) -> None:
    with _gateway(smsc.port) as gateway:
        for text, to in (("长" * 20_000, "13800138000"), ("hi", "1" * 21)):
            with pytest.raises(SmsFailed) as refused:
                gateway.send(text, to=to, key="k")
            assert refused.value.permanent


# The whole way: the unit writes, the phone has it, the citizen answers


@pytest.fixture
def connected(smsc: Centre, settings: Any) -> Iterator[SmppGateway]:
    """The relay of this installation speaks SMPP with ``smsc``."""
    smsc.submitted.clear()
    settings.HUIYIN_SMS_GATEWAY = "smpp"
    settings.HUIYIN_SMS_SOURCE = OURS
    settings.HUIYIN_SMPP_HOST, settings.HUIYIN_SMPP_PORT = "127.0.0.1", smsc.port
    settings.HUIYIN_SMPP_SYSTEM_ID, settings.HUIYIN_SMPP_PASSWORD = "huiyin", "secret"
    gateways.forget()
    before = relay.use(GatewayRelay())
    gateway = gateways.current()
    assert isinstance(gateway, SmppGateway)
    yield gateway
    relay.use(before)
    gateway.close()
    gateways.forget()


def _turn(answering: Any) -> Any:
    """Turn the background loop until the centre has its answer."""
    for _round in range(20):
        assert smpp_loop.tend()
        if answering.done():
            return answering.result()
    raise AssertionError("the centre has no answer")


@pytest.mark.django_db(transaction=True)
def test_a_unit_writes_and_the_citizen_answers(smsc: Centre, connected: SmppGateway) -> None:
    loop = factories.loop()
    assert smpp_loop.tend()
    services.message_citizen(**loop.now(loop.handler), text="请问何时方便通话？")
    [got] = smsc.submitted
    assert (_text(got), got.destination_addr) == ("请问何时方便通话？", CITIZEN)
    # The centre names the message as it did before, but in other letters.
    name = SentPart.objects.get().reference.upper()
    receipt = smsc.deliver_soon(
        source_addr=CITIZEN,
        destination_addr=got.source_addr,
        esm_class=0x04,
        short_message=f"id:{name} sub:001 dlvrd:001 stat:DELIVRD err:000".encode(),
    )
    assert _turn(receipt).is_success
    assert RelayAttempt.objects.get().outcome == RelayAttempt.Outcome.ARRIVED
    answer = smsc.deliver_soon(
        source_addr=CITIZEN,
        destination_addr=got.source_addr,
        data_coding=8,
        short_message="明天上午可以".encode("utf-16-be"),
    )
    assert _turn(answer).is_success
    assert loop.matter.steps.get(event=Event.CITIZEN_WRITES).data["text"] == "明天上午可以"
    stop = smsc.deliver_soon(
        source_addr=CITIZEN, destination_addr=got.source_addr, short_message=b"TD"
    )
    assert _turn(stop).is_success
    assert loop.again().contact_ended_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_receipt_moves_the_attempt_to_arrived(smsc: Centre, connected: SmppGateway) -> None:
    loop = factories.loop()
    assert smpp_loop.tend()
    services.message_citizen(**loop.now(loop.handler), text="长" * 100)
    references = list(loop.matter.relay_attempts.values_list("reference", flat=True))
    parts = list(
        SentPart.objects.filter(message__in=references).values_list("reference", flat=True)
    )
    assert len(parts) == 2
    for number, part in enumerate(parts):
        words = f"id:{part.upper()} stat:DELIVRD err:000".encode()
        tlvs = None
        if number:
            words = b""
            tlvs = [
                smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, part.encode() + b"\0"),
                smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, b"\x02"),
            ]
        answering = smsc.deliver_soon(
            source_addr=CITIZEN,
            destination_addr=OURS,
            esm_class=0x04,
            short_message=words,
            **({"tlvs": tlvs} if tlvs else {}),
        )
        assert _turn(answering).is_success
    assert loop.matter.relay_attempts.get().outcome == RelayAttempt.Outcome.ARRIVED


@pytest.mark.django_db(transaction=True)
def test_what_could_not_be_stored_is_brought_again(
    smsc: Centre, connected: SmppGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert smpp_loop.tend()

    def full(**_what: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("huiyin.notices.sms.services.receive_sms", full)
    answering = smsc.deliver_soon(
        source_addr=CITIZEN, destination_addr=OURS, short_message=b"hello"
    )
    assert _turn(answering).command_status == 0x64


# A centre that misbehaves: raw octets, written by hand

Handler = Callable[[socket.socket], None]


@contextmanager
def _raw(handle: Handler) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            threading.Thread(target=_handled, args=(handle, connection), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def _handled(handle: Handler, connection: socket.socket) -> None:
    with connection, suppress(OSError):
        handle(connection)


def _read(connection: socket.socket) -> tuple[int, int, bytes]:
    head = connection.recv(16, socket.MSG_WAITALL)
    if len(head) < 16:
        raise OSError("gone")
    length, command, _status, sequence = struct.unpack(">IIII", head)
    return command, sequence, connection.recv(length - 16, socket.MSG_WAITALL)


def _say(
    connection: socket.socket, command: int, sequence: int, status: int = 0, body: bytes = b""
) -> None:
    connection.sendall(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)


def _bound(connection: socket.socket) -> None:
    command, sequence, _body = _read(connection)
    _say(connection, command | 0x80000000, sequence, body=b"X\0")


def _stay(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def _never(connection: socket.socket) -> None:
    _stay(connection)


def _garbage(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    _stay(connection)


def _half(connection: socket.socket) -> None:
    _bound(connection)
    _command, sequence, _body = _read(connection)
    connection.sendall(struct.pack(">IIII", 30, 0x80000004, 0, sequence) + b"id")
    _stay(connection)


def _hangs_up(connection: socket.socket) -> None:
    _bound(connection)
    _read(connection)


def _refuses(connection: socket.socket) -> None:
    command, sequence, _body = _read(connection)
    _say(connection, command | 0x80000000, sequence, status=0x0E)
    _stay(connection)


def _nacks(connection: socket.socket) -> None:
    _bound(connection)
    _command, sequence, _body = _read(connection)
    _say(connection, 0x80000000, sequence)
    _stay(connection)


def _unending_id(connection: socket.socket) -> None:
    _bound(connection)
    _command, sequence, _body = _read(connection)
    _say(connection, 0x80000004, sequence, body=b"x" * 200)
    _stay(connection)


@pytest.mark.parametrize(
    "handle",
    [_never, _garbage, _half, _hangs_up, _refuses, _nacks, _unending_id],
    ids=lambda handle: handle.__name__.strip("_"),
)
def test_whatever_a_centre_does_a_send_ends_in_time(handle: Handler) -> None:
    with _raw(handle) as port, _gateway(port) as gateway:
        with pytest.raises(SmsFailed) as failed:
            gateway.send("hi", to="13800138000", key="k")
        assert not failed.value.permanent
        assert "127.0.0.1" not in str(failed.value)


def test_nobody_there_is_said_at_once_and_not_tried_without_a_pause() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with _gateway(port) as gateway:
        with pytest.raises(SmsFailed, match="no connection"):
            gateway.send("hi", to="13800138000", key="k")
        with pytest.raises(SmsFailed, match="a moment ago"):
            gateway.send("hi", to="13800138000", key="k")


def test_a_broken_connection_is_made_anew(smsc: Centre) -> None:
    times: list[int] = []

    def once_then_well(connection: socket.socket) -> None:
        times.append(1)
        _bound(connection)
        while True:
            command, sequence, _body = _read(connection)
            if len(times) == 1:
                return
            _say(connection, command | 0x80000000, sequence, body=b"fine\0")

    with _raw(once_then_well) as port, _gateway(port) as gateway:
        with pytest.raises(SmsFailed):
            gateway.send("hi", to="13800138000", key="k")
        assert gateway.send("hi", to="13800138000", key="k") == ("fine",)


def test_a_silent_centre_is_asked_and_given_up() -> None:
    asked = threading.Event()

    def silent(connection: socket.socket) -> None:
        _bound(connection)
        command, _sequence, _body = _read(connection)
        if command == 0x15:
            asked.set()
        _stay(connection)

    with _raw(silent) as port, _gateway(port) as gateway:
        gateway.tend(lambda message: None, wait_seconds=0.01)
        assert asked.wait(10)
        session = gateway._session
        assert session is not None
        for _look in range(100):
            if not session.alive:
                break
            threading.Event().wait(0.1)
        assert not session.alive


def test_a_centre_that_asks_gets_an_answer() -> None:
    answers: list[int] = []
    done = threading.Event()

    def curious(connection: socket.socket) -> None:
        _bound(connection)
        _say(connection, 0x15, 77)
        _say(connection, 0x09999999, 78)
        for _answer in range(2):
            command, sequence, _body = _read(connection)
            answers.extend((command, sequence))
        done.set()
        _stay(connection)

    with _raw(curious) as port, _gateway(port) as gateway:
        gateway.tend(lambda message: None, wait_seconds=0.01)
        assert done.wait(10)
    assert answers == [0x80000015, 77, 0x80000000, 78]

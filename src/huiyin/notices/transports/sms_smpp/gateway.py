"""The SMS gateway that speaks SMPP with a message centre: one connection for each process.

The process that runs the background loops binds as transceiver and takes what comes in; another web
process binds only when it has something to send, and takes leave when it is idle.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import queue
import random
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from huiyin.kernel import clock
from huiyin.notices.sms.gateway import SmsFailed
from huiyin.notices.transports.sms_smpp import receipts
from huiyin.notices.transports.sms_smpp import text as texts
from huiyin.notices.transports.sms_smpp.pdu import Message, Pdu, Status
from huiyin.notices.transports.sms_smpp.session import Account, Lost, Refused, Session, Timing

log = logging.getLogger(__name__)

T = TypeVar("T")
# More than all the waiting inside; a send never takes longer than this.
_SEND_SECONDS = 25.0
_IDLE_SECONDS = 60.0
_LONGEST_PAUSE = 30.0
_TRIES = 4
# The centre is busy, not unwilling.
_LATER = frozenset({Status.THROTTLED, Status.QUEUE_FULL})
# The number is not one: sending again cannot help.
_NEVER = frozenset({Status.INVALID_DESTINATION})
# Ask for a receipt when the message has arrived or failed for good.
_WANTS_RECEIPT = 0x01
_HAS_HEADER = 0x40
_INTERNATIONAL, _UNKNOWN, _ISDN = 1, 0, 1


@dataclass(frozen=True)
class Terms:
    """Whom we send as, and what the provider allows."""

    # Our own number, to which extensions are added.
    source: str
    per_second: float = 20.0
    source_ton: int = _UNKNOWN
    source_npi: int = _UNKNOWN


class SmppGateway:
    code = "smpp"
    knows_keys = False  # SMPP 3.4 has no such thing

    def __init__(self, account: Account, terms: Terms, timing: Timing | None = None) -> None:
        self._account, self._terms, self._timing = account, terms, timing or Timing()
        self._inbound: queue.Queue[tuple[Session | None, Pdu]] = queue.Queue(maxsize=1000)
        self._session: Session | None = None
        self._receives = False
        self._failures, self._not_before = 0, 0.0
        self._next_slot = 0.0
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Lock | None = None
        self._leaving: asyncio.Task[None] | None = None

    @classmethod
    def from_settings(cls) -> Self:
        if not (settings.HUIYIN_SMPP_HOST and settings.HUIYIN_SMPP_SYSTEM_ID):
            raise ImproperlyConfigured(
                "HUIYIN_SMS_GATEWAY=smpp needs HUIYIN_SMPP_HOST and HUIYIN_SMPP_SYSTEM_ID."
            )
        if not settings.HUIYIN_SMS_SOURCE:
            raise ImproperlyConfigured("HUIYIN_SMS_GATEWAY=smpp needs HUIYIN_SMS_SOURCE.")
        account = Account(
            settings.HUIYIN_SMPP_HOST,
            settings.HUIYIN_SMPP_PORT,
            settings.HUIYIN_SMPP_SYSTEM_ID,
            settings.HUIYIN_SMPP_PASSWORD,
            settings.HUIYIN_SMPP_SYSTEM_TYPE,
            settings.HUIYIN_SMPP_TLS,
        )
        return cls(account, Terms(settings.HUIYIN_SMS_SOURCE, settings.HUIYIN_SMPP_PER_SECOND))

    def send(self, text: str, *, to: str, key: str, extension: str = "") -> tuple[str, ...]:
        """See ``sms.gateway.Gateway``. A part that the centre took over is not taken back when a
        later one fails; sent again under the same key, the phone knows the parts it has."""
        try:
            parts = texts.split(text, reference=hashlib.sha256(key.encode()).digest()[0])
            messages = [self._message(part, to, extension) for part in parts]
            for message in messages:
                message.encode()
        except ValueError as error:
            raise SmsFailed("cannot be sent as a short message", permanent=True) from error
        references = self._run(self._submit(messages), _SEND_SECONDS)
        return tuple(receipts.canonical(reference) for reference in references)

    def _message(self, part: texts.Part, to: str, extension: str) -> Message:
        mainland = len(to) == 11 and to.startswith("1")
        return Message(
            source=self._terms.source + extension,
            destination=f"86{to}" if mainland else to.removeprefix("+"),
            content=part.content,
            coding=part.coding,
            esm_class=_HAS_HEADER if part.has_header else 0,
            registered_delivery=_WANTS_RECEIPT,
            source_ton=self._terms.source_ton,
            source_npi=self._terms.source_npi,
            destination_ton=_INTERNATIONAL,
            destination_npi=_ISDN,
        )

    async def _submit(self, messages: list[Message]) -> tuple[str, ...]:
        try:
            async with asyncio.timeout(_SEND_SECONDS - 1):
                session = await self._connected()
                return tuple([await self._one(session, message) for message in messages])
        except TimeoutError as error:
            raise SmsFailed("not taken in time", unsure=True) from error
        except Lost as error:
            raise SmsFailed(str(error), unsure=error.unsure) from error
        except Refused as error:
            raise SmsFailed(
                f"refused with status {error.status:#x}",
                permanent=error.status in _NEVER,
            ) from error

    async def _one(self, session: Session, message: Message) -> str:
        """Hand over one part, as slowly as agreed, and again a little later when asked to."""
        for attempt in range(1, _TRIES + 1):
            await self._wait_for_slot()
            try:
                return await session.submit(message)
            except Refused as refused:
                if refused.status not in _LATER or attempt == _TRIES:
                    raise
            await asyncio.sleep(0.25 * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311
        raise AssertionError  # the last try returns or raises

    async def _wait_for_slot(self) -> None:
        now = clock.monotonic()
        slot = max(now, self._next_slot)
        self._next_slot = slot + 1 / self._terms.per_second
        if slot > now:
            await asyncio.sleep(slot - now)

    async def _connected(self) -> Session:
        """The connection, made if there is none; a broken one is not tried again at once."""
        if self._opening is None:
            self._opening = asyncio.Lock()
        async with self._opening:
            session = self._session
            if session is not None and session.alive:
                if session.receives or not self._receives:
                    return session
                await session.close()
            if clock.monotonic() < self._not_before:
                raise Lost("not connected, tried a moment ago")
            deliver = self._arrived if self._receives else None
            try:
                opened = await Session.open(self._account, deliver=deliver, timing=self._timing)
            except (Lost, Refused):
                self._failures += 1
                pause = min(2.0 ** (self._failures - 1), _LONGEST_PAUSE)
                self._not_before = clock.monotonic() + pause * random.uniform(0.5, 1.0)  # noqa: S311
                raise
            self._failures = 0
            self._session = opened
            if deliver is None:
                self._leaving = asyncio.create_task(self._leave_when_idle(opened))
            return opened

    async def _leave_when_idle(self, session: Session) -> None:
        while session.alive:
            await asyncio.sleep(1.0)
            if clock.monotonic() - session.used > _IDLE_SECONDS:
                await session.close()

    def _arrived(self, packet: Pdu) -> None:
        try:
            self._inbound.put_nowait((self._session, packet))
        except queue.Full:
            # Not answered: the centre will bring it again.
            log.warning("more text messages come in than can be stored")

    def tend(self, take: Callable[[Message], None], *, wait_seconds: float = 1.0) -> None:
        """Keep the connection, and hand what comes in to ``take``, in this thread.

        What ``take`` returns from is stored: only then does the centre hear that we have it. What
        it raises on, the centre is asked to bring again.
        """
        self._receives = True
        try:
            self._run(self._connected(), _SEND_SECONDS)
        except (Lost, Refused, SmsFailed) as error:
            if self._failures == 1:
                log.warning("no connection to the message centre: %s", error)
        wait = wait_seconds
        while True:
            try:
                session, packet = self._inbound.get(timeout=wait)
            except queue.Empty:
                return
            status = _taken(take, packet)
            bound = session or self._session
            if bound is not None:
                self._answer(bound, packet, status)
            wait = 0.001

    def _answer(self, session: Session, packet: Pdu, status: int) -> None:
        try:
            self._run(session.answer(packet, status), _SEND_SECONDS)
        except (Lost, SmsFailed):
            log.info("the message centre left before it heard that its message is stored")

    def close(self) -> None:
        """Take leave of the centre and end the thread."""
        with self._starting:
            loop, self._loop = self._loop, None
        if loop is None:
            return
        asyncio.run_coroutine_threadsafe(self._leave(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)

    async def _leave(self) -> None:
        session, leaving = self._session, self._leaving
        self._session = self._opening = self._leaving = None
        if leaving is not None:
            leaving.cancel()
            await asyncio.wait([leaving])
        if session is not None:
            await session.close()

    def _run(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._running())
        try:
            return future.result(seconds)
        except NotInTime as error:
            future.cancel()
            raise SmsFailed("not taken in time", unsure=True) from error

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                threading.Thread(target=loop.run_forever, name="huiyin-smpp", daemon=True).start()
                self._loop = loop
            return self._loop


def _taken(take: Callable[[Message], None], packet: Pdu) -> int:
    try:
        message = Message.decode(packet.body)
    except ValueError:
        log.warning("a text message that came in cannot be read")
        return Status.SYSTEM_ERROR
    try:
        take(message)
    except Exception:
        log.exception("a text message that came in could not be stored")
        return Status.TRY_LATER
    return Status.OK

"""One bound connection to a message centre (SMPP 3.4), in an asyncio loop.

A ``deliver_sm`` is answered by whoever stored what it says, and not before, so that the centre
keeps what a crash would lose. Which libraries were looked at: docs/explain/dependencies.md.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from huiyin.kernel import clock
from huiyin.notices.transports.sms_smpp import pdu
from huiyin.notices.transports.sms_smpp.pdu import Command, Malformed, Message, Pdu, Status

log = logging.getLogger(__name__)

_LAST_SEQUENCE = 0x7FFFFFFF


@dataclass(frozen=True)
class Timing:
    """Seconds. A centre that says nothing for ``quiet`` is asked whether it is there, and is given
    up when it does not ``answer``."""

    connect: float = 8.0
    answer: float = 10.0
    quiet: float = 30.0


@dataclass(frozen=True)
class Account:
    host: str
    port: int
    system_id: str
    password: str
    system_type: str = ""
    tls: bool = False


class Lost(Exception):
    """There is no connection, or it broke, or nothing came in time. Ours to word: no address.

    ``unsure``: something had been asked, and may have been done.
    """

    def __init__(self, said: str, *, unsure: bool = False) -> None:
        super().__init__(said)
        self.unsure = unsure


class Refused(Exception):
    """The centre said no, with this command status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class Session:
    """Made by ``open``; of no use any more once ``alive`` is False."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        timing: Timing,
        deliver: Callable[[Pdu], None] | None,
    ) -> None:
        self._reader, self._writer = streams
        self._timing, self._deliver = timing, deliver
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._heard = self.used = clock.monotonic()
        self._tasks: list[asyncio.Task[None]] = []
        self.alive = True

    @property
    def receives(self) -> bool:
        return self._deliver is not None

    @classmethod
    async def open(
        cls,
        account: Account,
        *,
        deliver: Callable[[Pdu], None] | None,
        timing: Timing | None = None,
    ) -> Session:
        """Connect and bind: as transceiver when ``deliver`` takes what comes in, else only to send.

        ``deliver`` is called with each deliver_sm; whoever has stored it calls ``answer``.
        Raises ``Lost`` or ``Refused``.
        """
        timing = timing or Timing()
        try:
            async with asyncio.timeout(timing.connect):
                streams = await asyncio.open_connection(
                    account.host,
                    account.port,
                    ssl=ssl.create_default_context() if account.tls else None,
                )
        except TimeoutError as error:
            raise Lost("no connection in time") from error
        except (OSError, ssl.SSLError, UnicodeError) as error:
            raise Lost(f"no connection ({type(error).__name__})") from error
        session = cls(streams, timing, deliver)
        session._tasks = [asyncio.create_task(session._read()), asyncio.create_task(session._ask())]
        command = Command.BIND_TRANSCEIVER if deliver else Command.BIND_TRANSMITTER
        body = pdu.bind_body(account.system_id, account.password, account.system_type)
        try:
            await session._request(command, body)
        except Lost as error:
            session._end("the bind failed")
            raise Lost(str(error)) from error
        except Refused:
            session._end("the bind failed")
            raise
        return session

    async def submit(self, message: Message) -> str:
        """Hand over a message; what the centre calls it. Raises ``Lost`` or ``Refused``."""
        self.used = clock.monotonic()
        answer = await self._request(Command.SUBMIT_SM, message.encode())
        try:
            return pdu.message_id(answer.body)
        except Malformed as error:
            self._end("an answer that cannot be read")
            raise Lost("an answer that cannot be read", unsure=True) from error

    async def answer(self, delivered: Pdu, status: int) -> None:
        """Tell the centre what became of a deliver_sm. Raises ``Lost``."""
        # The body of a deliver_sm_resp is an id that is not used: one zero octet.
        response = delivered.command | pdu.RESPONSE
        await self._send(Pdu(response, delivered.sequence, status, b"\0"))

    async def close(self) -> None:
        """Take leave, shortly, and hang up."""
        if self.alive:
            with suppress(Lost, Refused, TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._request(Command.UNBIND)
        self._end("closed")

    async def _request(self, command: Command, body: bytes = b"") -> Pdu:
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        sequence = self._sequence
        waiting: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = waiting
        try:
            async with asyncio.timeout(self._timing.answer):
                await self._send(Pdu(command, sequence, body=body))
                answer = await waiting
        except TimeoutError as error:
            raise Lost("no answer in time", unsure=True) from error
        finally:
            self._waiting.pop(sequence, None)
        if answer.status != Status.OK:
            raise Refused(answer.status)
        return answer

    async def _send(self, packet: Pdu) -> None:
        if not self.alive:
            raise Lost("the connection is broken")
        try:
            self._writer.write(packet.encode())
            await self._writer.drain()
        except OSError as error:
            self._end("cannot write")
            raise Lost("the connection is broken") from error

    async def _read(self) -> None:
        why = "the centre hung up"
        try:
            while self.alive:
                await self._handle(await self._packet())
        except asyncio.IncompleteReadError:
            pass
        except (Malformed, OSError, Lost) as error:
            why = f"unreadable ({error})" if isinstance(error, Malformed) else "broken"
        finally:
            self._end(why)

    async def _packet(self) -> Pdu:
        head = await self._reader.readexactly(pdu.HEADER.size)
        length, command, status, sequence = pdu.header(head)
        body = await self._reader.readexactly(length)
        self._heard = clock.monotonic()
        return Pdu(command, sequence, status, body)

    async def _handle(self, packet: Pdu) -> None:
        if packet.is_response:
            waiting = self._waiting.get(packet.sequence)
            if waiting is not None and not waiting.done():
                # A generic_nack says no without saying so in every field.
                unsaid = packet.command == Command.GENERIC_NACK and packet.status == Status.OK
                waiting.set_result(
                    Pdu(packet.command, packet.sequence, Status.SYSTEM_ERROR) if unsaid else packet
                )
        elif packet.command == Command.DELIVER_SM and self._deliver is not None:
            self._deliver(packet)
        elif packet.command in (Command.ENQUIRE_LINK, Command.UNBIND):
            await self._send(Pdu(packet.command | pdu.RESPONSE, packet.sequence))
            if packet.command == Command.UNBIND:
                self._end("the centre took leave")
        else:
            nack = Pdu(Command.GENERIC_NACK, packet.sequence, Status.UNKNOWN_COMMAND)
            await self._send(nack)

    async def _ask(self) -> None:
        """Ask a quiet centre whether it is there; hang up on one that does not answer."""
        while self.alive:
            await asyncio.sleep(min(1.0, self._timing.quiet / 2))
            if clock.monotonic() - self._heard < self._timing.quiet:
                continue
            try:
                await self._request(Command.ENQUIRE_LINK)
            except Lost:
                self._end("the centre does not answer")
            except Refused:
                self._heard = clock.monotonic()

    def _end(self, why: str) -> None:
        if not self.alive:
            return
        self.alive = False
        log.info("the connection to the message centre ended: %s", why)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(Lost("the connection broke", unsure=True))
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
        self._writer.close()

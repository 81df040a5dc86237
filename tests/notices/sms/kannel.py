"""Kannel, a real SMS gateway, on loopback: bearerbox, smsbox, and phones played by its fakesmsc."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import unquote_to_bytes

BOXES = ("/usr/sbin/bearerbox", "/usr/sbin/smsbox", "/usr/lib/kannel/test/fakesmsc")
# How fakesmsc shows a message: whole, or a part with its header.
_GOT = re.compile(
    r"Got message \d+: <\S+ \S+ (?:ucs-2|udh (?P<header>\S+) data) (?P<content>[^>]*)>"
)
USERNAME, PASSWORD = "huiyin", "a-password-for-kannel"


def is_installed() -> bool:
    return all(shutil.which(box) for box in BOXES)


@dataclass
class Kannel:
    url: str
    folder: Path
    phone_port: int

    @contextmanager
    def phone(self, *messages: str) -> Iterator[Phone]:
        """A phone that sends ``messages`` (see fakesmsc) and keeps what it gets."""
        log = self.folder / f"phone-{monotonic()}.log"
        with log.open("wb") as out, ExitStack() as stack:
            command = [BOXES[2], "-H", "127.0.0.1", "-r", str(self.phone_port), "-i", "0.1"]
            # At least one message has to be given; -m 0 sends none of them.
            command += ["-m", str(len(messages)), *(messages or ["1 2 text x"])]
            _run(stack, command, out)
            _wait_for_port(self.phone_port)
            yield Phone(log)


@dataclass
class Phone:
    log: Path

    def messages(self) -> list[str]:
        """The texts that reached the phone whole, those in UCS-2."""
        whole, sets = [], {}
        for found in _GOT.finditer(self.log.read_text(errors="replace")):
            content = unquote_to_bytes(found["content"].replace("+", " "))
            if found["header"] is None:
                whole.append(content.decode("utf-16-be"))
                continue
            *_fixed, reference, total, number = unquote_to_bytes(found["header"])
            parts = sets.setdefault((reference, total), {})
            parts[number] = content
            if len(parts) == total:
                whole.append(b"".join(parts[n] for n in sorted(parts)).decode("utf-16-be"))
        return whole

    def wait_for(self, count: int) -> list[str]:
        until = monotonic() + 20
        while len(self.messages()) < count:
            assert monotonic() < until, self.log.read_text(errors="replace")
            sleep(0.05)
        return self.messages()


@contextmanager
def kannel(folder: Path, *, messages_url: str) -> Iterator[Kannel]:
    """Kannel, which posts what phones send to ``messages_url``."""
    admin, boxes, phone, sends = _free_ports(4)
    conf = folder / "kannel.conf"
    conf.write_text(
        f"""
group = core
admin-port = {admin}
admin-password = {PASSWORD}
admin-interface = 127.0.0.1
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = FAKE
port = {phone}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sends}
sendsms-interface = 127.0.0.1
http-request-retry = 3
http-queue-delay = 1

group = sendsms-user
username = {USERNAME}
password = {PASSWORD}
user-allow-ip = 127.0.0.1
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
send-sender = true
post-url = "{messages_url}"
"""
    )
    with ExitStack() as stack:
        for box, port in ((BOXES[0], boxes), (BOXES[1], sends)):
            out = stack.enter_context((folder / f"{Path(box).name}.log").open("wb"))
            _run(stack, [box, "-v", "1", str(conf)], out)
            _wait_for_port(port)
        yield Kannel(f"http://127.0.0.1:{sends}", folder, phone)


def _run(stack: ExitStack, command: list[str], out: object) -> None:
    # Kannel asks who it is; in a container the user may have no home.
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ})  # type: ignore[call-overload]

    def stop() -> None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    stack.callback(stop)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        made = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in made]


def _wait_for_port(port: int) -> None:
    until = monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert monotonic() < until, f"nothing listens on {port}"
            sleep(0.05)

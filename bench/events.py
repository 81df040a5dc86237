"""A million service events through ``POST /api/v1/events``, a thousand a call, beside a bare COPY.

    script/bench events [--quick] [--json]

On PostgreSQL, with two web workers and two connections that each wait for their answer. Every event
is a case of its own; a hundredth of the rows is wrong, a hundredth comes twice. The reference is
one COPY of the very rows that were stored, cases and events, into tables with the same columns and
indexes: nothing checked, nothing sealed, one transaction. Memory is that of the larger web worker,
looked at ten times on the way. It ends with an error unless each event has the verdict it should.

What the API does beyond a COPY is mostly cryptography: name, identity, number and title of each
case are sealed one by one, two of them hashed for look-ups.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import islice
from typing import Any

from bench import running, setting
from bench.memory import resident

EVENTS, QUICK = 1_000_000, 20_000
BATCH = 1000
CONNECTIONS = WORKERS = 2
UNITS = 50
LOOKS = 10
# Of every hundred rows one is wrong and one is the row before it again.
_WRONG, _TWICE = 37, 73
# A look is warm after so many of them: plans are made, pools are full.
_WARM = 1
GROWTH = 0.20
TABLES = ("reviews_case", "reviews_serviceevent")


def main() -> None:
    chosen = setting.arguments(__doc__ or "", ("postgres",))
    figures = setting.Figures("events on postgres", as_json=chosen.json)
    with setting.store("postgres"):
        os.environ |= running.EPOCHS
        setting.django()
        _run(figures, QUICK if chosen.quick else EVENTS)


def _run(figures: setting.Figures, many: int) -> None:
    from django.db import connections

    from bench import world
    from tests import factories

    units = [factories.organisation() for _ in range(UNITS)]
    _integrator, key = factories.integrator()
    rows = Rows([(unit.region.code, unit.uscc, unit.name) for unit in units], many)
    world.settle()
    connections.close_all()
    with running.product("postgres", WORKERS) as (port, serve):
        sending = Sending(port, key, rows.batches())
        held: list[int] = []
        began = time.perf_counter()
        sending.begin()
        for look in range(1, LOOKS + 1):
            sending.wait_for(many * look // LOOKS)
            held.append(max(map(resident, running.web_processes(serve.pid))))
            figures.say(f"resident memory after {sending.sent:,} events", held[-1] / 2**20, "MiB")
        sending.end()
        seconds = time.perf_counter() - began
    expected = rows.expected()
    if sending.verdicts != expected:
        raise SystemExit(f"verdicts are {sending.verdicts}, not {expected}")
    figures.say(
        "events through the API",
        many / seconds,
        "events/s",
        seconds=f"{seconds:.1f}",
        made_by_the_sender_in=f"{rows.seconds:.1f} s of it",
        asked_to_wait=sending.waited,
    )
    figures.say(
        "growth of memory",
        100 * (max(held[_WARM:]) / held[_WARM - 1] - 1),
        "%",
        target=f"at most {GROWTH:.0%}",
    )
    bare = _bare()
    stored = expected["created"]
    figures.say(
        "bare COPY of the same rows",
        stored / bare,
        "events/s",
        seconds=f"{bare:.1f}",
        the_API_takes=f"{seconds / bare:.1f} times as long",
    )
    connections.close_all()


class Rows:
    """Rows as a business system sends them, made as they are needed."""

    def __init__(self, units: list[tuple[str, str, str]], many: int) -> None:
        self._units, self._many = units, many
        self.seconds = 0.0

    def expected(self) -> Counter[str]:
        wrong = sum(number % 100 == _WRONG for number in range(self._many))
        twice = sum(number % 100 == _TWICE for number in range(self._many))
        return Counter(
            {"created": self._many - wrong - twice, "duplicate": twice, "rejected": wrong}
        )

    def batches(self) -> Iterator[tuple[int, bytes]]:
        """Bodies of calls, each with its number of events."""
        numbers = iter(range(self._many))
        while some := list(islice(numbers, BATCH)):
            began = time.perf_counter()
            events = [self._row(number) for number in some]
            body = json.dumps({"events": events}, ensure_ascii=False).encode()
            self.seconds += time.perf_counter() - began
            yield len(some), body

    def _row(self, number: int) -> dict[str, str]:
        if number % 100 == _TWICE:
            number -= 1
        area, uscc, name = self._units[number % len(self._units)]
        served = f"2024-03-{number % 28 + 1:02} 10:{number // 28 % 60:02}:00"
        row = {
            "areaCode": area,
            "deptCode": uscc,
            "orgcode": f"{area}_{uscc}",
            "orgName": name,
            "taskType": "20",
            "taskCode": f"{uscc}{number % 40:013}",
            "taskName": "社会保障卡申领",
            "projectNo": f"ZJ{number:018}",
            "projectName": "张三丰的社会保障卡申领",
            "proStatus": "3",
            "acceptDate": served,
            "resultDate": served,
            "serviceName": "办结",
            "serviceNumber": "1",
            "serviceTime": served,
            "userProp": "1",
            "userName": "张三丰",
            "userPageType": "111",
            "certKey": f"33010619900101{number % 10_000:04}",
            "mobile": f"138{number % 10**8:08}",
        }
        if number % 100 == _WRONG:
            del row["taskName"]
        return row


class Sending:
    """Some connections, each with a thread that sends the next batch when the last is answered."""

    def __init__(self, port: int, key: str, batches: Iterator[tuple[int, bytes]]) -> None:
        self._port, self._batches = port, batches
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._go_on) for _ in range(CONNECTIONS)]
        self._failed: BaseException | None = None
        self.sent = self.waited = 0
        self.verdicts: Counter[str] = Counter()

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for(self, many: int) -> None:
        """Until ``many`` events were answered. Raises what a thread failed with."""
        with self._changed:
            self._changed.wait_for(lambda: self.sent >= many or self._failed)
        if self._failed:
            raise self._failed

    def end(self) -> None:
        for thread in self._threads:
            thread.join()

    def _go_on(self) -> None:
        http = HTTPConnection("127.0.0.1", self._port, timeout=120)
        try:
            while (batch := self._next()) is not None:
                answer = self._post(http, batch[1])
                with self._changed:
                    self.sent += batch[0]
                    for name in ("created", "duplicate", "rejected"):
                        self.verdicts[name] += answer[name]
                    self._changed.notify_all()
        except BaseException as error:
            with self._changed:
                self._failed = error
                self._changed.notify_all()
        finally:
            http.close()

    def _next(self) -> tuple[int, bytes] | None:
        with self._changed:
            return None if self._failed else next(self._batches, None)

    def _post(self, http: HTTPConnection, body: bytes) -> Any:
        while True:
            http.request("POST", "/api/v1/events", body, self._headers)
            response = http.getresponse()
            said = response.read()
            if response.status == 200:
                return json.loads(said)
            if response.status not in {429, 503}:
                raise SystemExit(f"{response.status}: {said[:500]!r}")
            with self._changed:
                self.waited += 1
            time.sleep(float(response.headers.get("Retry-After") or 1))


def _bare() -> float:
    """Seconds to COPY the stored cases and events into empty tables like theirs."""
    from django.db import connection

    seconds = 0.0
    with connection.cursor() as cursor:
        for table in TABLES:
            with tempfile.TemporaryFile() as rows:
                with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                    for block in copy:
                        rows.write(block)
                cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
                rows.seek(0)
                began = time.perf_counter()
                with cursor.copy(f"COPY bare_{table} FROM STDIN") as copy:
                    while block := rows.read(1 << 20):
                        copy.write(block)
                seconds += time.perf_counter() - began
    return seconds


if __name__ == "__main__":
    main()

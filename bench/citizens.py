"""A part of the crowd that gives reviews by the API, each at its moment, whether the one before is
done or not (as far as a handful of threads allow).

Told in two lines of JSON what to give and when to begin; answers with when each review was given
and how long it took until its receipt was there, both in seconds.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from huiyin.kernel import clock

THREADS = 8
_TEXTS = {1: "等了两个小时，没有人告诉我还缺什么材料。", 5: "一个窗口就办好了，谢谢。"}
_TAGS = {1: "115", 3: "314", 4: "408", 5: "513"}


def main() -> None:
    part = json.loads(sys.stdin.readline())
    plan: list[tuple[str, int]] = json.loads(Path(part["plan"]).read_text())
    print(json.dumps("ready"), flush=True)
    began = json.loads(sys.stdin.readline())
    crowd = Crowd(plan, began, part["rate"], part["address"])
    workers = [threading.Thread(target=crowd.go) for _ in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps(crowd.done), flush=True)


class Crowd:
    def __init__(self, plan: list[tuple[str, int]], began: float, rate: int, address: str) -> None:
        self._plan, self._began, self._rate, self._address = plan, began, rate, address
        self._next = 0
        self._lock = threading.Lock()
        # When each was due to be given, and how long it took from then to its receipt.
        self.done: list[tuple[float, float]] = []

    def go(self) -> None:
        """Give one review after the other, through a connection that is kept."""
        http = HTTPConnection(self._address.removeprefix("http://"))
        while (place := self._take()) is not None:
            _give(http, *self._plan[place])
            due = self._due(place)
            self.done.append((due, clock.machine_now().timestamp() - due))

    def _due(self, place: int) -> float:
        return self._began + place / self._rate

    def _take(self) -> int | None:
        """The next, once its moment has come."""
        with self._lock:
            place = self._next
            if place >= len(self._plan):
                return None
            self._next += 1
        time.sleep(max(0.0, self._due(place) - clock.machine_now().timestamp()))
        return place


def _give(http: HTTPConnection, token: str, level: int) -> None:
    said: dict[str, Any] = {"token": token, "level": level, "tags": [_TAGS[level]]}
    body = json.dumps(said | {"text": _TEXTS.get(level, "")}, ensure_ascii=False).encode()
    http.request("POST", "/api/v1/reviews", body, {"content-type": "application/json"})
    answer = http.getresponse()
    read = answer.read()
    if answer.status != 201:
        raise RuntimeError(f"the API answered {answer.status} {read!r}")


if __name__ == "__main__":
    main()

"""A part of the crowd that gives reviews, each at its moment, whether the one before is done or not
(as far as a handful of threads allow).

Told in two lines of JSON what to give and when to begin; answers with when each review was given
and how long it took until its receipt was there, both in seconds.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench import setting
from huiyin.kernel import clock

# As many as one transaction takes at most.
MOST = 64
_TEXTS = {1: "等了两个小时，没有人告诉我还缺什么材料。", 5: "一个窗口就办好了，谢谢。"}
_TAGS = {1: "115", 3: "314", 4: "408", 5: "513"}


@dataclass(frozen=True)
class Give:
    """Gives a group of at most ``most`` reviews (token, level) at once."""

    way: Callable[[list[tuple[str, int]]], None]
    most: int

    def __call__(self, group: list[tuple[str, int]]) -> None:
        self.way(group)


def main() -> None:
    part = json.loads(sys.stdin.readline())
    plan: list[tuple[str, int]] = json.loads(Path(part["plan"]).read_text())
    give, threads = (by_api(part["address"]), 4) if part["address"] else (by_service(), 1)
    print(json.dumps("ready"), flush=True)
    began = json.loads(sys.stdin.readline())
    crowd = Crowd(plan, began, part["rate"])
    workers = [threading.Thread(target=crowd.go, args=(give(),)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps(crowd.done), flush=True)


class Crowd:
    def __init__(self, plan: list[tuple[str, int]], began: float, rate: int) -> None:
        self._plan, self._began, self._rate = plan, began, rate
        self._next = 0
        self._lock = threading.Lock()
        # When each was due to be given, and how long it took from then to its receipt.
        self.done: list[tuple[float, float]] = []

    def go(self, give: Give) -> None:
        while group := self._who_is_there(give.most):
            give([self._plan[place] for place in group])
            ended = clock.machine_now().timestamp()
            for place in group:
                due = self._due(place)
                self.done.append((due, ended - due))

    def _due(self, place: int) -> float:
        return self._began + place / self._rate

    def _who_is_there(self, most: int) -> range:
        """The next whose moment has come, waiting for the first of them."""
        with self._lock:
            first = self._next
            if first >= len(self._plan):
                return range(0)
            time.sleep(max(0.0, self._due(first) - clock.machine_now().timestamp()))
            there = int((clock.machine_now().timestamp() - self._began) * self._rate) + 1 - first
            self._next = min(first + max(1, min(there, most)), len(self._plan))
            return range(first, self._next)


def by_service() -> Callable[[], Give]:
    """The service, with whoever is waiting when the ones before have their receipts."""
    setting.django()
    from huiyin.reviews import services
    from huiyin.reviews.receipts import Receipt

    def give(group: list[tuple[str, int]]) -> None:
        given = [
            services.Given(token, services.NewReview(level, (_TAGS[level],), _TEXTS.get(level, "")))
            for token, level in group
        ]
        for verdict in services.submit_together(given):
            if not isinstance(verdict, Receipt):
                raise RuntimeError(f"not accepted: {verdict!r}")

    return lambda: Give(give, MOST)


def by_api(address: str) -> Callable[[], Give]:
    """The API itself, each thread through a connection that it keeps."""

    def connect() -> Give:
        http = HTTPConnection(address.removeprefix("http://"))

        def give(group: list[tuple[str, int]]) -> None:
            [(token, level)] = group
            said: dict[str, Any] = {"token": token, "level": level, "tags": [_TAGS[level]]}
            body = json.dumps(said | {"text": _TEXTS.get(level, "")}).encode()
            http.request("POST", "/api/v1/reviews", body, {"content-type": "application/json"})
            answer = http.getresponse()
            read = answer.read()
            if answer.status != 201:
                raise RuntimeError(f"the API answered {answer.status} {read!r}")

        return Give(give, 1)

    return connect


if __name__ == "__main__":
    main()

"""A service event through the gateways beside the same event through ``POST /api/v1/events``.

All are whole requests to the product in this process, one event each, taken in turns. What SM2
needs (the sign and the content are decrypted) is measured by itself and printed apart; the target
for the rest is twice the API. Anhui pushes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from bench import setting

EVENTS, QUICK_EVENTS = 2000, 200
WARM_UP = 20


def main() -> None:
    chosen = setting.arguments(__doc__ or "")
    figures = setting.Figures(f"gateway on {chosen.store}", as_json=chosen.json)
    with setting.store(chosen.store):
        setting.django()
        _run(figures, QUICK_EVENTS if chosen.quick else EVENTS)


def _run(figures: setting.Figures, amount: int) -> None:
    from django.test import Client

    from huiyin.api.v1 import events
    from huiyin.dialects import signing
    from huiyin.kernel.throttle import Throttle
    from tests import factories
    from tests.dialects.pushing import System
    from tests.dialects.support import FORM, Beijing, National, Shandong

    events.calls = Throttle(burst=1_000_000, per_minute=1_000_000)
    body = factories.organisation()
    _integrator, key = factories.integrator()
    http = Client(SERVER_NAME="localhost")
    bearer = {"authorization": f"Bearer {key}"}

    def by_api(row: dict[str, Any]) -> Callable[[], Any]:
        said = json.dumps({"events": [row]})
        return lambda: http.post("/api/v1/events", said, "application/json", headers=bearer)

    national, shandong, beijing = National(), Shandong(), Beijing()

    def by_national(row: dict[str, Any]) -> Callable[[], Any]:
        said = urlencode(national.request(row))
        return lambda: http.post("/gateways/national", said, content_type=FORM)

    def by_shandong(row: dict[str, Any]) -> Callable[[], Any]:
        said = shandong.body(row)
        return lambda: http.post("/gateways/shandong", said, "application/json")

    def by_beijing(row: dict[str, Any]) -> Callable[[], Any]:
        said = beijing.body(row)
        return lambda: http.post("/gateways/beijing", said, content_type=FORM)

    def without_sm2(system: System) -> Callable[[dict[str, Any]], Callable[[], Any]]:
        def by_system(row: dict[str, Any]) -> Callable[[], Any]:
            call = system.call({name: str(value) for name, value in row.items()})
            return lambda: system.post(call)

        return by_system

    ways = {"api": by_api, "national": by_national, "shandong": by_shandong, "beijing": by_beijing}
    others = {name: System(name) for name in ("fujian", "zhejiang", "pingtan")}
    ways |= {name: without_sm2(system) for name, system in others.items()}
    spent = dict.fromkeys(ways, 0.0)
    for number in range(WARM_UP + amount):
        for name, way in ways.items():
            request = way(factories.event_row(body))
            begun = time.perf_counter()
            answer = request()
            if number >= WARM_UP:
                spent[name] += time.perf_counter() - begun
            fine = b"false" not in answer.content
            if name in others:
                fine = others[name].said(answer.content)["fine"]
            if answer.status_code != 200 or not fine:
                raise SystemExit(f"{name}: {answer.content.decode()}")
    fields = national.request(factories.event_row(body))
    [cipher] = json.loads(fields["params"])["evaluate"]
    begun = time.perf_counter()
    for _number in range(amount):
        signing.opened(fields["sign"], national.secrets)
        signing.opened(cipher, national.secrets)
    sm2 = (time.perf_counter() - begun) / amount
    api = spent.pop("api") / amount
    figures.say("POST /api/v1/events, one event", api * 1e6, "µs")
    figures.say("SM2: sign and content", sm2 * 1e6, "µs")
    for name, seconds in spent.items():
        each = seconds / amount
        more = {} if name in others else {"without_SM2": round((each - sm2) / api, 2)}
        times = round(each / api, 2)
        figures.say(f"gateway {name}, one event", each * 1e6, "µs", times_the_api=times, **more)


if __name__ == "__main__":
    main()

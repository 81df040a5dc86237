"""How long the pages of the desk, the cockpit and the arbiter take with a million matters.

The same pages for the same people, first with 1,000 matters, then with 1,000,000 (SQLite: 200,000),
through the whole of the product short of the network. It ends with an error when a page needs
another number of queries, or more than ten times as long. The public pages stand beside them.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from bench import setting

if TYPE_CHECKING:
    from django.test import Client

    from bench.histories import People
    from huiyin.directory.models import Staff

FEW = 1_000
MANY = {"postgres": 1_000_000, "sqlite": 200_000}
QUICK = 50_000
# As the newspaper counts them in one province.
UNITS = 4_500
TIMES = 5
_WORST = 10

Pages = dict[str, str]


@dataclass(frozen=True)
class Cost:
    queries: int
    ms: float


def main() -> None:
    chosen = setting.arguments(__doc__ or "")
    figures = setting.Figures(f"pages on {chosen.store}", as_json=chosen.json)
    with setting.store(chosen.store):
        setting.django()
        wrong = _run(figures, QUICK if chosen.quick else MANY[chosen.store])
    if wrong:
        raise SystemExit("\n".join(wrong))


def _run(figures: setting.Figures, many: int) -> list[str]:
    from bench import world
    from bench.histories import NOW, Histories, people
    from huiyin.kernel import clock
    from huiyin.matters.models import Matter

    wrong = []
    with clock.frozen(NOW), _plain_static_files():
        offices = world.offices(UNITS)
        chosen = people(offices)
        histories = Histories(offices, chosen)
        costs, firsts = [], []
        for total in (FEW, many):
            began = time.perf_counter()
            histories.grow_to(total)
            world.settle()
            figures.say("matters", Matter.objects.count(), "rows", seconds_to_fill=_since(began))
            costs.append(_measure(chosen))
            firsts.append(_first_view(chosen))
    few, grown = costs
    for name, cost in grown.items():
        ratio = cost.ms / few[name].ms
        figures.say(
            name,
            cost.ms,
            "ms",
            ms_with_1000=f"{few[name].ms:.1f}",
            ratio=f"{ratio:.2f}",
            queries=cost.queries,
            queries_with_1000=few[name].queries,
        )
        if cost.queries != few[name].queries:
            wrong.append(f"{name}: {few[name].queries} queries became {cost.queries}")
        if ratio > _WORST:
            wrong.append(f"{name}: {ratio:.1f} times as long")
    figures.say(
        "public: home, first view of an epoch in a process",
        firsts[1] * 1000,
        "ms",
        ms_with_1000=f"{firsts[0] * 1000:.1f}",
    )
    worst = max(grown, key=lambda name: grown[name].ms / few[name].ms)
    figures.say("the greatest ratio", grown[worst].ms / few[worst].ms, "times", page=worst)
    from django.db import connections

    connections.close_all()
    return wrong


def _since(began: float) -> str:
    return f"{time.perf_counter() - began:.0f}"


@contextmanager
def _plain_static_files() -> Iterator[None]:
    """Pages are rendered without collecting static files first."""
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    from django.conf import settings

    with override_settings(STORAGES=settings.STORAGES | {"staticfiles": plain}):
        yield


def _measure(chosen: People) -> dict[str, Cost]:
    """What each page costs, by its name."""
    found = {}
    for who, pages in _PAGES.items():
        client = _signed_in(chosen, who)
        for name, address in pages(client, chosen).items():
            found[f"{who}: {name}"] = _cost(client, address)
    return found


def _first_view(chosen: People) -> float:
    """Seconds for the public home page when it is the first that a process shows of an epoch."""
    from huiyin.indicators import queries

    client = _signed_in(chosen, "public")
    queries._snapshot.cache_clear()
    began = time.perf_counter()
    client.get("/")
    return time.perf_counter() - began


def _signed_in(chosen: People, who: str) -> Client:
    from django.test import Client

    client = Client(SERVER_NAME="localhost", headers={"accept-language": "zh-hans"})
    if who != "public":
        client.force_login(getattr(chosen, who))
    return client


def _cost(client: Client, address: str) -> Cost:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    if answer.status_code not in (200, 302):
        raise SystemExit(f"{address} answers {answer.status_code}")
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        client.get(address)
        seconds.append(time.perf_counter() - began)
    return Cost(len(queries), statistics.median(seconds) * 1000)


def _links(client: Client, address: str, pattern: str) -> list[str]:
    page = client.get(address).content.decode()
    return [unescape(found) for found in re.findall(pattern, page)]


_NEXT = r'href="([^"]+)"[^>]*rel="next"'


def _second(client: Client, address: str) -> str:
    """The address of the page after the first; the first again where there is only one."""
    found = _links(client, address, _NEXT)
    if not found:
        return address
    return found[0] if found[0].startswith("/") else f"{address.partition('?')[0]}{found[0]}"


def _reader(client: Client) -> Staff:
    from huiyin.directory.models import Staff

    return Staff.objects.get(pk=client.session["_auth_user_id"])


def _first_matter(client: Client, **which: object) -> str:
    """The code of the same matter, however many there are: the oldest row that the reader sees."""
    from huiyin.matters.queries import visible_to

    seen = visible_to(_reader(client)).filter(**which).order_by("pk")
    return seen.values_list("code", flat=True)[0]


def _place_below(client: Client, chosen: People) -> str:
    """The code of a body below the reader's own."""
    own = _reader(client).organisation.path
    line = (chosen.supervisor, chosen.handler, chosen.busy_handler)
    bodies = (one.organisation for one in line)
    return next(body.uscc for body in bodies if body.path.startswith(own) and body.path != own)


def _desk(client: Client, chosen: People) -> Pages:
    lists = {
        "inbox": "/desk/",
        "open": "/desk/?show=open",
        "late": "/desk/?show=late",
        "closed": "/desk/?show=closed",
        "open, rectifying": "/desk/?show=open&state=rectifying",
        "open, returned": "/desk/?show=open&state=returned",
        "open, given to me": "/desk/?show=open&given=me",
        "closed, given to me": "/desk/?show=closed&given=me",
        "open, given to nobody": "/desk/?show=open&given=nobody",
    }
    unit = chosen.handler.organisation.uscc
    matter = f"/desk/matters/{_first_matter(client, state='rectifying')}"
    return lists | {
        "open, second page": _second(client, lists["open"]),
        "closed, second page": _second(client, lists["closed"]),
        "open, of one unit": f"/desk/?show=open&unit={unit}",
        "closed, of one unit": f"/desk/?show=closed&unit={unit}",
        "search by number": f"/desk/?q={matter.rsplit('/', 1)[-1]}",
        "search for nothing": "/desk/?q=000000000",
        "matter": matter,
        "matter, to print": f"{matter}/print",
        "appeal of a matter": matter.replace("/matters/", "/appeals/"),
        "consequences": "/desk/consequences/",
        "away": "/desk/away/",
        "how I am told": "/desk/notices/preferences",
    }


def _cockpit(client: Client, chosen: People) -> Pages:
    lists = {
        "overview": "/cockpit/",
        "late": "/cockpit/late/",
        **{
            f"late, {clock}": f"/cockpit/late/?clock={clock}"
            for clock in ("callback", "rectification", "ruling", "supervision")
        },
        "soon": "/cockpit/soon/",
        "soon, supervision": "/cockpit/soon/?clock=supervision",
        **{
            f"decisions, {what}": f"/cockpit/decisions/?what={what}"
            for what in ("extension", "unreachable", "returned", "reply")
        },
        **{
            f"orders, {show}": f"/cockpit/orders/?show={show}"
            for show in ("open", "overdue", "answered")
        },
        **{
            f"sources, {by}, {days} days": f"/cockpit/sources/?by={by}&days={days}"
            for by in ("unit", "item", "channel", "tag", "counter", "time")
            for days in (30, 365)
        },
        "faults": "/cockpit/faults/",
        "faults, 365 days": "/cockpit/faults/?days=365",
        "delays, 365 days": "/cockpit/delays/?days=365",
    }
    fault = _links(client, "/cockpit/faults/?days=365", r'href="(/cockpit/faults/[0-9a-f-]{36})"')
    below = _place_below(client, chosen)
    return _desk(client, chosen) | {
        **{f"cockpit, {name}": address for name, address in lists.items()},
        "cockpit, late, second page": _second(client, lists["late"]),
        "cockpit, orders, second page": _second(client, lists["orders, answered"]),
        "cockpit, faults, second page": _second(client, lists["faults, 365 days"]),
        "cockpit, late, one place": f"/cockpit/late/?at={below}",
        "cockpit, sources, one place": f"/cockpit/sources/?days=365&at={below}",
        "cockpit, one fault": fault[0],
    }


def _arbiter(client: Client, chosen: People) -> Pages:
    case = f"/desk/arbitration/{_first_matter(client, state='verified', arbitrated=True)}"
    return {
        "queue": "/desk/arbitration/",
        "queue, second page": _second(client, "/desk/arbitration/"),
        "case": case,
        "case, earlier rulings": f"{case}?q=证据",
        "all open": "/desk/?show=open",
        "all closed": "/desk/?show=closed",
    }


def _public(client: Client, chosen: People) -> Pages:
    quiet, busy = chosen.handler.organisation, chosen.busy_handler.organisation
    return {
        "home": "/",
        "province": f"/regions/{chosen.arbiter.organisation.region.code}/",
        "county": f"/regions/{quiet.region.code}/",
        "reviews": "/reviews/",
        "reviews, second page": _second(client, "/reviews/"),
        "reviews of a county": f"/reviews/?region={quiet.region.code}",
        "reviews of a unit": f"/reviews/?organisation={busy.uscc}",
        "about": "/about/",
    }


_PAGES: dict[str, Callable[[Client, People], Pages]] = {
    "handler": _desk,
    "busy_handler": _desk,
    "supervisor": _cockpit,
    "busy_supervisor": _cockpit,
    "province": _cockpit,
    "arbiter": _arbiter,
    "public": _public,
}

if __name__ == "__main__":
    main()

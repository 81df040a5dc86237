"""What the lists ask of a large database: an index for every question about matters."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.directory.models import Role
from huiyin.matters import services
from huiyin.matters.table import State
from tests import factories
from tests.appeals.support import appealed
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db

# Tables that grow with every matter.
LARGE = ("matters_matter", "matters_clock", "matters_step", "notices_outbox", "notices_inboxitem")
DESK = (
    "/desk/",
    "/desk/?show=open",
    "/desk/?show=late",
    "/desk/?show=closed",
    "/desk/?show=open&state=rectifying",
    "/desk/?show=open&given=nobody",
    "/desk/?show=closed&given=me",
    "/desk/consequences/",
)
COCKPIT = (
    "/cockpit/",
    "/cockpit/late/",
    "/cockpit/late/?clock=supervision",
    "/cockpit/soon/",
    "/cockpit/decisions/?what=returned",
    "/cockpit/decisions/?what=reply",
    "/cockpit/orders/",
    "/cockpit/orders/?show=overdue",
    "/cockpit/faults/",
)
ARBITER = ("/desk/arbitration/", "/desk/?show=open", "/desk/?show=closed")


@pytest.mark.parametrize(
    ("who", "address"),
    [
        *(("handler", address) for address in DESK),
        *(("supervisor", address) for address in (*DESK, *COCKPIT)),
        *(("arbiter", address) for address in ARBITER),
    ],
)
def test_no_list_has_to_read_all_matters(
    database_name: str, frozen_clock: object, signed_in: SignedIn, who: str, address: str
) -> None:
    if database_name != "postgres":
        pytest.skip("asks PostgreSQL for its plans")
    loop = factories.loop(State.VERIFIED)
    appealed(loop)
    matter = loop.again()
    services.order(
        matter=matter, staff=loop.supervisor, seen_version=matter.version, demand="请说明。"
    )
    factories.staff(Role.ARBITER, over=factories.region(factories.PROVINCE))
    client = signed_in(getattr(loop, who))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    for query in queries.captured_queries:
        if not query["sql"].startswith("SELECT"):
            continue
        for line in _plan(query["sql"]):
            scanned = any(f"Seq Scan on {table}" in line for table in LARGE)
            assert not scanned, f"{query['sql']}\n{line}"


def _plan(sql: str) -> list[str]:
    """The plan for ``sql`` where reading a whole table counts as the last resort."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + sql.replace("%", "%%"), [])
        lines = [line for (line,) in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_seqscan = on")
    return lines

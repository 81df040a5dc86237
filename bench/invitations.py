"""How fast citizens are invited: 100,000 services planned, and their messages handed over.

Planning stands beside one INSERT … SELECT of the same rows into a table of the same shape with the
same indexes, handing over beside one UPDATE of the same rows. The gateway is played in this process
and takes each message at once: what is measured is ours, since a real one is as fast as its
contract. Afterwards each citizen must have been written to once.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from datetime import timedelta

from bench import setting

SERVICES = 100_000
UNITS = 200


def main() -> None:
    chosen = setting.arguments(__doc__ or "")
    services = SERVICES // 10 if chosen.quick else SERVICES
    figures = setting.Figures(f"invitations on {chosen.store}", as_json=chosen.json)
    with setting.store(chosen.store):
        setting.django()
        _run(figures, services)
        from django.db import connections

        connections.close_all()


class Gateway:
    """Takes every message at once."""

    code = "bench"
    knows_keys = False

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()

    def send(self, text: str, *, to: str, key: str, extension: str = "") -> tuple[str, ...]:
        self.got[to] += 1
        return (key,)


def _run(figures: setting.Figures, services: int) -> None:
    from bench import world
    from huiyin.directory.models import Region
    from huiyin.intake.invitations import presets
    from huiyin.intake.invitations import services as invitations
    from huiyin.intake.invitations.handing import hand_over_due, outlet
    from huiyin.intake.invitations.models import Planned, State
    from huiyin.kernel import clock

    world.serve(world.offices(UNITS), services)
    world.settle()
    ladder = invitations.add_ladder(
        jurisdiction=Region.objects.get(level=Region.Level.PROVINCE),
        document=presets.get("message-then-call").document
        | {"quiet": {"quiet_from": "03:00", "quiet_to": "03:01"}},
        valid_from=clock.today() - timedelta(days=1),
    )
    began = time.perf_counter()
    for _batch in invitations.plan_everything():
        pass
    planned = time.perf_counter() - began
    rows = Planned.objects.count()
    if rows != 2 * services:
        raise RuntimeError(f"{rows} rungs were planned, not {2 * services}")
    reference = _insert_select(str(ladder.pk))
    figures.say("one INSERT … SELECT of the same rows", rows / reference, "rungs/s")
    figures.say(
        "planned",
        rows / planned,
        "rungs/s",
        of_the_reference=f"{reference / planned:.2f}",
        seconds=f"{planned:.1f}",
    )
    world.settle()
    gateway = Gateway()
    outlet.current = lambda: gateway
    with clock.frozen(clock.now() + timedelta(days=1, hours=2)):
        reference = _update()
        world.settle()
        began = time.perf_counter()
        while hand_over_due():
            pass
        handed = time.perf_counter() - began
    if set(gateway.got.values()) != {1} or len(gateway.got) != services:
        raise RuntimeError("somebody was written to twice, or not at all")
    left = Planned.objects.filter(channel="sms").exclude(state=State.HANDED).count()
    if left:
        raise RuntimeError(f"{left} are not recorded as handed over")
    figures.say("one UPDATE of the same rows", services / reference, "messages/s")
    figures.say(
        "handed over to a gateway that takes them at once",
        services / handed,
        "messages/s",
        of_the_reference=f"{reference / handed:.2f}",
        seconds=f"{handed:.1f}",
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures.say("memory at its highest", memory, "MB")


_COLUMNS = (
    "id, organisation_id, event_id, ladder_id, rung, channel, number_hash, due_at, expires_at, "
    "next_at, state, why, attempts, planned_at, handed_at, reference, extension, outcome"
)
_SELECT = """
SELECT {key}, e.organisation_id, e.id, {ladder}, n.rung, n.channel, c.mobile_hash, e.occurred_at,
  e.accepted_at, e.occurred_at, 'planned', '', 0, e.accepted_at, NULL, '', '', ''
FROM reviews_serviceevent e JOIN reviews_case c ON c.id = e.case_id
  CROSS JOIN (SELECT 1 AS rung, 'sms' AS channel UNION ALL SELECT 2, 'hotline') n
WHERE c.status = 3 AND NOT EXISTS (
  SELECT 1 FROM invitations_planned p WHERE p.event_id = e.id AND p.rung > 2)
"""


def _insert_select(ladder: str) -> float:
    """Seconds for the rows of the plan, made by the database alone."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CREATE TABLE bench_planned (LIKE invitations_planned INCLUDING ALL)")
            select = _SELECT.format(key="gen_random_uuid()", ladder="%s::uuid")
            parameters = [ladder]
        else:
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = 'invitations_planned' "
                "AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC"
            )
            for (sql,) in cursor.fetchall():
                copy = sql.replace('"invitations_planned"', '"bench_planned"')
                cursor.execute(copy.replace('INDEX "', 'INDEX "bench_'))
            select = _SELECT.format(key="lower(hex(randomblob(16)))", ladder="%s")
            parameters = [ladder.replace("-", "")]
        began = time.perf_counter()
        cursor.execute(f"INSERT INTO bench_planned ({_COLUMNS}) {select}", parameters)
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE bench_planned")
    return seconds


def _update() -> float:
    """Seconds for one UPDATE that marks all messages as handed over; it is undone."""
    from django.db import transaction

    from huiyin.intake.invitations.models import Planned
    from huiyin.kernel import clock

    with transaction.atomic():
        began = time.perf_counter()
        Planned.objects.filter(channel="sms").update(
            state="handed", next_at=None, handed_at=clock.now(), reference="ABCDEFGH12"
        )
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    return seconds


if __name__ == "__main__":
    main()

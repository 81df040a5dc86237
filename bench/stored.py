"""Reviews by the million, made within PostgreSQL: what years of use leave behind.

Each has its service event (four to a case), its entry in the log with the salts, some have words;
one in fifty has a matter with step, clock and a notice that was delivered. What is sealed and what
is hashed has the right length and random bytes. The entries have no place in the log: accepting a
review does not look at the places, and the tree over them would have to be built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db import connection, models

from bench import world
from bench.served import ITEM
from huiyin.directory.models import Region, ServiceItem
from huiyin.kernel import clock
from huiyin.log.models import Entry, EntrySecret
from huiyin.matters.models import Step
from huiyin.matters.table import ClockKind
from huiyin.notices.models import Outbox
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Case, Review, ReviewContent, ServiceEvent

CHUNK = 500_000
_EVENTS_OF_A_CASE = 4
_BAD_EVERY = 50

# Keys as ours are: by time, a millisecond each, then random bits; always the same for one number.
_FUNCTIONS = """
CREATE OR REPLACE FUNCTION stored_key(kind text, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '70008'
            || substr(md5(kind || n), 1, 15))::uuid $$;
CREATE OR REPLACE FUNCTION stored_bytes(kind text, n bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT sha256((kind || n)::bytea) $$
"""
_BAD = f"(n % {_BAD_EVERY} = 0)"
_LEVEL = f"(CASE WHEN {_BAD} THEN 1 ELSE 3 + n % 3 END)"
_TAG = f"(ARRAY['115', '', '314', '408', '513'])[{_LEVEL}]"
_AT = "(timestamptz '2023-11-15 00:00Z' + n * interval '10 ms')"
_CASES: dict[str, str] = {
    "id": "stored_key('case', n)",
    "organisation": "u.id",
    "jurisdiction": "u.region",
    "project_no": "'STORED-' || n",
    "item": "u.item",
    "item_code": f"'{0:031}'",
    "item_name": f"'{ITEM}'",
    "task_type": "'20'",
    "status": "3",
    "applicant_kind": "'1'",
    "identity_kind": "'999'",
    "name_sealed": "stored_bytes('name', n)",
    "identity_sealed": "stored_bytes('identity', n) || '\\x00112233445566778899aabbccddee'",
    "identity_hash": "stored_bytes('identity hash', n)",
    "mobile_sealed": "stored_bytes('mobile', n) || '\\x0011223344556677'",
    "mobile_hash": "stored_bytes('mobile hash', n)",
}
_EVENTS = {
    "id": "stored_key('event', n)",
    "organisation": "u.id",
    "case": f"stored_key('case', n / {_EVENTS_OF_A_CASE})",
    "service_number": f"1 + n % {_EVENTS_OF_A_CASE}",
    "occurred_at": _AT,
    "accepted_at": _AT,
    "integrator": "u.integrator",
}
_ENTRIES = {
    "id": "stored_key('entry', n)",
    "kind": "'review'",
    "organisation": "u.id",
    "subject_id": "stored_key('review', n)",
    # As our entries read, with the members in their order.
    "public": (
        """'{"channel":"web","day":"2023-11-15","item":"' || repeat('0', 31)"""
        f""" || '","kind":"review","level":' || {_LEVEL}"""
        """ || ',"ordinal":1,"organisation":"' || u.uscc"""
        """ || '","private":{"event":"' || encode(stored_bytes('a', n), 'hex')"""
        """ || '","photos":"' || encode(stored_bytes('b', n), 'hex')"""
        """ || '","text":"' || encode(stored_bytes('c', n), 'hex')"""
        f""" || '"}},"region":"' || u.region || '","tags":["' || {_TAG}"""
        """ || '"],"trust":"verified","v":1}'"""
    ),
    "leaf_hash": "stored_bytes('leaf', n)",
    "appended_at": _AT,
}
_SECRETS = {
    "entry": "stored_key('entry', n)",
    "salts": "stored_bytes('s', n) || stored_bytes('t', n) || stored_bytes('u', n)",
}
_REVIEWS = {
    "id": "stored_key('review', n)",
    "organisation": "u.id",
    "event": "stored_key('event', n)",
    "ordinal": "1",
    "level": _LEVEL,
    "tags": f"jsonb_build_array({_TAG})",
    "channel": "'web'",
    "trust": "'verified'",
    "accepted_at": _AT,
    "code_hash": "stored_bytes('code', n)",
    "entry": "stored_key('entry', n)",
}
_CONTENTS = {"review": "stored_key('review', n)", "text": "'一个窗口就办好了，谢谢。'"}
_NOTICES = {
    "id": "gen_random_uuid()",
    "matter": "s.matter_id",
    "step": "s.id",
    "event": "'open'",
    "audience": "'unit'",
    "transport": "'inbox'",
    "action": "'tell'",
    "delivery_key": "s.id || ':stored'",
    "accepted_at": "s.at",
    "created_at": "s.at",
    "attempts": "1",
    "tries_left": "1",
    "state": "'delivered'",
}


def fill(offices: world.World, many: int) -> None:
    """Store ``many`` reviews that were given long ago. PostgreSQL only, as its superuser."""
    _prepare(offices)
    for start in range(0, many, CHUNK):
        end = min(start + CHUNK, many)
        cases = f"generate_series({start // _EVENTS_OF_A_CASE}, {(end - 1) // _EVENTS_OF_A_CASE})"
        rows = f"generate_series({start}, {end - 1})"
        of_units = f"JOIN stored_unit u ON u.place = n / {_EVENTS_OF_A_CASE} % {len(offices.units)}"
        _insert(Case, _CASES, f"{cases} n JOIN stored_unit u ON u.place = n % {len(offices.units)}")
        for model, columns in (
            (ServiceEvent, _EVENTS),
            (Entry, _ENTRIES),
            (Review, _REVIEWS),
        ):
            _insert(model, columns, f"{rows} n {of_units}")
        _insert(EntrySecret, _SECRETS, f"{rows} n")
        _insert(ReviewContent, _CONTENTS, f"{rows} n WHERE n % 10 = 0")
    world.fill(offices, _matters(offices, many // _BAD_EVERY))
    _insert(Outbox, _NOTICES, f"{Step._meta.db_table} s WHERE s.number = 1")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")


def _prepare(offices: world.World) -> None:
    """The functions, and what of each unit the rows name. Foreign keys are not looked up: what they
    point to is there."""
    province = Region.objects.get(level=Region.Level.PROVINCE)
    integrator, _key = reviews.add_integrator(name="stored", region=province)
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS)
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "CREATE TEMPORARY TABLE stored_unit (place bigint PRIMARY KEY, id uuid, region text, "
            "uscc text, item uuid, integrator uuid)"
        )
        for place, unit in enumerate(offices.units):
            item, _made = ServiceItem.objects.get_or_create(
                organisation=unit, code=f"{0:031}", defaults={"name": ITEM}
            )
            cursor.execute(
                "INSERT INTO stored_unit VALUES (%s, %s, %s, %s, %s, %s)",
                [place, unit.pk, unit.region.code, unit.uscc, item.pk, integrator.pk],
            )


def _insert(model: type[models.Model], columns: Mapping[str, str], source: str) -> None:
    """Insert into the table of ``model`` what ``columns`` (by field) say of each row of ``source``.
    A field that is not named gets nothing, as far as the model allows it."""
    fields = model._meta.concrete_fields
    unknown = columns.keys() - {field.name for field in fields}
    if unknown:
        raise ValueError(f"{model.__name__} has no {', '.join(unknown)}")
    quoted = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(columns.get(field.name) or _nothing(field) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({quoted}) '  # noqa: S608 - our own names
            f"SELECT {values} FROM {source}".replace("%", "%%"),
            [],
        )


def _nothing(field: models.Field[Any, Any]) -> str:
    if field.null:
        return "NULL"
    if isinstance(field, models.JSONField):
        return "'[]'" if field.default is list else "'{}'"
    if isinstance(field, models.CharField | models.TextField):
        return "''"
    if isinstance(field, models.BooleanField):
        return "false"
    raise ValueError(f"{field.model.__name__}.{field.name} needs a value")


def _matters(offices: world.World, many: int) -> Iterator[world.NewMatter]:
    opened = clock.now() - timedelta(days=1)
    due = opened + timedelta(days=30)
    one = world.NewClock(ClockKind.CALLBACK, opened, due, due)
    for number in range(many):
        yield world.NewMatter(offices.units[number % len(offices.units)], opened, (one,))

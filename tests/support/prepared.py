"""A query that is asked again and again with another key: made once, and then only run.

Making a query takes Django many times as long as a database takes to answer it. Where a test asks
the same hundreds of thousands of times, that is most of its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet, UUIDField

from huiyin.kernel import ids


class Prepared:
    """The query that ``of`` makes for a key; its result as rows of values."""

    def __init__(self, of: Callable[[UUID], QuerySet[Any, Any]]) -> None:
        anything = ids.uuid7()
        compiler = of(anything).query.get_compiler(connection=connection)
        self._sql, params = compiler.as_sql()
        stands_for_the_key = self._adapt(anything)
        self._params = [(one == stands_for_the_key, one) for one in params]
        selected = [column for column, *_rest in compiler.select]
        self._converters = compiler.get_converters(selected)
        self._compiler = compiler

    def rows(self, key: UUID) -> Iterable[list[Any]]:
        adapted = self._adapt(key)
        params = [adapted if is_the_key else one for is_the_key, one in self._params]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, params)
            found = cursor.fetchall()
        return self._compiler.apply_converters(found, self._converters)

    @staticmethod
    def _adapt(key: UUID) -> Any:
        return UUIDField().get_db_prep_value(key, connection)

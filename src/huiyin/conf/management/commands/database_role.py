"""``huiyin database-role``: a PostgreSQL role that can run Huiyin and change nothing of its log."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, transaction

from huiyin.conf import database_role, startup


class Command(BaseCommand):
    help = (
        "Give a PostgreSQL role what Huiyin needs and no more: no UPDATE and DELETE on append-only "
        "tables. Run it as the owner of the tables, again after each upgrade."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="the role that serve and work connect as")
        parser.add_argument(
            "--print", action="store_true", dest="only_print", help="print the SQL and do nothing"
        )

    def handle(self, *args: Any, role: str, only_print: bool, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Roles are PostgreSQL's; the embedded database has none.")
        if startup.unapplied_migrations():
            raise CommandError("The database lacks migrations. Run first: huiyin migrate")
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolname = current_user FROM pg_roles WHERE rolname = %s", [role])
            found = cursor.fetchone()
        if found and found[0]:
            raise CommandError(
                f"{role} is the role that this command runs as. The application's has to be "
                "another one: whoever owns the tables can change them."
            )
        statements = database_role.statements(role, create=found is None)
        if only_print:
            self.stdout.write("".join(f"{statement};\n" for statement in statements))
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        except DatabaseError as error:
            raise CommandError(f"Nothing was changed: {error}") from error
        self.stdout.write(
            f"{role} may run Huiyin, and change none of the "
            f"{len(database_role.append_only_tables())} append-only tables."
        )
        if found is None:
            self.stdout.write(f"It is new and has no password yet: \\password {role} in psql.")

"""Finding the accounts of staff in 浙政钉 by their employee codes, from a table of who is who."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.notices.transports.zwding.client import Client

COLUMNS = ("username", "employee_code")


@dataclass(frozen=True)
class Row:
    """One row of the table; ``line`` is its number in the file."""

    line: int
    username: str
    code: str


@dataclass(frozen=True)
class Found:
    """Whose account is which, and what is wrong with the other rows, by line."""

    accounts: Sequence[tuple[Staff, str]]
    wrong: dict[int, str]


def look_up(rows: Iterable[Row], client: Client) -> Found:
    """Judge every row, and ask for the accounts of those that are right. Raises ``Failed`` of the
    client. Two queries and one call for each hundred codes."""
    rows = list(rows)
    staff = {
        person.username: person
        for person in Staff.objects.filter(username__in=[row.username for row in rows])
    }
    names, codes = Counter(row.username for row in rows), Counter(row.code for row in rows)
    wrong = {}
    for row in rows:
        if not row.username or not row.code:
            wrong[row.line] = _("The user name or the employee code is missing.")
        elif row.username not in staff:
            wrong[row.line] = _("There is nobody of this user name.")
        elif names[row.username] > 1:
            wrong[row.line] = _("This user name is there twice.")
        elif codes[row.code] > 1:
            wrong[row.line] = _("This employee code is there twice.")
    asked = [row for row in rows if row.line not in wrong]
    known = client.accounts([row.code for row in asked])
    for row in asked:
        if row.code not in known:
            wrong[row.line] = _("Government DingTalk does not know this employee code.")
    accounts = [(staff[row.username], known[row.code]) for row in asked if row.code in known]
    return Found(accounts, wrong)

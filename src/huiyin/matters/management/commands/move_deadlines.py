"""``huiyin move-deadlines``: open deadlines to where the calendar in force puts them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.kernel.text import is_blank
from huiyin.matters import services

# Each round looks at all running clocks once.
_AT_ONCE = 5000


class Command(BaseCommand):
    help = (
        "Show which open deadlines the calendar in force would put elsewhere. With --confirm they "
        "are moved, each as a step on the record of its matter in the name of --as, with --reason. "
        "Running it again goes on where it was stopped."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--confirm", action="store_true", help="move them")
        parser.add_argument("--as", dest="username", default="", help="user name of who moves them")
        parser.add_argument("--reason", default="", help="such as the name of the notice")

    def handle(self, *, confirm: bool, username: str, reason: str, **options: Any) -> None:
        if not confirm:
            self._show()
            return
        staff = Staff.objects.filter(username=username, is_active=True).first()
        if staff is None or not staff.is_staff:
            raise CommandError(_("--as has to name an administrator."))
        if is_blank(reason):
            raise CommandError(_("--reason has to say why the deadlines are moved."))
        moved = 0
        while now := services.move_deadlines(staff=staff, reason=reason, limit=_AT_ONCE):
            moved += now
        self.stdout.write(_("Moved: %(count)d.") % {"count": moved})

    def _show(self) -> None:
        moves = services.moved_by_calendar()
        for (what, day, to), count in sorted(
            moves.groups.items(), key=lambda group: (group[0][1], group[0][2], str(group[0][0]))
        ):
            self.stdout.write(f"{what}: {day} → {to}: {count}")
        self.stdout.write(
            _("Would move: %(count)d. Would end on a day that is over, and stay: %(stay)d.")
            % {"count": moves.movable, "stay": moves.too_late}
        )

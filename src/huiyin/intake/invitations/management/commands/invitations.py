"""``huiyin invitations plan | status | stop | go-on``."""

from __future__ import annotations

import getpass
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from huiyin.intake.invitations import queries, services
from huiyin.intake.invitations.models import RungChannel, State, Why
from huiyin.kernel import clock


class Command(BaseCommand):
    help = (
        "Inviting citizens to rate. `plan` plans what came in (the background does so anyway), "
        "`status` says where the invitations stand, `stop` hands nothing more over until `go-on`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=["plan", "status", "stop", "go-on"])
        parser.add_argument("--reason", default="", help="why it is stopped or goes on")

    def handle(self, *, verb: str, reason: str, **options: Any) -> None:
        if verb == "plan":
            with tqdm(unit=" services", disable=None if options["verbosity"] else True) as bar:
                self._plan(bar)
        elif verb == "stop":
            services.stop(account=getpass.getuser(), reason=reason)
        elif verb == "go-on":
            services.go_on(account=getpass.getuser(), reason=reason)
        self._status()

    def _plan(self, bar: tqdm[NoReturn]) -> None:
        for looked_at in services.plan_everything():
            bar.update(looked_at)

    def _status(self) -> None:
        standing = queries.standing()
        if standing.stopped:
            said = _("Stopped since %(at)s. `huiyin invitations go-on` lets them go on.")
            self.stdout.write(said % {"at": f"{clock.local(standing.stopped.at):%Y-%m-%d %H:%M}"})
        said = _("Planned in the last %(days)d days: %(total)d; nothing left to do: %(settled)d")
        self.stdout.write(
            said
            % {
                "days": queries.COUNTED_DAYS,
                "total": standing.total,
                "settled": standing.settled,
            }
        )
        for (channel, state, why), number in standing.counts.items():
            name = str(State(state).label)
            if why:
                name += f" ({Why(why).label})"
            self.stdout.write(f"  {number:>9}  {RungChannel(channel).label}: {name}")
        self.stdout.write(_("Due now, by text message: %(due)d") % {"due": standing.due_now})

"""``huiyin replay SCENARIO``: a month that was published, played through a demo of its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from huiyin.conf import seeding
from huiyin.conf.quietly import only_warnings
from huiyin.conf.replay.published import Scenario, scenarios
from huiyin.conf.replay.report import compare
from huiyin.conf.replay.sampling import plan
from huiyin.conf.replay.stream import Stage
from huiyin.log.models import Entry

_SEED = 20230701


class Command(BaseCommand):
    help = (
        "Play a month that was published through an empty demo: invented offices and citizens, "
        "each review by the same way as anybody's, every day sealed and folded into the figures. "
        "At the end the published totals stand beside those of this installation; what the "
        "published ones do not say is drawn, and named. Give it a data folder of its own: "
        "HUIYIN_MODE=demo HUIYIN_DATA_DIR=replay huiyin migrate, then this; huiyin serve shows it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "scenario", nargs="?", choices=sorted(scenarios()), help="without one they are listed"
        )
        parser.add_argument(
            "--scale",
            type=float,
            default=0.01,
            help="so many times the reviews, above 0 and at most 1; default 0.01",
        )
        parser.add_argument(
            "--seed", type=int, default=_SEED, help="the same one draws the same reviews"
        )

    def handle(
        self, *, scenario: str | None, scale: float, seed: int, verbosity: int, **options: Any
    ) -> None:
        known = scenarios()
        if scenario is None:
            for one in known.values():
                self.stdout.write(f"{one.code:<22}{one.reviews:>12,} reviews  {one.title}")
            return
        self._check(scale)
        seeding.seed_reference_data()
        planned = plan(known[scenario], scale)
        stage = Stage(planned, seed)
        bar = tqdm(total=planned.total, unit="reviews", disable=None if verbosity else True)
        with only_warnings(), bar:
            for done in stage.play():
                bar.update(done - bar.n)
        self._tell(known[scenario], planned.scale, [*compare(planned)])
        if stage.played.refused:
            named = ", ".join(f"{name} {many}" for name, many in stage.played.refused.items())
            raise CommandError(f"Not every review was taken: {named}")

    def _check(self, scale: float) -> None:
        if not settings.HUIYIN_DEMO:
            raise CommandError("Only a demo is played in: set HUIYIN_MODE=demo.")
        if not 0 < scale <= 1:
            raise CommandError("--scale is above 0 and at most 1.")
        if Entry.objects.exists():
            raise CommandError(
                "Something was rated or reported here already, and time does not go back. Choose "
                "an empty folder with HUIYIN_DATA_DIR (or another database), run huiyin migrate."
            )

    def _tell(self, scenario: Scenario, scale: float, lines: list[Any]) -> None:
        self.stdout.write(f"{scenario.title}, {scale:g} times its reviews")
        self.stdout.write(f"  {'':<36}{'published':>14}{'in the figures':>16}{'residual':>12}")
        for line in lines:
            rest = round(line.found - line.published, 1)
            self.stdout.write(
                f"  {line.name:<36}{line.published:>14,}{line.found:>16,}{rest:>12,}  {line.why}"
            )
        for text in scenario.assumed:
            self.stdout.write(text)

"""The writers of ratings by telephone."""

from huiyin.intake.channels.hotline.services.agents import (
    check_said,
    place,
    put_back,
    record,
    take_next,
)
from huiyin.intake.channels.hotline.services.dialling import dial_due, place_for_centre, tend
from huiyin.intake.channels.hotline.services.hearing import hear, started, try_out
from huiyin.intake.channels.hotline.services.listing import (
    Wanted,
    close,
    list_calls,
    list_for_reasons,
    refresh,
)
from huiyin.intake.channels.hotline.services.lists import export, import_results
from huiyin.intake.channels.hotline.services.reports import call_came_to

__all__ = [
    "Wanted",
    "call_came_to",
    "check_said",
    "close",
    "dial_due",
    "export",
    "hear",
    "import_results",
    "list_calls",
    "list_for_reasons",
    "place",
    "place_for_centre",
    "put_back",
    "record",
    "refresh",
    "started",
    "take_next",
    "tend",
    "try_out",
]

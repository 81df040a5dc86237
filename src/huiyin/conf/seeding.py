"""What a database needs before the first event arrives, and what a demo has besides.

Everything here may run again at any time: what exists is left alone.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import transaction

from huiyin.calendars import services as calendars
from huiyin.conf import demo_events, demo_sheet, demo_story
from huiyin.conf.demo_sheet import DemoSheet
from huiyin.directory import codes
from huiyin.directory import services as directory
from huiyin.directory.models import Region
from huiyin.matters import services as matters
from huiyin.reviews import services as reviews


class CannotSeed(Exception):
    """Nothing was written; the text says what to do."""


@transaction.atomic
def seed_reference_data() -> None:
    """Divisions, working days, the rules of the loop and the tag list; in every installation.

    Divisions of another province than the one that is shipped have to be there already. Raises
    ``CannotSeed``.
    """
    jurisdiction = settings.HUIYIN_JURISDICTION
    if codes.region_lineage(jurisdiction)[0] == directory.SHIPPED_PROVINCE:
        directory.seed_regions()
    elif settings.HUIYIN_DEMO:
        raise CannotSeed("The demo's offices are in Zhejiang. Run it without HUIYIN_JURISDICTION.")
    if not Region.objects.filter(code=jurisdiction).exists():
        raise CannotSeed(
            f"There is no division {jurisdiction} (HUIYIN_JURISDICTION). Only the divisions of "
            "Zhejiang are shipped, down to its counties. Import yours, then seed again: "
            "huiyin import-regions FILE"
        )
    calendars.seed()
    matters.seed_policies()
    reviews.seed_tags()


def seed_demo() -> DemoSheet:
    """The demo's offices, people, integrator and open invitations.

    Password and key are kept from one run to the next. Raises ``Forbidden`` outside the demo.
    """
    sheet = demo_sheet.read() or DemoSheet(base_url="", password=secrets.token_urlsafe(9))
    sheet.base_url = settings.HUIYIN_BASE_URL
    sheet.accounts = [
        {
            "role": account.role,
            "username": account.username,
            "password": sheet.password,
            "display_name": account.display_name,
            "organisation": account.organisation,
        }
        for account in directory.seed_demo(password=sheet.password)
    ]
    sheet.integrator_key = demo_events.integrator_key(sheet.integrator_key)
    demo_story.tell()
    sheet.invitations = demo_events.invitations()
    demo_events.calls()
    demo_sheet.write(sheet)
    return sheet

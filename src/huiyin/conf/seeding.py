"""What a database needs before the first event arrives, and what a demo has besides.

Everything here may run again at any time: what exists is left alone.
"""

from __future__ import annotations

import secrets

from django.conf import settings

from huiyin.calendars import services as calendars
from huiyin.conf import demo_events, demo_sheet, demo_story
from huiyin.conf.demo_sheet import DemoSheet
from huiyin.directory import services as directory
from huiyin.matters import services as matters
from huiyin.reviews import services as reviews


def seed_reference_data() -> None:
    """Divisions, working days, the rules of the loop and the tag list; in every installation."""
    directory.seed_regions()
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
    demo_sheet.write(sheet)
    return sheet

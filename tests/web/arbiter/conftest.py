"""Signed-in people, and a clock on a working day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from huiyin.directory.models import Staff
    from tests.web.desk.people import SignedIn


@pytest.fixture
def signed_in() -> SignedIn:
    """A browser in English with somebody's session."""

    def sign_in(staff: Staff) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(staff)
        return client

    return sign_in


@pytest.fixture(autouse=True)
def _a_working_day(frozen_clock: object) -> None:
    """Monday 4 March 2024, 10:00, in every test of the room."""

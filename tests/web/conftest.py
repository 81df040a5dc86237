"""Signed-in people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from huiyin.directory.models import Staff
    from tests.web.people import SignedIn


@pytest.fixture
def signed_in() -> SignedIn:
    """A browser in English with somebody's session."""

    def sign_in(staff: Staff) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(staff)
        return client

    return sign_in

"""What an address may carry that no database takes."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "junk", ["%00", "33%000106", "%EF%BF%BD", "%D9%A3%D9%A3%D9%A0%D9%A1%D9%A0%D9%A6"]
)
@pytest.mark.parametrize(
    "address",
    [
        "/regions/{}/",
        "/organisations/{}/",
        "/reviews/?organisation={}",
        "/reviews/?region={}",
        "/api/v1/figures?organisation={}",
        "/api/v1/figures?region={}",
        "/api/v1/figures/slices?by=item&organisation={}",
        "/api/v1/figures/slices?by=item&region={}",
    ],
)
def test_a_code_that_no_database_takes_is_not_found(
    client: Client, address: str, junk: str
) -> None:
    factories.reference_data()

    assert client.get(address.format(junk)).status_code == 404

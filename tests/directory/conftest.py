"""The directory's fixtures. Models are imported late: this file is read before Django is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from huiyin.directory.models import Organisation, Region, Role, Staff
    from huiyin.directory.services import Account


@pytest.fixture
def regions(db: None) -> dict[str, Region]:
    """The divisions of Zhejiang by code."""
    from huiyin.directory import services
    from huiyin.directory.models import Region

    services.seed_regions()
    return {region.code: region for region in Region.objects.all()}


@pytest.fixture
def demo(db: None) -> list[Account]:
    from huiyin.directory import services

    return services.seed_demo(password="celadon-glaze-27")


@pytest.fixture
def organisation(regions: dict[str, Region]) -> Callable[..., Organisation]:
    """Make an organisation in a region (6 digits), below another one or at the top."""
    from huiyin.directory import codes
    from huiyin.directory.models import Organisation

    def make(name: str, region: str, parent: Organisation | None = None) -> Organisation:
        body = f"11{region}{Organisation.objects.count():09}"
        return Organisation.objects.create(
            uscc=body + codes.uscc_check_character(body),
            name=name,
            region=regions[region.ljust(12, "0")],
            parent=parent,
        )

    return make


@pytest.fixture
def person(db: None) -> Callable[..., Staff]:
    """Make a member of staff with a duty, in the own organisation or in a region."""
    from huiyin.directory.models import Duty, Staff

    def make(
        username: str, own: Organisation, role: Role | None = None, region: Region | None = None
    ) -> Staff:
        staff = Staff.objects.create(username=username, display_name=username, organisation=own)
        if role:
            Duty.objects.create(
                staff=staff, role=role, region=region, organisation=None if region else own
            )
        return staff

    return make

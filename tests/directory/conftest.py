from collections.abc import Callable

import pytest

from huiyin.directory import codes, services
from huiyin.directory.models import Duty, Organisation, Region, Role, Staff

PASSWORD = "celadon-glaze-27"


@pytest.fixture
def regions(db: None) -> dict[str, Region]:
    """The divisions of Zhejiang by code."""
    services.seed_regions()
    return {region.code: region for region in Region.objects.all()}


@pytest.fixture
def demo(db: None) -> list[services.Account]:
    return services.seed_demo(password=PASSWORD)


@pytest.fixture
def organisation(regions: dict[str, Region]) -> Callable[..., Organisation]:
    """Make an organisation in a region (6 digits), below another one or at the top."""

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

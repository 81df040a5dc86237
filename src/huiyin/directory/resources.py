"""The columns of the directory's tables, as they are imported and exported."""

from __future__ import annotations

from typing import Any

from import_export.fields import Field

from huiyin.directory.importing import ByCode, DirectoryResource
from huiyin.directory.models import Counter, Duty, Organisation, Region, ServiceItem, Staff


def _by_code(name: str, widget: ByCode) -> Field:
    return Field(column_name=name, attribute=name, widget=widget)


class RegionResource(DirectoryResource):
    parent = _by_code("parent", ByCode(Region, "code"))

    class Meta(DirectoryResource.Meta):
        model = Region
        import_id_fields = ["code"]
        fields = ["code", "name", "name_en", "level", "parent"]


class OrganisationResource(DirectoryResource):
    """Superiors must stand before the bodies that report to them."""

    region = _by_code("region", ByCode(Region, "code"))
    parent = _by_code("parent", ByCode(Organisation, "uscc"))

    class Meta(DirectoryResource.Meta):
        model = Organisation
        import_id_fields = ["uscc"]
        fields = ["uscc", "name", "name_en", "kind", "region", "parent", "active"]


class CounterResource(DirectoryResource):
    organisation = _by_code("organisation", ByCode(Organisation, "uscc"))

    class Meta(DirectoryResource.Meta):
        model = Counter
        import_id_fields = ["organisation", "number"]
        fields = ["organisation", "number", "name"]


class ServiceItemResource(DirectoryResource):
    organisation = _by_code("organisation", ByCode(Organisation, "uscc"))

    class Meta(DirectoryResource.Meta):
        model = ServiceItem
        import_id_fields = ["organisation", "code"]
        fields = ["organisation", "code", "name", "name_en"]


class StaffResource(DirectoryResource):
    """Passwords are never in a file: a new account cannot sign in until one is set."""

    organisation = _by_code("organisation", ByCode(Organisation, "uscc"))

    class Meta(DirectoryResource.Meta):
        model = Staff
        import_id_fields = ["username"]
        fields = ["username", "display_name", "organisation", "is_active"]

    def after_init_instance(
        self, instance: Staff, new: bool, row: dict[str, str], **_context: Any
    ) -> None:
        if new:
            instance.set_unusable_password()


class DutyResource(DirectoryResource):
    staff = _by_code("staff", ByCode(Staff, "username"))
    organisation = _by_code("organisation", ByCode(Organisation, "uscc"))
    region = _by_code("region", ByCode(Region, "code"))

    class Meta(DirectoryResource.Meta):
        model = Duty
        import_id_fields = ["staff", "role", "organisation", "region", "starts_on"]
        fields = ["staff", "role", "organisation", "region", "starts_on", "ends_on"]

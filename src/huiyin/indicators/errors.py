"""What a question about figures can get wrong."""

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Invalid, NotFound


class RegionUnknown(NotFound):
    code = "region-unknown"
    title = _("There is no region with this code.")


class OrganisationUnknown(NotFound):
    code = "organisation-unknown"
    title = _("There is no organisation with this code.")


class PeriodInvalid(Invalid):
    code = "period-invalid"
    title = _("This is no period that figures exist for.")


class SliceUnknown(Invalid):
    code = "slice-unknown"
    title = _("Figures are not broken down by this.")

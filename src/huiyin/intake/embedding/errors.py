"""Why a site cannot be registered."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem


class OriginInvalid(Problem):
    code = "site-origin-invalid"
    status = 422
    title = _(
        "An origin is a scheme, a host name and at most a port, such as "
        "https://www.example.gov.cn: no path, no wildcard, no user name."
    )


class OriginInsecure(Problem):
    code = "site-origin-insecure"
    status = 422
    title = _("Only sites with https may embed the rating page.")


class OriginTaken(Problem):
    code = "site-origin-taken"
    status = 409
    title = _("This origin is registered already.")


class TooManySites(Problem):
    code = "too-many-sites"
    status = 422
    title = _("So many sites do not fit into a header. Please remove one that embeds no more.")

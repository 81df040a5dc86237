"""What inviting can refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem


class NotDue(Problem):
    """The call is not to be made (any more): answered, opted out, done by somebody else."""

    code = "call-not-due"
    status = 409
    title = _("This call is not to be made any more.")

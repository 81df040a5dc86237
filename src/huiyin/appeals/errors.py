"""What can go wrong with an appeal beside what forbids a step of the loop."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem


class NoOpenAppeal(Problem):
    """Nobody has appealed, or the ruling has been given."""

    code = "no-open-appeal"
    status = 409
    title = _("There is no open appeal.")


class SaidEnough(Problem):
    """A side has used up its statements."""

    code = "said-enough"
    status = 409
    title = _("This side has spoken as often as it may. The arbiter reads all of it.")

"""What can go wrong with a step of the loop."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem


class NotNow(Problem):
    """The transition table has no such step in the matter's state."""

    code = "not-now"
    status = 409
    title = _("This step is not possible at this point.")


class NotYours(Problem):
    """The actor's duties do not allow this step."""

    code = "not-your-step"
    status = 403
    title = _("Your duties do not allow this step.")


class Moved(Problem):
    """Somebody acted on the matter since the actor looked at it."""

    code = "matter-moved"
    status = 409
    title = _("Somebody else has just moved this matter on. Look again before you act.")


class Refused(Problem):
    """A rule of the loop forbids the step; the detail says which and what to do."""

    code = "step-refused"
    status = 422
    title = _("A rule of the procedure forbids this step.")


class NoPolicy(Problem):
    """No policy covers this kind of matter, here and today."""

    code = "no-policy"
    status = 500
    title = _("No policy covers this matter. An administrator has to add one.")

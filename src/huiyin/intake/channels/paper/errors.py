"""What can go wrong when paper forms are keyed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem


class FormNumberUsed(Problem):
    code = "form-number-used"
    status = 409
    title = _("A form with this number has been keyed before. Each form is keyed once.")


class BatchMoved(Problem):
    code = "batch-moved"
    status = 409
    title = _("The batch has moved on meanwhile. Please look at it again.")


class BatchIncomplete(Problem):
    code = "batch-incomplete"
    status = 409
    title = _("Not all forms of the batch have been keyed yet.")


class BatchFull(Problem):
    code = "batch-full"
    status = 409
    title = _("All forms of this batch have been keyed. Was the number of forms counted wrongly?")


class SecondPersonNeeded(Problem):
    code = "second-person-needed"
    status = 403
    title = _("Another person than the one who keyed this form has to do this.")

"""What can be wrong with the log: with what is given to it, with its keys, with its files."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem


class EntryTooLarge(Problem):
    """The entry bundles that the log is read from have 16 bits for an entry's length."""

    code = "entry-too-large"
    status = 413
    title = _("This is too much for one entry of the public log.")


class CosignatureInvalid(Problem):
    code = "cosignature-invalid"
    status = 422
    title = _("This is no cosignature of a recent checkpoint by a witness of this log.")


class LogBroken(Exception):
    """The log cannot go on as it is. ``found`` says what is wrong, ``advice`` what to do; both are
    for operators, in English like all that commands print."""

    def __init__(self, found: str, advice: str) -> None:
        self.found = found
        self.advice = advice
        super().__init__(f"{found} {advice}")


class KeyUnusable(LogBroken):
    """The key file is missing, open to others, or not that of this log."""


class Disagreement(LogBroken):
    """Database and files of the log do not say the same."""

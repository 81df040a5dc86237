"""What can go wrong when somebody rates by telephone."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem


class NoCallPlaced(Problem):
    code = "no-call-placed"
    status = 409
    title = _("Only what was said in a call can be recorded. Place the call first.")


class NobodyAnswered(Problem):
    code = "nobody-answered"
    status = 409
    title = _("The telephony provider reports that nobody answered this call: there is no rating.")


class CallSettled(Problem):
    code = "call-settled"
    status = 409
    title = _("What came of this call is on record already.")


class NotYourCall(Problem):
    code = "not-your-call"
    status = 409
    title = _("You are not making this call any more. Take the next one from the list.")


class RelayCannotCall(Problem):
    code = "relay-cannot-call"
    status = 503
    title = _("The call could not be placed. Nobody was rung.")


class RatedBefore(Problem):
    code = "rated-before"
    status = 409
    title = _("This service has been rated meanwhile. What was said in this call is not counted.")


class WantsNoCalls(RatedBefore):
    code = "wants-no-calls"
    title = _("They want no more calls. Take the next one from the list.")


class OutOfRange(Problem):
    code = "sequence-out-of-range"
    status = 409
    title = _("This number of a message of a call cannot be right.")


class CallUnknown(Problem):
    code = "call-unknown"
    status = 410
    title = _("There is no such call.")

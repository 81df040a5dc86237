"""What can go wrong with telling and reaching people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem


class NoContact(Problem):
    """The citizen left no number; the relay has nobody to call."""

    code = "no-contact"
    status = 409
    title = _("The citizen left no number. Only the status page reaches them.")


class RelayDown(Problem):
    """The relay could not place the call or send the message."""

    code = "relay-down"
    status = 503
    title = _("The call or message could not be placed. Please try again in a few minutes.")


class NoGateway(RelayDown):
    """Nothing is installed that reaches people, so nothing may look as if somebody was reached."""

    code = "no-gateway"
    title = _(
        "No telephone and SMS gateway is connected, so nobody was called or written to. "
        "An administrator has to connect one."
    )


class NoOwnNumber(Problem):
    """The telephony provider rings the member of staff first, and knows no number of theirs."""

    code = "no-own-number"
    status = 409
    title = _(
        "Your own telephone number is not known, so the call cannot be connected. Enter it with "
        "your channels, or ask your administrator."
    )


class ContactEnded(Problem):
    """The citizen does not want to be called or written to any more."""

    code = "contact-ended"
    status = 409
    title = _(
        "The citizen has ended the contact. What you answer is shown on their status page only."
    )


class NotDead(Problem):
    """Only dead letters can be sent again."""

    code = "not-a-dead-letter"
    status = 409
    title = _("This notice is not a dead letter.")


class NobodyOnDuty(Problem):
    """The notice had no recipient, and there still is none."""

    code = "nobody-on-duty"
    status = 409
    title = _("Still nobody is on duty for this. Give somebody the duty first.")

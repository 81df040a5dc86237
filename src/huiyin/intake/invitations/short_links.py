"""Short links for text messages: ``/i/{code}`` leads on to the address with the token.

A token has 67 characters, which is a whole part of a Chinese message. Its code has 13: 60 bits that
only we can make, and a check character by which a typing error is known without asking anybody. The
code stands in the row of the message, so it leads nowhere before that is handed over. What it opens
is the token itself, with its expiry: whoever rates still does so without a look-up.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from huiyin.intake.invitations.models import Planned
from huiyin.kernel import crypto, ids
from huiyin.reviews.errors import TokenInvalid
from huiyin.reviews.models import Invitation
from huiyin.reviews.services import token_of

# Of 5 bits each, and the check character behind them.
_LENGTH = 12


def code_of(event_id: UUID, organisation_id: UUID) -> str:
    """The code of the first review of a service; the same for all its messages."""
    digest = crypto.mac(event_id.bytes + organisation_id.bytes, purpose="short link")
    return ids.code_from(digest, _LENGTH)


def short_link(code: str) -> str:
    """The address that a message says."""
    return f"{settings.HUIYIN_BASE_URL}/i/{code}"


def token_behind(typed: str) -> str:
    """The token that the citizen was invited with, expired or not. Raises ``TokenInvalid``. Two
    queries."""
    code = ids.read_code(typed)
    planned = Planned.objects.filter(short_code=code).first() if code else None
    if planned is None:
        raise TokenInvalid
    invitation = Invitation.objects.filter(
        organisation=planned.organisation_id, event=planned.event_id, step=1
    ).first()
    if invitation is None:
        raise TokenInvalid
    return token_of(invitation)

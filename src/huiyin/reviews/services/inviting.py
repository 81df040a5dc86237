"""Invitations, and the links that citizens are sent."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from huiyin.kernel import clock
from huiyin.matters.models import FollowUp, Matter
from huiyin.reviews import tokens
from huiyin.reviews.models import Invitation, Review, ServiceEvent
from huiyin.reviews.tokens import FIRST, FOLLOW_UP


def invite(event: ServiceEvent) -> Invitation:
    """The first invitation of ``event``, made at the first call; its token never changes."""
    now = clock.now()
    invitation, _created = Invitation.objects.get_or_create(
        organisation_id=event.organisation_id,
        event=event,
        step=1,
        defaults={
            "created_at": now,
            "expires_at": now + timedelta(days=settings.HUIYIN_INVITATION_DAYS),
        },
    )
    return invitation


def token_of(invitation: Invitation) -> str:
    return tokens.sign(
        tokens.Token(invitation.event_id, invitation.organisation_id, FIRST, invitation.expires_at)
    )


def link_of(invitation: Invitation) -> str:
    """The address the citizen is sent."""
    return f"{settings.HUIYIN_BASE_URL}/r/{token_of(invitation)}"


def follow_up_token(matter: Matter) -> str | None:
    """The token for the follow-up review while it is open, for whoever holds the receipt."""
    if matter.follow_up != FollowUp.ASKED:
        return None
    review = Review.objects.get(pk=matter.subject_id)
    window = matter.clocks.get(kind="follow_up", round=matter.round)
    return tokens.sign(
        tokens.Token(review.event_id, review.organisation_id, FOLLOW_UP, window.due_at)
    )

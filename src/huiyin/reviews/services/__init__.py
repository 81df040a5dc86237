"""The writers of reviews and of what they hang on. One path for good and bad ones."""

from huiyin.reviews.giving import MAX_PHOTOS, MAX_TEXT, Given, NewReview
from huiyin.reviews.services.integrators import add_integrator, renew_key
from huiyin.reviews.services.inviting import follow_up_token, invite, link_of, token_of
from huiyin.reviews.services.tag_lists import seed_tags
from huiyin.reviews.services.together import Verdict, submit, submit_together, takes_review

__all__ = [
    "MAX_PHOTOS",
    "MAX_TEXT",
    "Given",
    "NewReview",
    "Verdict",
    "add_integrator",
    "follow_up_token",
    "invite",
    "link_of",
    "renew_key",
    "seed_tags",
    "submit",
    "submit_together",
    "takes_review",
    "token_of",
]

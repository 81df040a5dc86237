"""The writers of reviews and of what they hang on. One path for good and bad ones."""

from huiyin.reviews.services.importing import (
    Columns,
    Part,
    PastReview,
    begin_file,
    columns_of,
    import_reviews,
    import_source,
)
from huiyin.reviews.services.integrators import add_integrator, renew_key
from huiyin.reviews.services.inviting import follow_up_token, invite, link_of, token_of
from huiyin.reviews.services.submitting import (
    MAX_PHOTOS,
    MAX_TEXT,
    NewReview,
    submit,
    takes_review,
)
from huiyin.reviews.services.tag_lists import seed_tags
from huiyin.reviews.services.together import Given, submit_together

__all__ = [
    "MAX_PHOTOS",
    "MAX_TEXT",
    "Columns",
    "Given",
    "NewReview",
    "Part",
    "PastReview",
    "add_integrator",
    "begin_file",
    "columns_of",
    "follow_up_token",
    "import_reviews",
    "import_source",
    "invite",
    "link_of",
    "renew_key",
    "seed_tags",
    "submit",
    "submit_together",
    "takes_review",
    "token_of",
]

"""The writers of reviews and of what they hang on. One path for good and bad ones."""

from huiyin.reviews.giving import MAX_PHOTOS, MAX_TEXT, Given, NewReview
from huiyin.reviews.services.erasing import case_of, erase_person, visit_of_code
from huiyin.reviews.services.importing import (
    Columns,
    Part,
    PastReview,
    begin_file,
    columns_of,
    import_reviews,
    import_source,
)
from huiyin.reviews.services.inviting import follow_up_token, invite, link_of, token_of
from huiyin.reviews.services.places import (
    MAX_LABEL,
    MAX_WHERE,
    add_place,
    report_elsewhere,
    revoke_place,
    rotate_place,
    settle_reports,
    visit_of,
    visit_token,
)
from huiyin.reviews.services.programs import (
    add_adapter,
    add_integrator,
    renew_adapter_key,
    renew_key,
)
from huiyin.reviews.services.tag_lists import seed_tags
from huiyin.reviews.services.together import (
    Verdict,
    receipt_in,
    submit,
    submit_together,
    takes_review,
)

__all__ = [
    "MAX_LABEL",
    "MAX_PHOTOS",
    "MAX_TEXT",
    "MAX_WHERE",
    "Columns",
    "Given",
    "NewReview",
    "Part",
    "PastReview",
    "Verdict",
    "add_adapter",
    "add_integrator",
    "add_place",
    "begin_file",
    "case_of",
    "columns_of",
    "erase_person",
    "follow_up_token",
    "import_reviews",
    "import_source",
    "invite",
    "link_of",
    "receipt_in",
    "renew_adapter_key",
    "renew_key",
    "report_elsewhere",
    "revoke_place",
    "rotate_place",
    "seed_tags",
    "settle_reports",
    "submit",
    "submit_together",
    "takes_review",
    "token_of",
    "visit_of",
    "visit_of_code",
    "visit_token",
]

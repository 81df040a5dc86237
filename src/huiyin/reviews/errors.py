"""What can go wrong when a citizen rates."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Problem


class TokenInvalid(Problem):
    code = "token-invalid"
    status = 403
    title = _("This link is not complete or has been altered. Please open it again as it was sent.")


class TokenExpired(Problem):
    code = "token-expired"
    status = 410
    title = _("The time to rate this service is over.")


class TokenUsed(Problem):
    code = "token-used"
    status = 409
    title = _("This service has already been rated with this link. Each service is rated once.")


class IdempotencyKeyReused(Problem):
    code = "idempotency-key-reused"
    status = 409
    title = _("A review with this key was stored already, and it said something else.")


class PlaceClosed(Problem):
    code = "place-closed"
    status = 410
    title = _("Rating at this place has ended. Please ask for the current QR code or device.")


class FollowUpNotOpen(Problem):
    code = "follow-up-not-open"
    status = 409
    title = _("The follow-up review opens once the unit has replied, and can be given once.")


class LevelInvalid(Problem):
    code = "level-invalid"
    status = 422
    title = _("Choose a level from 1 (very dissatisfied) to 5 (very satisfied).")


class DetailMissing(Problem):
    code = "detail-missing"
    status = 422
    title = _("Please choose what went wrong or write it down, so that it can be put right.")


class TagUnknown(Problem):
    code = "tag-unknown"
    status = 422
    title = _("This tag does not exist.")


class TagOfAnotherLevel(Problem):
    code = "tag-of-another-level"
    status = 422
    title = _("This tag belongs to another level.")


class TextTooLong(Problem):
    code = "text-too-long"
    status = 422
    title = _("A text may have 2,000 characters at most.")


class TextInvalid(Problem):
    code = "text-invalid"
    status = 422
    title = _("The text holds characters that cannot be shown. Please type it again.")


class OriginInvalid(Problem):
    code = "origin-invalid"
    status = 422
    title = _("Where the review came from is too long or holds characters that cannot be shown.")


class MobileInvalid(Problem):
    code = "mobile-invalid"
    status = 422
    title = _("This is not a mobile number. Please check it, or leave it out.")


class TooManyPhotos(Problem):
    code = "too-many-photos"
    status = 422
    title = _("At most five photographs can be added.")


class ReceiptUnknown(Problem):
    code = "receipt-unknown"
    status = 404
    title = _("There is no receipt with this code. Please check it once more.")


class CaseUnknown(Problem):
    code = "case-unknown"
    status = 404
    title = _("There is no case with this receipt code or case number.")


class CaseAmbiguous(Problem):
    code = "case-ambiguous"
    status = 409
    title = _("Several organisations have a case with this number. Name the organisation, too.")


class AlreadyErased(Problem):
    code = "already-erased"
    status = 409
    title = _("The person of this case has been erased before.")


class ReasonNamesSomebody(Problem):
    code = "reason-names-somebody"
    status = 422
    title = _("The reason is kept for good and may name nobody. Please write it without names.")


class ImportSourceOfAnotherBody(Problem):
    code = "import-source-of-another-body"
    status = 409
    title = _("Another organisation answers for this source of reviews.")


class ImportedAlready(Problem):
    code = "imported-already"
    status = 409
    title = _("This file was imported as one of another source, or read in another manner.")


class ImportedElsewhere(Problem):
    code = "imported-elsewhere"
    status = 409
    title = _("Another process is importing this file. Wait for it, then start again.")


class ImportedRowInvalid(Problem):
    code = "imported-row-invalid"
    status = 422
    title = _("A row to be imported is not in the form that is expected.")

"""The writers of batches of paper forms."""

from huiyin.intake.channels.paper.services.checking import check_form, finish_keying, settle
from huiyin.intake.channels.paper.services.keying import key_form, open_batch, remove_form
from huiyin.intake.channels.paper.services.releasing import release

__all__ = [
    "check_form",
    "finish_keying",
    "key_form",
    "open_batch",
    "release",
    "remove_form",
    "settle",
]

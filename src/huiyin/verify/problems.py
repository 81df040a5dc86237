"""What can be wrong: small named classes, each with the exit code of the command.

The sentences are in ``words.py``, under ``code``, in English and Chinese. ``params`` fill their
gaps; they may come from outside and are cleaned when they are shown.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, ClassVar


class Exit(IntEnum):
    """Exit codes of ``huiyin verify``."""

    COUNTED = 0
    RECEIPT_WRONG = 1  # not a promise of this log, or altered
    MISUSE = 2  # arguments, or a file that cannot be read
    PROMISED = 3  # not yet in the log, and the promised time has not passed
    BROKEN = 4  # not in the log, and the promised time has passed
    LOG_WRONG = 5  # the log contradicts its signature, its tree, or what it said before
    UNREACHABLE = 6  # no usable answer: nothing was proven


class Problem(Exception):
    """Why something is not proven."""

    code: ClassVar[str] = "problem"
    exit: ClassVar[Exit] = Exit.MISUSE

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.code, params)


class Misuse(Problem):
    code = "misuse"


class AddressInvalid(Misuse):
    code = "address_invalid"


class KeyInvalid(Misuse):
    code = "key_invalid"


class FileUnreadable(Misuse):
    code = "file_unreadable"


class ReceiptUnreadable(Misuse):
    code = "receipt_unreadable"


class ReceiptIncomplete(Misuse):
    code = "receipt_incomplete"


class MemoryUnreadable(Misuse):
    code = "memory_unreadable"


class MemoryUnwritable(Misuse):
    code = "memory_unwritable"


class ReceiptWrong(Problem):
    code = "receipt_wrong"
    exit = Exit.RECEIPT_WRONG


class PromiseMalformed(ReceiptWrong):
    code = "promise_malformed"


class PromiseForged(ReceiptWrong):
    code = "promise_forged"


class PromiseKeyUnknown(ReceiptWrong):
    code = "promise_key_unknown"


class PromiseKeyNotLed(ReceiptWrong):
    code = "promise_key_not_led"


class PromiseKeyRetired(ReceiptWrong):
    code = "promise_key_retired"


class PromiseOfAnotherLog(ReceiptWrong):
    code = "promise_of_another_log"


class PromiseDiffers(ReceiptWrong):
    code = "promise_differs"


class EntryMalformed(ReceiptWrong):
    code = "entry_malformed"


class EntryDiffers(ReceiptWrong):
    code = "entry_differs"


class TextDiffers(ReceiptWrong):
    code = "text_differs"


class PromiseBroken(Problem):
    code = "promise_broken"
    exit = Exit.BROKEN


class LogWrong(Problem):
    code = "log_wrong"
    exit = Exit.LOG_WRONG


class NoteMalformed(LogWrong):
    code = "note_malformed"


class SignatureWrong(LogWrong):
    code = "signature_wrong"


class NotSigned(LogWrong):
    code = "not_signed"


class CheckpointMalformed(LogWrong):
    code = "checkpoint_malformed"


class CheckpointOfAnotherLog(LogWrong):
    code = "checkpoint_of_another_log"


class KeysMalformed(LogWrong):
    code = "keys_malformed"


class ChainBroken(LogWrong):
    code = "chain_broken"


class KeyNotLed(LogWrong):
    code = "key_not_led"


class TileMalformed(LogWrong):
    code = "tile_malformed"


class TileWrong(LogWrong):
    code = "tile_wrong"


class BundleMalformed(LogWrong):
    code = "bundle_malformed"


class BundleWrong(LogWrong):
    code = "bundle_wrong"


class AnswerMalformed(LogWrong):
    code = "answer_malformed"


class NotIncluded(LogWrong):
    code = "not_included"


class Shrunk(LogWrong):
    code = "shrunk"


class Forked(LogWrong):
    code = "forked"


class RootWrong(LogWrong):
    code = "root_wrong"


class Unreachable(Problem):
    code = "unreachable"
    exit = Exit.UNREACHABLE


class Refused(Unreachable):
    """The other side answered with a status that is no success."""

    code = "refused"


class TooLarge(Unreachable):
    code = "too_large"


class TooSlow(Unreachable):
    code = "too_slow"


class RedirectRefused(Unreachable):
    code = "redirect_refused"

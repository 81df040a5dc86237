"""Proving that a receipt is counted, step by step. Read this file first.

1. The promise is signed by a key that the reader trusts, or that such a key leads to.
2. The promise is about this receipt, and the entry in the receipt is the promised one and says what
   the receipt says (``receipt.py``).
3. The log's newest checkpoint is signed, and the tree it names begins with the one that was
   remembered: nothing was taken back.
4. The log names the entry's place, and the hashes in its tiles lead from the entry to the signed
   root: it is counted. Otherwise the promised time has passed, or not yet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from huiyin.verify import merkle
from huiyin.verify.keyring import Keyring, ListedKey, read_keys
from huiyin.verify.memory import Memory
from huiyin.verify.notes import Checkpoint, Key, cosigned_at, signers
from huiyin.verify.problems import (
    CheckpointOfAnotherLog,
    Forked,
    NotIncluded,
    NotSigned,
    PromiseBroken,
    PromiseForged,
    PromiseKeyNotLed,
    PromiseKeyRetired,
    PromiseKeyUnknown,
    PromiseOfAnotherLog,
    RootWrong,
    Shrunk,
    SignatureWrong,
)
from huiyin.verify.receipt import Promise, Receipt, compare_entry, compare_promise, read_promise
from huiyin.verify.remote import Log

# The clocks of the log and of this machine may differ by this much.
GRACE = timedelta(minutes=1)


class Verdict(StrEnum):
    COUNTED = "counted"
    PROMISED = "promised"


@dataclass
class Proof:
    """What was found so far, in order: code of the sentence and what fills its gaps."""

    proven: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    # What is worth knowing besides, such as what could not be proven.
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    verdict: Verdict | None = None
    index: int | None = None
    checkpoint: Checkpoint | None = None
    keyring: Keyring | None = None
    deadline: datetime | None = None

    def prove(self, code: str, /, **params: Any) -> None:
        self.proven.append((code, params))

    def note(self, code: str, /, **params: Any) -> None:
        self.notes.append((code, params))


def prove(
    proof: Proof,
    *,
    receipt: Receipt,
    log: Log,
    now: datetime,
    pinned: Key | None = None,
    memory: Memory | None = None,
    witnesses: Sequence[Key] = (),
) -> None:
    """Fill ``proof`` as far as the checks hold. Raises the ``Problem`` at which they stop."""
    promise = read_promise(receipt.promise)
    keyring = trusted_keys(proof, log, pinned=pinned, memory=memory)
    signer = _check_promise(proof, promise, keyring)
    compare_promise(receipt, promise)
    proof.prove("promise_is_of_this_receipt")
    entry = compare_entry(receipt, promise)
    proof.prove("entry_says_the_same", level=receipt.level, day=entry.day)
    proof.note("organisation_by_code", uscc=entry.organisation, name=receipt.organisation)
    if receipt.text_salt is not None:
        proof.prove("text_is_the_same")
    else:
        proof.note("text_not_proven")
    proof.deadline = promise.deadline

    index = log.find(promise.leaf_hash)
    checkpoint = check_checkpoint(proof, log, keyring, now=now, memory=memory)
    _show_witnesses(proof, checkpoint, witnesses)
    if index is not None and index < checkpoint.size:
        check_inclusion(log, checkpoint, index, promise.leaf_hash)
        proof.index, proof.verdict = index, Verdict.COUNTED
        proof.prove("included", index=index, size=checkpoint.size)
        return
    if not keyring.is_led(signer):
        # Being in the tree would have spoken for itself; a bare promise needs a trusted key.
        raise PromiseKeyNotLed(key=signer.key.vkey)
    if now > promise.deadline + GRACE:
        raise PromiseBroken(deadline=promise.deadline)
    proof.verdict = Verdict.PROMISED


def trusted_keys(proof: Proof, log: Log, *, pinned: Key | None, memory: Memory | None) -> Keyring:
    """The log's keys that may be believed: those that the reader's own key leads to, or on first
    use all that the log names."""
    anchors: Collection[str] | None = None
    if pinned is not None:
        anchors = [pinned.vkey]
    elif memory is not None:
        anchors = memory.keys
    keyring = read_keys(log.keys(), anchors=anchors)
    proof.keyring = keyring
    if pinned is not None:
        proof.prove("keys_led_by_pinned")
    elif memory is not None:
        proof.prove("keys_led_by_memory")
    else:
        proof.note("keys_trusted_on_first_use", key=keyring.led[0].key.vkey)
    return keyring


def _check_promise(proof: Proof, promise: Promise, keyring: Keyring) -> ListedKey:
    if promise.origin != keyring.origin:
        raise PromiseOfAnotherLog(found=promise.origin, wanted=keyring.origin)
    known = [
        found
        for one in promise.note.signatures
        if (found := keyring.find(one.name, one.hash)) is not None
    ]
    if not known:
        raise PromiseKeyUnknown
    signer = next((one for one in known if keyring.is_led(one)), known[0])
    try:
        signers(promise.note, [signer.key])
    except (SignatureWrong, NotSigned):
        raise PromiseForged from None
    if signer.retired is not None and promise.accepted_at > signer.retired:
        raise PromiseKeyRetired(key=signer.key.vkey, retired=signer.retired)
    proof.prove("promise_is_signed", log=promise.origin)
    if not keyring.is_led(signer):
        proof.note("promise_by_older_key", key=signer.key.vkey)
    return signer


def check_checkpoint(
    proof: Proof, log: Log, keyring: Keyring, *, now: datetime, memory: Memory | None
) -> Checkpoint:
    """The newest checkpoint, signed, and consistent with the remembered one."""
    checkpoint = log.checkpoint()
    if checkpoint.origin != keyring.origin:
        raise CheckpointOfAnotherLog(found=checkpoint.origin, wanted=keyring.origin)
    signers(checkpoint.note, keyring.signing(now))
    proof.checkpoint = checkpoint
    proof.prove("checkpoint_is_signed", size=checkpoint.size)
    if memory is None:
        proof.note("nothing_remembered")
        return checkpoint
    check_consistency(log, memory.checkpoint, checkpoint)
    proof.prove("consistent", old=memory.checkpoint.size, new=checkpoint.size)
    return checkpoint


def check_consistency(log: Log, old: Checkpoint, new: Checkpoint) -> None:
    """Whether the tree of ``new`` begins with that of ``old``. Raises ``CheckpointOfAnotherLog``,
    ``Shrunk`` or ``Forked``; the two notes are the evidence."""
    if old.origin != new.origin:
        raise CheckpointOfAnotherLog(found=new.origin, wanted=old.origin)
    evidence = {"old": old.note.whole, "new": new.note.whole}
    if new.size < old.size:
        raise Shrunk(old_size=old.size, new_size=new.size, evidence=evidence)
    hashes: list[bytes] = []
    if 0 < old.size < new.size:
        spans = merkle.consistency_spans(old.size, new.size)
        hashes = log.tree(new.size).hashes_of(spans)
    if not merkle.is_consistent(old.size, old.root, new.size, new.root, hashes):
        _blame(log, old, new, evidence)


def _blame(log: Log, old: Checkpoint, new: Checkpoint, evidence: dict[str, str]) -> None:
    """Tell a log that took something back from tiles that do not even fit its own checkpoint."""
    if new.size and log.tree(new.size).root() != new.root:
        raise RootWrong(size=new.size)
    raise Forked(old_size=old.size, new_size=new.size, evidence=evidence)


def check_inclusion(log: Log, checkpoint: Checkpoint, index: int, leaf: bytes) -> None:
    """Whether the hashes in the tiles lead from ``leaf`` to the signed root.

    Raises ``NotIncluded``.
    """
    spans = merkle.inclusion_spans(index, checkpoint.size)
    hashes = log.tree(checkpoint.size).hashes_of(spans)
    if merkle.root_from_inclusion(leaf, index, checkpoint.size, hashes) != checkpoint.root:
        raise NotIncluded(index=index, size=checkpoint.size)


def _show_witnesses(proof: Proof, checkpoint: Checkpoint, witnesses: Sequence[Key]) -> None:
    for witness in witnesses:
        moment = cosigned_at(checkpoint, witness)
        if moment is None:
            proof.note("witness_missing", witness=witness.name)
        else:
            seen_at = datetime.fromtimestamp(moment, UTC)
            proof.prove("witnessed", witness=witness.name, moment=seen_at)

"""Growing the tree by an epoch and signing what it has become. Part of sealing's transaction."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from huiyin.log import keys, notes
from huiyin.log.errors import Disagreement
from huiyin.log.models import (
    Checkpoint,
    Epoch,
    LaterSignature,
    Leaf,
    LeafPlace,
    LogKey,
)
from huiyin.log.tree import Edge

_AT_ONCE = 5000
PREFIX_BYTES = 8


def newest() -> Checkpoint | None:
    """What the log said last. One query."""
    return Checkpoint.objects.order_by("-epoch_id").first()


def add(epoch: Epoch) -> Checkpoint:
    """The signed checkpoint after ``epoch``, whose leaves are in their places.

    Goes on from the checkpoint before, also over epochs that have none, and holds a few thousand
    hashes at a time. Raises ``Disagreement`` when leaves are missing, ``KeyUnusable``.
    """
    last = newest()
    edge = Edge.from_bytes(last.size, bytes(last.edge)) if last else Edge()
    size = epoch.first_index + epoch.entries
    _place(edge.size, size)
    for hashes in _leaf_hashes(edge.size, size):
        edge.extend(hashes)
    if edge.size != size:
        raise Disagreement(
            f"The log should have {size} entries after epoch {epoch.number} and has {edge.size}.",
            "Somebody wrote past Huiyin. Keep a copy of the database; look into who and why.",
        )
    said = notes.Checkpoint(keys.origin(), size, edge.root())
    return Checkpoint.objects.create(
        epoch=epoch,
        size=size,
        root=said.root,
        edge=edge.to_bytes(),
        note=keys.sign_with_all(said.body),
    )


def note_of(checkpoint: Checkpoint) -> str:
    """The note with the signatures of all the log's own keys, the oldest first. One query."""
    later = checkpoint.later_signatures.order_by("key_id").values_list("line", flat=True)
    return checkpoint.note + "".join(later)


def sign_again(checkpoint: Checkpoint, note: str) -> bool:
    """Sign ``checkpoint``, whose ``note_of`` is ``note``, with the key that signs now, if that key
    is younger; whether it was. For who trusts the new key alone and does not wait for a sealing.

    No query when it has signed. Raises ``Disagreement`` when the note is none of this log's,
    ``KeyUnusable``.
    """
    signer, signed = keys.signer(), notes.Note.parse(note)
    if any(signature.is_by(signer.verifier) for signature in signed.signatures):
        return False
    key = LogKey.objects.filter(vkey=signer.vkey, retirement=None).first()
    if key is None:  # an old copy of the key file, or one of another log: neither may sign
        return False
    try:
        ours = signed.verified_by(keys.verifiers())
    except notes.SignatureInvalid:
        ours = []
    if not ours:
        raise Disagreement(
            "The newest checkpoint in the database is not signed by a key of this log.",
            "Somebody wrote past Huiyin. Keep a copy of the database; look into who and why.",
        )
    line = str(signer.signature(signed.body))
    LaterSignature.objects.get_or_create(checkpoint=checkpoint, key=key, defaults={"line": line})
    return True


def index_of(leaf_hash: bytes) -> int | None:
    """The place of the sealed entry with this leaf hash. One query, the same whether the entry is
    not there or waits."""
    candidates = LeafPlace.objects.filter(prefix=leaf_hash[:PREFIX_BYTES]).values("index")
    return (
        Leaf.objects.filter(index__in=candidates, entry__leaf_hash=leaf_hash)
        .order_by("index")
        .values_list("index", flat=True)
        .first()
    )


def _leaf_hashes(start: int, end: int) -> Iterator[list[bytes]]:
    leaves = Leaf.objects.order_by("index").values_list("entry__leaf_hash", flat=True)
    for first in range(start, end, _AT_ONCE):
        found = leaves.filter(index__gte=first, index__lt=min(first + _AT_ONCE, end))
        yield list(map(bytes, found))


def _place(start: int, end: int) -> None:
    """Let the entries from ``start`` to before ``end`` be found by their hash: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO log_leafplace ("index", prefix) '
            'SELECT leaf."index", substr(entry.leaf_hash, 1, %s) '
            "FROM log_leaf AS leaf JOIN log_entry AS entry ON entry.id = leaf.entry_id "
            'WHERE leaf."index" >= %s AND leaf."index" < %s '
            # In the order of the index on it, which then is written page by page.
            "ORDER BY 2",
            [PREFIX_BYTES, start, end],
        )

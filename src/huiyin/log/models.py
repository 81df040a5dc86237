"""The append-only log: entries, what hides behind their commitments, epochs and leaves."""

from __future__ import annotations

from django.db import models

from huiyin.directory.models import Organisation
from huiyin.kernel.models import Row


class Entry(Row):
    """One fact, as the public will read it. Never changed, never deleted (database triggers)."""

    kind = models.CharField(max_length=20)
    # Read in the transaction that writes the entry, and no body is ever deleted: the database need
    # not look it up. Nobody looks for entries by it, nor by what they speak of.
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    # The row this entry speaks of; internal, not part of what is hashed.
    subject_id = models.UUIDField()
    # RFC 8785 canonical JSON: exactly the bytes the leaf hash covers.
    public = models.TextField()
    leaf_hash = models.BinaryField(max_length=32)
    appended_at = models.DateTimeField()


class EntrySecret(models.Model):
    """The salts of an entry's commitments; erasing a person deletes them, the entry stays."""

    # Written together with the entry, which nobody can delete: the database need not look it up.
    entry = models.OneToOneField(
        Entry, models.CASCADE, primary_key=True, related_name="secret", db_constraint=False
    )
    # 32 bytes for each hidden part, in the order of their names; see ``entries.salts_by_name``.
    salts = models.BinaryField()


class PendingEntry(models.Model):
    """An entry that waits for its epoch to be sealed; the row goes when it is."""

    # Written together with the entry, which nobody can delete: the database need not look it up.
    entry = models.OneToOneField(
        Entry, models.CASCADE, primary_key=True, related_name="pending", db_constraint=False
    )
    is_review = models.BooleanField()
    since = models.DateTimeField()

    class Meta:
        indexes = [
            # Whether the floor of reviews is reached is asked every second.
            models.Index(
                fields=["entry"], name="log_pending_reviews", condition=models.Q(is_review=True)
            ),
        ]


class Epoch(models.Model):
    """A span after which the public may see something new. Append-only."""

    number = models.BigIntegerField(primary_key=True)
    first_index = models.BigIntegerField()
    entries = models.IntegerField()
    reviews = models.IntegerField()
    sealed_at = models.DateTimeField()


class Leaf(models.Model):
    """The place of an entry in the log, given at sealing, in shuffled order. Append-only."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="leaf")
    epoch = models.ForeignKey(Epoch, models.PROTECT, related_name="leaves")


class LeafPlace(models.Model):
    """Where in the log the entry is whose leaf hash starts so; derived from the leaves.

    Apart from the entries, since hashes come in no order: written epoch by epoch they cost little,
    one by one each would touch another page of the index.
    """

    pk = models.CompositePrimaryKey("prefix", "index")
    prefix = models.BinaryField(max_length=8)
    index = models.BigIntegerField()


class Checkpoint(models.Model):
    """What the log said of itself after an epoch, signed. Append-only."""

    epoch = models.OneToOneField(Epoch, models.PROTECT, primary_key=True, related_name="checkpoint")
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    # The tree's right edge, from which the next epoch goes on (``tree.Edge``).
    edge = models.BinaryField(max_length=64 * 32)
    # The signed note as it was sealed; signatures of younger keys and cosignatures follow it.
    note = models.TextField()


class Cosignature(Row):
    """A witness's statement that it saw a checkpoint and found it consistent. Append-only."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=500)  # its verifier key
    signed_at = models.DateTimeField()
    line = models.TextField()

    class Meta(Row.Meta):
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="log_cosigned_once"),
        ]


class LogKey(models.Model):
    """A key that signs for the log. Append-only: what it signed stays verifiable."""

    number = models.IntegerField(primary_key=True)  # from 1; the newest signs
    vkey = models.CharField(max_length=500, unique=True)
    since = models.DateTimeField()
    # Signed by the key before it; the first has nobody to introduce it.
    introduction = models.TextField(null=True)


class LaterSignature(Row):
    """A checkpoint signed once more, by a key that is younger than it. Append-only."""

    checkpoint = models.ForeignKey(
        Checkpoint, models.PROTECT, related_name="later_signatures", db_index=False
    )
    key = models.ForeignKey(LogKey, models.PROTECT, related_name="+", db_index=False)
    line = models.TextField()

    class Meta(Row.Meta):
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "key"], name="log_signed_once"),
        ]


class RetiredLogKey(models.Model):
    """From when on a key signs no longer. Append-only."""

    key = models.OneToOneField(LogKey, models.PROTECT, primary_key=True, related_name="retirement")
    at = models.DateTimeField()

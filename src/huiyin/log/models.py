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

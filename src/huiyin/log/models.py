"""The append-only log: entries, what hides behind their commitments, epochs and leaves."""

from __future__ import annotations

from django.db import models

from huiyin.directory.models import Organisation
from huiyin.kernel.models import Row


class Entry(Row):
    """One fact, as the public will read it. Never changed, never deleted (database triggers)."""

    kind = models.CharField(max_length=20)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    # The row this entry speaks of; internal, not part of what is hashed.
    subject_id = models.UUIDField(db_index=True)
    # RFC 8785 canonical JSON: exactly the bytes the leaf hash covers.
    public = models.TextField()
    leaf_hash = models.BinaryField(max_length=32)
    appended_at = models.DateTimeField()


class EntrySecret(models.Model):
    """The salts of an entry's commitments; erasing a person deletes them, the entry stays."""

    entry = models.OneToOneField(Entry, models.CASCADE, primary_key=True, related_name="secret")
    salts = models.JSONField()


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

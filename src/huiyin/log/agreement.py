"""Do keys, database and files of the log belong together? Asked before a server starts, before
files are written, and by ``doctor``. Changes nothing."""

from __future__ import annotations

from huiyin.log import files, keys
from huiyin.log.errors import Disagreement
from huiyin.log.models import Checkpoint
from huiyin.log.notes import SignatureInvalid


def check() -> None:
    """Raises ``KeyUnusable`` or ``Disagreement``, which say what to do."""
    keys.check()
    check_files()


def check_files() -> None:
    """Raises ``Disagreement`` unless the database's log is the published one, or goes on from it.

    That of a copy that was taken before must not be gone on with: two different logs would be
    signed, and whoever has seen both could prove it.
    """
    there = files.read_checkpoint()
    if there is None:
        return
    note, said = there
    path = files.checkpoint_path()
    if said.origin != keys.origin():
        raise Disagreement(
            f"{path} is that of the log {said.origin}, and HUIYIN_LOG_NAME is {keys.origin()}.",
            "Set HUIYIN_LOG_NAME back, or HUIYIN_DATA_DIR to the folder of this log.",
        )
    try:
        signed = note.verified_by(keys.verifiers())
    except SignatureInvalid:
        signed = []
    if not signed:
        raise Disagreement(
            f"{path} is not signed by a key of this log.",
            "HUIYIN_DATA_DIR or HUIYIN_DATABASE_URL is that of another installation, or the file "
            "was changed. Keep a copy of both and look into which.",
        )
    if Checkpoint.objects.filter(size=said.size, root=said.root).exists():
        return
    largest = published_size()
    if said.size > largest:
        raise Disagreement(
            f"{said.size} entries of the log are published, and the database has {largest}.",
            "It was restored from an old copy. Restore it up to the last moment (archived WAL): "
            "what was published cannot be taken back. See docs/how-to/look-after-the-log.md.",
        )
    raise Disagreement(
        f"The first {said.size} entries are not those that were published.",
        "The database was restored from an old copy and went on, or somebody wrote past Huiyin. "
        "Keep a copy of both. See docs/how-to/look-after-the-log.md.",
    )


def published_size() -> int:
    """How many entries the newest checkpoint in the database speaks of."""
    newest = Checkpoint.objects.order_by("-epoch_id").first()
    return newest.size if newest else 0

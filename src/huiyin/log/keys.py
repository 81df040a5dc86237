"""The keys that sign for the log: the private ones in a file, who they are in the database.

The database knows every key there ever was, since when, who introduced it and whether it is
retired. So a lost file and one that belongs elsewhere are noticed before anything is signed.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from huiyin.kernel import clock
from huiyin.log import key_file
from huiyin.log.errors import KeyUnusable
from huiyin.log.key_file import Keys
from huiyin.log.models import LogKey, RetiredLogKey
from huiyin.log.notes import Note, NoteInvalid, PrivateKey, VerifierKey


def origin() -> str:
    """The log's name: the first line of its checkpoints and the name of its keys."""
    return str(settings.HUIYIN_LOG_NAME)


def signer() -> PrivateKey:
    """The key that signs now. Makes the key file when the log has never had a key.

    No query as long as the file stays as it is. Raises ``KeyUnusable``.
    """
    return _held()[-1]


def sign_with_all(body: str) -> str:
    """``body`` as a note signed by every key that is not retired, the oldest first.

    Raises ``KeyUnusable`` when this machine holds none of them.
    """
    establish()
    standing = {key.vkey for key in known() if not is_retired(key)}
    signing = [key for key in _held() if key.vkey in standing]
    if not signing:
        raise _not_ours(_held()[-1])
    return str(Note(body, tuple(key.signature(body) for key in signing)))


def establish() -> None:
    """At the very first start: make the key file and write its key down. Else nothing.

    Raises ``KeyUnusable``.
    """
    if not LogKey.objects.exists():
        # Of two machines that start at once one comes first; the other finds that its key is not
        # the one, and refuses to start.
        LogKey.objects.get_or_create(
            number=1, defaults={"vkey": signer().vkey, "since": _this_second()}
        )


def check() -> None:
    """Raises ``KeyUnusable`` when this machine's keys are not those of the log. Changes nothing;
    before the very first start there is nothing to be said."""
    every = known()
    if not every:
        if _path().exists():
            _named_right(key_file.read(_path()))
        return
    named = VerifierKey.parse(every[-1].vkey).name
    if named != origin():
        raise KeyUnusable(
            f"The log was called {named}, and HUIYIN_LOG_NAME is now {origin()}.",
            f"Set HUIYIN_LOG_NAME={named}: a log keeps its name for good.",
        )
    active = _named_right(_held())[-1]
    own = next((key for key in every if key.vkey == active.vkey), None)
    if own is None:
        raise _not_ours(active)
    if is_retired(own):
        raise KeyUnusable(
            f"The key that signs last in {_path()} is retired.",
            "This is an old copy of the key file: put the current one in its place.",
        )


def lags_behind() -> bool:
    """Whether the key file is an older copy that lacks the newest key; its keys still count."""
    every = known()
    return bool(every) and every[-1].vkey != signer().vkey


def rotation_is_unfinished() -> bool:
    """Whether ``rotate`` was cut off; it goes on when it is called again."""
    return _next_path().exists()


def rotate() -> LogKey:
    """Make a new key, which the present one introduces, and sign with it from now on.

    The older one goes on signing checkpoints beside it until it is retired; the newest checkpoint
    that is there is signed by the new one in the publisher's next round. Cut off at any instant,
    it is completed by calling it again. Raises ``KeyUnusable``.
    """
    establish()
    check()
    if lags_behind():
        raise KeyUnusable(
            f"{_path()} lacks the newest key.", "Rotate where the current key file is, or copy it."
        )
    held = _held()
    following = _following(held)
    with transaction.atomic():
        last = LogKey.objects.aggregate(last=Max("number"))["last"]
        made, _created = LogKey.objects.get_or_create(
            vkey=following[-1].vkey,
            defaults={
                "number": last + 1,
                "since": (now := _this_second()),
                "introduction": held[-1].sign(introduction(following[-1].vkey, now)),
            },
        )
    # Only a key that the database knows ever signs.
    with suppress(FileNotFoundError):  # somebody else completes the same rotation
        _next_path().replace(_path())
    return made


def retire(key: LogKey) -> None:
    """Sign nothing more with ``key`` and remove it from the file; what it signed stays verifiable.

    Raises ``KeyUnusable`` for the newest key, which has nobody to take over.
    """
    if key == known()[-1]:
        raise KeyUnusable("The newest key signs.", "Rotate first: huiyin log-key rotate.")
    if lags_behind():
        raise KeyUnusable(
            f"{_path()} lacks the newest key.", "Retire where the current key file is, or copy it."
        )
    RetiredLogKey.objects.get_or_create(key=key, defaults={"at": _this_second()})
    key_file.replace(_path(), tuple(held for held in _held() if held.vkey != key.vkey))


def introduction(vkey: str, since: datetime) -> str:
    """What the key before it says of a new one."""
    return f"{origin()}/key\n{vkey}\n{rfc3339(since)}\n"


def published() -> dict[str, Any]:
    """All keys, the oldest first, as anybody may read them. One query."""
    return {
        "origin": origin(),
        "keys": [
            {
                "vkey": key.vkey,
                "since": rfc3339(key.since),
                "retired": rfc3339(key.retirement.at) if is_retired(key) else None,
                "introduction": key.introduction,
            }
            for key in known()
        ],
    }


def verifiers() -> list[VerifierKey]:
    """Every key that ever signed, the oldest first."""
    return [VerifierKey.parse(key.vkey) for key in known()]


def known() -> list[LogKey]:
    """Every key that ever signed, the oldest first, with its retirement. One query."""
    return list(LogKey.objects.select_related("retirement").order_by("number"))


def is_retired(key: LogKey) -> bool:
    return getattr(key, "retirement", None) is not None


def held_vkeys() -> set[str]:
    """The keys whose private half this machine holds."""
    return {key.vkey for key in _held()}


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _held() -> Keys:
    path = _path()
    try:
        return key_file.read(path)
    except FileNotFoundError:
        if LogKey.objects.exists():
            raise KeyUnusable(
                f"The log has keys, and the key file {path} is not there.",
                "Put back the copy you keep (docs/how-to/look-after-the-log.md); a new key would "
                "not be believed.",
            ) from None
    try:
        key_file.create(path, (PrivateKey.generate(origin()),))
    except NoteInvalid as error:
        raise KeyUnusable(
            f"HUIYIN_LOG_NAME cannot be {origin()!r}.", "No spaces and no plus sign."
        ) from error
    return key_file.read(path)


def _following(held: Keys) -> Keys:
    """The keys with a new one at the end, written beside the key file; those of a rotation that
    was cut off, if there was one."""
    path = _next_path()
    with suppress(FileNotFoundError):
        if [key.vkey for key in key_file.read(path)[:-1]] != [key.vkey for key in held]:
            path.unlink()  # of a rotation before the last one
    key_file.create(path, (*held, PrivateKey.generate(origin())))
    return key_file.read(path)


def _named_right(held: Keys) -> Keys:
    if held[-1].verifier.name != origin():
        raise KeyUnusable(
            f"The keys in {_path()} are those of {held[-1].verifier.name}.",
            f"Put the key file of {origin()} there, or set HUIYIN_LOG_NAME.",
        )
    return held


def _not_ours(key: PrivateKey) -> KeyUnusable:
    return KeyUnusable(
        f"The key {key.verifier.name}+{key.verifier.id.hex()} in {_path()} has never signed for "
        "this log.",
        "Put the log's own key file there: the copy you keep, or that of another machine.",
    )


def _path() -> Path:
    return Path(settings.HUIYIN_LOG_KEY_FILE)


def _next_path() -> Path:
    return _path().with_name(f"{_path().name}.next")


def _this_second() -> datetime:
    return clock.now().replace(microsecond=0)

"""Importing a file of reviews, piece by piece, from wherever an earlier attempt came to."""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as _

from huiyin.directory.models import Organisation
from huiyin.intake.events.files import Line, Rejects, Unreadable
from huiyin.intake.imports.columns import Manner, Seen, decode
from huiyin.intake.imports.pieces import Opened, Piece, open_pieces
from huiyin.kernel import clock
from huiyin.reviews import services as reviews
from huiyin.reviews.events import Fault
from huiyin.reviews.models import ImportedChunk, ImportedFile, ImportSource

# Rows that are read at once, few enough for a processor's cache; and how many times that is a
# transaction. The more, the fewer entries in the log; what is left of a row by then is small.
PIECE, TOGETHER = 10_000, 20
Faults = tuple[Fault, ...]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Read:
    """Some rows of a file after reading: what is left of them when the rows themselves are gone."""

    rows: int
    reviews: reviews.Columns
    defaults: int
    texts: int
    rejected: Sequence[tuple[Line, Faults]]


@dataclass
class Report:
    """What became of a file's rows, those of earlier attempts included."""

    rows: int = 0
    taken: int = 0
    duplicates: int = 0
    defaults: int = 0
    rejected: int = 0
    texts: int = 0
    # Of a trial: how many reviews had which level.
    levels: Counter[str] = field(default_factory=Counter)
    rejects: Path | None = None

    def add(self, chunk: ImportedChunk) -> None:
        self.taken += chunk.taken
        self.duplicates += chunk.duplicates
        self.defaults += chunk.defaults
        self.rejected += chunk.rejected
        self.texts += chunk.texts


def import_file(
    path: Path, source: ImportSource, manner: Manner, *, progress: Progress = lambda done, of: None
) -> Report:
    """Take over what is in ``path``; a transaction for each piece of it.

    A file is known by its content. What of it was imported before is passed over, so that one that
    broke off, at whatever instant, goes on where it stood. Raises ``Unreadable``, ``OSError`` or a
    ``Problem``; what was committed before stays.
    """
    with path.open("rb") as raw:
        sha256 = hashlib.file_digest(raw, "sha256").digest()
    with open_pieces(path) as opened:
        _check(opened, manner)
        file = reviews.begin_file(
            source=source,
            sha256=sha256,
            manner=asdict(manner),
            rejects=Rejects.free(
                path, set(ImportedFile.objects.values_list("rejects", flat=True))
            ).name,
        )
        report = Report(opened.rows)
        before = list(ImportedChunk.objects.filter(file=file).order_by("number"))
        for chunk in before:
            report.add(chunk)
        last = before[-1] if before else None
        if last is None or last.rows_read < opened.rows:
            _go_on(path, opened, file, manner, last, report, progress)
        if report.rejected:
            report.rejects = path.with_name(file.rejects)
    return report


def try_file(path: Path, manner: Manner, *, progress: Progress = lambda done, of: None) -> Report:
    """Read ``path`` and judge every row; nothing is stored but the rejected rows beside it. What is
    known already is not looked for."""
    with open_pieces(path) as opened, closing(Rejects(Rejects.free(path))) as rejects:
        _check(opened, manner)
        report = Report(opened.rows)
        done = 0
        for piece in _ahead(_read(opened, manner, 0)):
            report.taken += len(piece.reviews.day)
            report.defaults += piece.defaults
            report.texts += piece.texts
            report.levels.update(piece.reviews.level)
            _reject(piece, rejects)
            done += piece.rows
            progress(done, opened.rows)
        report.rejected = rejects.count
        if report.rejected:
            report.rejects = rejects.path
    return report


def _check(opened: Opened, manner: Manner) -> None:
    if "pf" in opened.fields and not manner.pf:
        raise Unreadable(_("There is a column pf. Say with --pf what its codes mean."))
    if not opened.rows:
        raise Unreadable(_("There are no rows in it."))


def _go_on(
    path: Path,
    opened: Opened,
    file: ImportedFile,
    manner: Manner,
    last: ImportedChunk | None,
    report: Report,
    progress: Progress,
) -> None:
    number, done, keep = (last.number, last.rows_read, last.rejects_size) if last else (0, 0, 0)
    with closing(Rejects(path.with_name(file.rejects), keep=keep)) as rejects:
        progress(done, opened.rows)
        for piece in _ahead(_read(opened, manner, done)):
            _reject(piece, rejects)
            number, done = number + 1, done + piece.rows
            chunk = reviews.import_reviews(
                source=file.source,
                reviews=piece.reviews,
                defaults=piece.defaults,
                part=reviews.Part(
                    file=file,
                    number=number,
                    rows_read=done,
                    rejects_size=rejects.kept(),
                    rejected=len(piece.rejected),
                    texts=piece.texts,
                ),
            )
            report.add(chunk)
            progress(done, opened.rows)


def _read(opened: Opened, manner: Manner, skip: int) -> Iterator[Read]:
    # All of them at once: the pieces are read in a thread that does not ask the database.
    known = frozenset(Organisation.objects.order_by().values_list("uscc", flat=True))
    today = clock.today()
    seen: Seen = {}

    def decoded() -> Iterator[Read]:
        for piece in opened.pieces(skip, PIECE):
            found = decode(
                piece.columns,
                manner=manner,
                known=known,
                today=today,
                names=piece.names,
                odd=piece.odd,
                seen=seen,
            )
            rejected = list(_rejected(piece, found.faults))
            yield Read(piece.rows, found.reviews, len(found.defaults), found.texts, rejected)

    pieces = decoded()
    return iter(lambda: _together(list(islice(pieces, TOGETHER))), None)


def _together(pieces: Sequence[Read]) -> Read | None:
    if not pieces:
        return None
    return Read(
        rows=sum(piece.rows for piece in pieces),
        reviews=reviews.Columns(
            *(list(chain(*some)) for some in zip(*(piece.reviews for piece in pieces), strict=True))
        ),
        defaults=sum(piece.defaults for piece in pieces),
        texts=sum(piece.texts for piece in pieces),
        rejected=[one for piece in pieces for one in piece.rejected],
    )


def _rejected(piece: Piece, faults: Mapping[int, Faults]) -> Iterator[tuple[Line, Faults]]:
    """The rows of ``piece`` that are refused, with what is wrong. Empty ones are no rows."""
    for place in sorted(faults.keys() | piece.odd.keys()):
        line = piece.line(place)
        if place in piece.odd:
            yield line, (piece.odd[place],)
        elif any(line.row.values()):
            yield line, faults[place]


def _reject(piece: Read, rejects: Rejects) -> None:
    for line, faults in piece.rejected:
        rejects.add(line, faults)


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """Hundreds of thousands of rows are no garbage, and Python would look through them again and
    again: that took half of all the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _ahead(pieces: Iterator[Read]) -> Iterator[Read]:
    """``pieces``, the next one being read while the database is at work with this one."""
    language = translation.get_language()

    def following() -> Read | None:
        with translation.override(language):
            return next(pieces, None)

    with _no_search_for_garbage(), ThreadPoolExecutor(1) as reader:
        coming = reader.submit(following)
        while piece := coming.result():
            coming = reader.submit(following)
            yield piece
            gc.collect()

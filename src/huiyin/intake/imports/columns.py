"""The columns of a file of reviews, and reading them as columns. Pure.

A value that comes a million times is looked at once: each function reads the different values of a
column, or the whole column by one expression, and only a column that holds something wrong is gone
through value by value. ``FIELDS`` is the table of what there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import compress

from django.utils.translation import gettext as _

from huiyin.intake.events import reading
from huiyin.intake.events.reading import Wrong
from huiyin.kernel import clock
from huiyin.reviews.events import Fault
from huiyin.reviews.models import Channel
from huiyin.reviews.services import Columns

# Our name of each field, the names it may have in a file, and a word for the docs.
FIELDS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "organisation": (("organisation", "deptCode"), "credit code of the rated body"),
    "item": (("item", "taskHandleItem", "taskCode"), "item code, 31 or 33 characters"),
    "counter": (("counter", "window"), "number of the counter"),
    "channel": (("channel",), "our name of the channel"),
    "pf": (("pf",), "the channel as a code; see --pf"),
    "level": (("level", "satisfaction"), "1 to 5; see --best"),
    "tags": (("tags", "evalDetail"), "tag codes of any generation, commas between them"),
    "text": (("text", "writingEvaluation"), "what the citizen wrote: counted, not kept"),
    "day": (("day", "time", "assessTime"), "when it was given; the day is kept"),
    "reference": (("reference",), "by which the source knows the review"),
    "default": (("isdefault",), "1: nobody gave it"),
}
OURS = {name: ours for ours, (names, _about) in FIELDS.items() for name in names}
REQUIRED = ("organisation", "level", "day")

# domain.md §3: codes of the channel differ from province to province.
_COMMON = {
    "1": Channel.WEB,
    "2": Channel.MOBILE,
    "3": Channel.QR,
    "4": Channel.COUNTER_DEVICE,
    "5": Channel.KIOSK,
}
_NOBODY = "nobody"
PF: Mapping[str, Mapping[str, str]] = {
    "national": {**_COMMON, "6": Channel.HOTLINE, "7": Channel.SMS},
    "shandong": {**_COMMON, "6": Channel.HOTLINE, "7": Channel.SMS, "8": Channel.MOBILE},
    "zhejiang": {**_COMMON, "6": Channel.SMS, "7": _NOBODY},
}

_TIME = (
    r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?)?"
)
_TIMES = re.compile(rf"^{_TIME}$", re.MULTILINE)
_MAX_TAGS, _MAX_REFERENCE = 20, 100
# Different values of a field that are remembered.
_MANY = 100_000
_TAG = re.compile(r"[1-5][0-9]{2}")
_BETWEEN_TAGS = re.compile(r"[,，;；、\s]+")


@dataclass(frozen=True)
class Manner:
    """How the operator says that a file is to be read."""

    best: int  # 5 as in interfaces, 1 as in GB/T 39046-2020
    pf: str = ""  # a key of ``PF``; empty: there is no such column


@dataclass(frozen=True)
class Decoded:
    """What came of some rows."""

    reviews: Columns
    # Of which rows (by their places) nobody gave the rating, and what is wrong with which.
    defaults: frozenset[int]
    faults: Mapping[int, tuple[Fault, ...]]
    texts: int = 0


# What different values of a field have been read as, by field; kept from piece to piece.
Seen = dict[str, dict[str, str]]


@dataclass
class _Reading:
    """The reading of some rows: what was seen before, and what is wrong with which row."""

    names: Mapping[str, str]
    seen: Seen
    found: dict[int, list[Fault]] = field(default_factory=dict)

    def column(self, ours: str, column: Sequence[str], read: Callable[[str], str]) -> list[str]:
        """``column`` as it is read, each different value once; empty where it is wrong."""
        values = self.seen.setdefault(ours, {})
        if len(values) > _MANY:
            values.clear()
        wrong: dict[str, str] = {}
        for value in set(column).difference(values):
            try:
                values[value] = read(value)
            except Wrong as error:
                wrong[value] = str(error)
        if not wrong:
            return [values[value] for value in column]
        for place, value in enumerate(column):
            if value in wrong:
                self.add(place, ours, wrong[value])
        return [values.get(value, "") for value in column]

    def add(self, place: int, ours: str, reason: str) -> None:
        self.found.setdefault(place, []).append(Fault(self.names.get(ours, ours), reason))


def decode(
    given: Mapping[str, Sequence[str]],
    *,
    manner: Manner,
    known: Collection[str],
    today: date,
    names: Mapping[str, str],
    odd: Collection[int] = (),
    seen: Seen | None = None,
) -> Decoded:
    """Read rows given as columns by our names of the fields, all of one length and of text.

    ``known`` are the codes of the organisations that there are, ``names`` what the file calls each
    field; ``odd`` rows are passed over. ``seen`` is kept by the caller, for as long as nothing else
    changes, and makes the next rows quicker to read. Reasons never repeat a value, which may be
    personal.
    """
    count = len(next(iter(given.values())))
    at = _Reading(names, {} if seen is None else seen)

    def each(ours: str, read: Callable[[str], str]) -> Sequence[str]:
        return at.column(ours, given[ours], read) if ours in given else [""] * count

    default = each("default", _is_default)
    channel = _channels(given, manner, at, count)
    level = each("level", _level(manner))
    tags = each("tags", _tags)
    _compare(level, tags, at)
    columns = Columns(
        organisation=each("organisation", _organisation(known)),
        item_code=each("item", lambda value: reading.item(value) if value else ""),
        counter_number=each("counter", reading.text(20)),
        channel=channel,
        level=level,
        tags=tags,
        day=_days(given["day"], today, at),
        reference=_references(given.get("reference", [""] * count), at),
    )
    # Whatever else such a row holds, nobody said it.
    nobody: set[int] = (
        {place for place, value in enumerate(default) if value} if any(default) else set()
    )
    if _NOBODY in channel:
        nobody |= {place for place, value in enumerate(channel) if value == _NOBODY}
    nobody.difference_update(odd)
    found = {place: tuple(some) for place, some in at.found.items() if place not in nobody}
    left_out = nobody.union(found, odd)
    if left_out:
        columns = columns.chosen([place not in left_out for place in range(count)])
    texts = list(given.get("text", ()))
    if texts and left_out:
        texts = list(compress(texts, (place not in left_out for place in range(count))))
    return Decoded(columns, frozenset(nobody), found, len(texts) - texts.count(""))


def _organisation(known: Collection[str]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not value:
            raise Wrong(_("Is required."))
        if (uscc := value.strip().upper()) in known:
            return uscc
        reading.credit_code(value)
        raise Wrong(_("No organisation of this platform has this code."))

    return read


def _channels(
    given: Mapping[str, Sequence[str]], manner: Manner, at: _Reading, count: int
) -> Sequence[str]:
    """Our names of the channels; ``_NOBODY`` where the code says that a system gave the rating."""
    codes = PF.get(manner.pf, {})

    def by_code(value: str) -> str:
        if value and not codes:
            raise Wrong(_("Say with --pf what these codes mean."))
        if value and value.strip().removeprefix("0") not in codes:
            raise Wrong(_("Must be one of %(codes)s.") % {"codes": ", ".join(codes)})
        return str(codes[value.strip().removeprefix("0")]) if value else ""

    def by_name(value: str) -> str:
        if value and value not in Channel.values:
            raise Wrong(_("Must be one of %(codes)s.") % {"codes": ", ".join(Channel.values)})
        return value

    named = at.column("channel", given.get("channel", [""] * count), by_name)
    coded = at.column("pf", given.get("pf", [""] * count), by_code)
    both = set(zip(named, coded, strict=True))
    if any(bool(name) == bool(code) for name, code in both):
        ours = "channel" if "channel" in given else "pf"
        for place, (name, code) in enumerate(zip(named, coded, strict=True)):
            if name and code and code not in {name, _NOBODY}:
                at.add(place, "pf", _("Comes under two names with different values."))
            elif not name and not code and place not in at.found:
                at.add(place, ours, _("Is required."))
    if both <= {(name, "") for name in named}:
        return named
    return [
        code if code == _NOBODY else name or code for name, code in zip(named, coded, strict=True)
    ]


def _level(manner: Manner) -> Callable[[str], str]:
    def read(value: str) -> str:
        given = value.strip()
        if given not in {"1", "2", "3", "4", "5"}:
            raise Wrong(_("Must be a whole number from %(least)d to %(most)d.") % _ENDS)
        return given if manner.best == 5 else str(6 - int(given))

    return read


_ENDS = {"least": 1, "most": 5}


def _tags(value: str) -> str:
    codes = [code for code in _BETWEEN_TAGS.split(value) if code]
    if len(codes) > _MAX_TAGS or not all(map(_TAG.fullmatch, codes)):
        raise Wrong(
            _("Must be at most %(most)d tag codes of three digits, with commas between them.")
            % {"most": _MAX_TAGS}
        )
    return ",".join(sorted(set(codes)))


def _compare(level: Sequence[str], tags: Sequence[str], at: _Reading) -> None:
    """In every generation of tags the first digit of a code is its level (5 is the best)."""
    foreign = {
        (one, codes)
        for one, codes in set(zip(level, tags, strict=True))
        if one and any(code[0] != one for code in codes.split(",") if code)
    }
    if foreign:
        for place, both in enumerate(zip(level, tags, strict=True)):
            if both in foreign:
                at.add(place, "tags", _("Holds a tag of another level."))


def _is_default(value: str) -> str:
    return "yes" if value and reading.flag(value) else ""


def _days(column: Sequence[str], today: date, at: _Reading) -> Sequence[str]:
    """The days, as people in China read them."""
    latest = today.isoformat()

    def day(text: str) -> str:
        try:
            date.fromisoformat(text)
        except ValueError as error:
            raise Wrong(_("Must be a time such as 2024-03-04 10:15:00.")) from error
        if text > latest:
            raise Wrong(_("Lies in the future. Check the clock."))
        return text

    def moment(text: str) -> str:
        if not text:
            raise Wrong(_("Is required."))
        return day(clock.local(reading.moment(text)).date().isoformat())

    joined = "\n".join(column)
    days: Sequence[str] = _TIMES.findall(joined)
    if len(days) == len(column) and joined.count("\n") == len(column) - 1:
        return at.column("day", days, day)
    return at.column("day", column, moment)


def _references(column: Sequence[str], at: _Reading) -> Sequence[str]:
    joined = "".join(column)
    plain = joined.isascii() and joined.isprintable() and " " not in joined
    if plain and max(map(len, column), default=0) <= _MAX_REFERENCE:
        return column
    return at.column("reference", column, reading.text(_MAX_REFERENCE))

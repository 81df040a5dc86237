"""Reading the text of a notice: which days it makes days off, which weekends it makes worked. Pure.

Understood are the sentences that the General Office of the State Council writes:

    二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。
    2月14日（周六）、2月28日（周六）上班。
    延长2020年春节假期至2月2日（农历正月初九，星期日），2月3日（星期一）起正常上班。

Nothing is guessed: a sentence with dates of which nothing is said becomes a doubt for whoever
publishes, and so does a weekday or a number of days that does not fit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from huiyin.calendars.arithmetic import YearTable, is_weekday, provisional_table
from huiyin.calendars.history import History, Revision

_DAY = timedelta(days=1)
# Longer holidays do not exist; a span that is longer was read wrongly.
_LONGEST = 31
_WEEKDAYS = "一二三四五六日"

_ONE = (
    r"(?:(?P<{0}year>\d{{4}})年)?(?:(?P<{0}month>\d{{1,2}})月)?(?P<{0}day>\d{{1,2}})日"
    r"(?:\((?P<{0}note>[^)]*)\))?"
)
_TOKEN = re.compile(
    rf"(?P<extended>假期(?:延长)?至(?=[\d年月]*日))"
    rf"|{_ONE.format('first_')}(?:(?:至|到|[-—–―~])+{_ONE.format('last_')})?"
    rf"|(?P<off>放假|补休)"
    rf"|(?P<worked>上班)"
    # What is no day off, or is one anyhow; and a recommendation is none.
    rf"|(?P<aside>为法定|公休|休息|调至[^,;]*)"
    rf"|(?:共|放假)?(?P<count>\d+)天"
)
_YEAR = re.compile(r"(\d{4})年(?!\d{1,2}月)")
_ANY_YEAR = re.compile(r"(\d{4})年")
_DATE_ALONE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_NAME = re.compile(r"[^\s,。:;]{2,80}?(?:通知|公告)")
_NUMBER = re.compile(r"[^\s,。:〔()]{1,12}[〔(\[]\d{4}[〕)\]]\d+号")


class Doubt(StrEnum):
    """What somebody should look at before publishing."""

    NO_SUCH_DAY = "no_such_day"
    WEEKDAY = "weekday"
    COUNT = "count"
    UNREAD = "unread"


@dataclass
class Reading:
    """What a notice says, as far as it was understood."""

    year: int
    # A yearly notice names all holidays; an amendment changes what is there.
    complete: bool = False
    off: set[date] = field(default_factory=set)
    worked: set[date] = field(default_factory=set)
    # A holiday that is there already lasts until this day.
    extended_to: date | None = None
    signed_on: date | None = None
    # As its first lines call it, with its number.
    title: str = ""
    # The sentence and what is wrong with it.
    doubts: list[tuple[Doubt, str]] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.off or self.worked or self.extended_to)

    def notice(self, history: History, region: str = "") -> Notice:
        """The days to be published: an amendment's lie over the newest table of its year. Days of
        another year (a long New Year) stay as they were named."""
        before = None if self.complete else history.table(self.year, region)
        off, worked = (set(before.off), set(before.worked)) if before else (set(), set())
        named = set(self.off)
        if self.extended_to:
            begun = [day for day in off if day < self.extended_to]
            named |= _extension(max(begun, default=None), self.extended_to)
        # A weekday that is worked is worked by itself.
        weekends = {day for day in self.worked if not is_weekday(day)}
        return Notice(
            self.year,
            frozenset((off - self.worked) | named),
            frozenset((worked - named) | weekends),
            region,
        )


def _extension(last: date | None, end: date) -> set[date]:
    """The days by which a holiday that lasted until ``last`` is extended."""
    if last is None or (end - last).days > _LONGEST:
        return set()
    return {last + _DAY * n for n in range(1, (end - last).days + 1)}


@dataclass(frozen=True)
class Notice:
    """Days as they are to be published: all of ``year``, and what changes at the end of the year
    before (a long New Year begins there)."""

    year: int
    off: frozenset[date]
    worked: frozenset[date]
    region: str = ""
    provisional: bool = False

    def tables(self, history: History) -> list[YearTable]:
        """The tables that publishing it will add, its own last."""
        new = [self._amended(history)] if any(d.year < self.year for d in self._days) else []
        before = history.table(self.year, self.region)
        own = YearTable(
            self.year,
            before.revision + 1 if before else 1,
            self.provisional,
            frozenset(day for day in self.off if day.year == self.year),
            frozenset(day for day in self.worked if day.year == self.year),
        )
        return [*(table for table in new if table), own]

    def revisions(self, history: History) -> list[Revision]:
        """As the history will know them."""
        return [Revision(self.region, None, table) for table in self.tables(history)]

    @property
    def _days(self) -> frozenset[date]:
        return self.off | self.worked

    def _amended(self, history: History) -> YearTable | None:
        """The year before with the days that change; None when they are there already."""
        year = self.year - 1
        before = history.table(year, self.region) or (
            YearTable(year, 0, False, frozenset(), frozenset())
            if self.region
            else provisional_table(year)
        )
        off = frozenset(day for day in self.off if day.year == year)
        worked = frozenset(day for day in self.worked if day.year == year)
        after = replace(
            before,
            revision=before.revision + 1,
            off=(before.off - worked) | off,
            worked=(before.worked - off) | worked,
        )
        same = all(after.is_working(day) == before.is_working(day) for day in off | worked)
        return None if same else after


def spans(days: Iterable[date]) -> list[tuple[date, date]]:
    """The first and last days of runs of days, in order."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and found[-1][1] + _DAY == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def year_of(text: str) -> int | None:
    """The year a notice is about: the first one named that is not the year of a date."""
    found = _YEAR.search(_plain(text)) or _ANY_YEAR.search(_plain(text))
    return int(found[1]) if found else None


def read(text: str, year: int) -> Reading:
    """What the notice ``text`` about ``year`` says."""
    plain = _plain(text)
    reading = Reading(year, complete="元旦" in plain and "国庆" in plain)
    reading.title = _title(plain)
    for sentence in filter(None, re.split(r"[。;\n]", plain)):
        if alone := _DATE_ALONE.fullmatch(sentence):
            reading.signed_on = _date(*map(int, alone.groups()))
        else:
            _read_sentence(sentence, reading)
    reading.worked -= reading.off
    return reading


def _title(plain: str) -> str:
    """The name of a notice and its number, where its first lines have them."""
    name = _NAME.search("".join(plain.splitlines()[:4]))
    number = _NUMBER.search(plain)
    return (name[0] if name else "") + (f"（{number[0]}）" if number else "")


def _plain(text: str) -> str:
    """Full-width forms made plain, spaces gone; line ends stay."""
    lines = unicodedata.normalize("NFKC", text).splitlines()
    return "\n".join("".join(line.split()) for line in lines)


def _read_sentence(sentence: str, reading: Reading) -> None:
    pending: list[date] = []
    given: list[date] = []
    extending = False
    for token in _TOKEN.finditer(sentence):
        if token["first_day"]:
            days = list(_days(token, sentence, reading, pending))
            if extending and days:
                reading.extended_to, extending = days[0], False
            else:
                pending += days
        elif token["extended"]:
            extending, pending = True, []
        elif token["off"]:
            reading.off |= set(pending)
            given, pending = pending or given, []
        elif token["worked"]:
            reading.worked |= set(pending)
            pending = []
        elif token["aside"]:
            pending = []
        elif given and token["count"] and int(token["count"]) != len(given):
            reading.doubts.append((Doubt.COUNT, sentence))
    if pending:
        reading.doubts.append((Doubt.UNREAD, sentence))


def _days(
    token: re.Match[str], sentence: str, reading: Reading, before: list[date]
) -> Iterator[date]:
    """The days of a date or a span. Month and year that are not said are those said last."""
    near = before[-1] if before else None
    first = _named(token, "first_", sentence, reading, near)
    if first is None:
        return
    if not token["last_day"]:
        yield first
        return
    last = _named(token, "last_", sentence, reading, first)
    if last is None or not 0 <= (last - first).days < _LONGEST:
        reading.doubts.append((Doubt.NO_SUCH_DAY, sentence))
        return
    for n in range((last - first).days + 1):
        yield first + _DAY * n


def _named(
    token: re.Match[str], part: str, sentence: str, reading: Reading, near: date | None
) -> date | None:
    month = int(token[f"{part}month"] or (near.month if near else 0))
    year = int(token[f"{part}year"] or (near.year if near else reading.year))
    day = _date(year, month, int(token[f"{part}day"]))
    if day is None:
        reading.doubts.append((Doubt.NO_SUCH_DAY, sentence))
        return None
    said = re.search(rf"(?:周|星期)([{_WEEKDAYS}天])", token[f"{part}note"] or "")
    if said and day.weekday() != _WEEKDAYS.index(said[1].replace("天", "日")):
        reading.doubts.append((Doubt.WEEKDAY, sentence))
    return day


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None

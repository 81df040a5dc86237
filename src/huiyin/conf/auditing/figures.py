"""The figures that a site publishes, beside what the log adds up to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from huiyin.conf.auditing.differences import Found
from huiyin.conf.auditing.sums import Sums, counted, months_of, regions_of
from huiyin.directory.codes import region_lineage
from huiyin.indicators.definitions import Kind
from huiyin.indicators.figures import Figure, Place, Scope, Snapshot, State, snapshot
from huiyin.verify import fetch
from huiyin.verify.problems import AnswerMalformed, Refused
from huiyin.verify.remote import read_json

_MAX_ANSWER = 4 * 1024 * 1024
# The site lets one address ask so often; it says itself for how long to wait.
_TRIES = 20
_LONGEST_WAIT = 90

Answer = dict[str, Any]


class Site:
    """``GET /api/v1/figures`` of a site."""

    def __init__(self, site: str) -> None:
        self._address = f"{site}/api/v1/figures"

    def ask(self, **question: str) -> Answer:
        """The figures of a place and period. Waits when the site asks for it."""
        address = f"{self._address}?{urlencode(question)}" if question else self._address
        for _try in range(_TRIES):
            try:
                answer = read_json(fetch.get(address, limit=_MAX_ANSWER) or b"", address)
            except Refused as refused:
                wait = str(refused.params["retry_after"])
                if refused.params["status"] != 429 or not wait.isdigit():
                    raise
                time.sleep(min(int(wait), _LONGEST_WAIT) or 1)
                continue
            if not _is_answer(answer):
                raise AnswerMalformed(address=address)
            return dict(answer)
        raise Refused(address=address, status=429, retry_after="")


def epoch_of(answer: Answer) -> int:
    """The newest epoch that is in the figures; 0 before the first."""
    return answer["epoch"]["number"] if answer["epoch"] else 0


def compare(
    site: Site,
    sums: Sums,
    epoch: int,
    found: Found,
    *,
    month: str | None,
    tell: Callable[[str, int, int], None],
) -> bool:
    """Compare the figures of every month that the log has (or of ``month``), of the usual period
    and of every region; False when the site sealed another epoch meanwhile."""
    months = [month] if month else months_of(sums)
    questions = [{"from": f"{one}-01", "to": f"{one}-01"} for one in months]
    if not month:
        questions += [{}, *({"region": code} for code in _regions(sums))]
    pictures: dict[tuple[str, str], Snapshot] = {}
    for place, question in enumerate(questions, start=1):
        answer = site.ask(**question)
        if epoch_of(answer) != epoch:
            return False
        period = (str(answer["period"]["first"])[:7], str(answer["period"]["last"])[:7])
        if period not in pictures:
            pictures.clear()
            tallies = counted(sums, first=period[0], last=period[1])
            pictures[period] = snapshot(tallies, parents={}, below=1)
        _compare_answer(pictures[period], answer, question, found)
        tell("figures", place, len(questions))
    return True


def _regions(sums: Sums) -> list[str]:
    """Provinces, cities and counties; streets and villages are too many to be asked for."""
    codes = {code for region in regions_of(sums) for code in region_lineage(region)}
    return sorted(code for code in codes if code.endswith("000000"))


def _compare_answer(
    picture: Snapshot, answer: Answer, question: dict[str, str], found: Found
) -> None:
    region = str(answer["place"]["region"])
    shown = {one["code"]: one for one in answer["figures"]}
    for figure in picture.figures(Place(Scope.REGION, region)):
        said = shown.get(figure.indicator.code)
        about = {"region": region, "figure": figure.indicator.code, **question}
        if said is None:
            found.differs("figure_missing", **about)
        elif said.get("version") != figure.indicator.version:
            found.remark("figures_of_another_version")
        elif said.get("state") == State.SUPPRESSED:
            found.remark("figures_held_back")
        else:
            wanted = _numbers(figure)
            got = {name: said.get(name) for name in wanted}
            if got != wanted:
                found.differs("figure_other_number", **about, published=got, log=wanted)


def _numbers(figure: Figure) -> dict[str, Any]:
    """The members of the answer that are numbers, and the state they are in."""
    value: float | None = None
    if figure.share is not None:
        value = float(figure.share)
    elif figure.indicator.kind == Kind.COUNT and figure.numerator is not None:
        value = float(figure.numerator)
    return {
        "state": figure.state.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "value": value,
        "median_ms": figure.median,
        "p99_ms": figure.p99,
    }


def _is_answer(answer: Any) -> bool:
    try:
        place, period, epoch = answer["place"], answer["period"], answer["epoch"]
        return (
            (place["region"] is None or isinstance(place["region"], str))
            and isinstance(period["first"], str)
            and isinstance(period["last"], str)
            and (epoch is None or type(epoch["number"]) is int)
            and all(isinstance(one["code"], str) for one in answer["figures"])
        )
    except (TypeError, KeyError):
        return False

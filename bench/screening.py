"""How well personal data is found in texts: recall and precision on labelled sentences.

    script/bench screening [--json]

Recall is what matters: a text that names somebody and is published cannot be taken back. A text
that is held back for nothing can be released by a person. The sentences of ``data/personal.tsv``
were written before the rules, those of ``data/personal_others.tsv`` by somebody who had not seen
them. The time stands beside that of one regular expression for a mobile number.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench import setting

DATA = Path(__file__).parent / "data"
SETS = {"written before the rules": "personal.tsv", "written by others": "personal_others.tsv"}
_ROUNDS = 20


class Sentence(NamedTuple):
    kinds: frozenset[str]
    text: str


def sentences(name: str) -> list[Sentence]:
    """The labelled sentences of a file in ``data``."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    told = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [Sentence(frozenset(kinds.split(",")) - {"-"}, text) for kinds, text in told]


def main() -> None:
    chosen = setting.arguments(__doc__ or "", ("none",))
    figures = setting.Figures("screening", as_json=chosen.json)
    for title, name in SETS.items():
        _tell(figures, title, sentences(name))


def _tell(figures: setting.Figures, title: str, told: list[Sentence]) -> None:
    from huiyin.reviews.screening import screen

    naming = [one for one in told if one.kinds]
    others = [one for one in told if not one.kinds]
    found = [one for one in naming if screen(one.text)]
    wrongly = [one for one in others if screen(one.text)]
    recall = len(found) / len(naming)
    precision = len(found) / (len(found) + len(wrongly))
    figures.say(f"recall, {title}", 100 * recall, "%", of=len(naming))
    figures.say(f"precision, {title}", 100 * precision, "%", held_back_for_nothing=len(wrongly))
    held = Counter(kind for one in found for kind in one.kinds)
    for kind, many in sorted(Counter(kind for one in naming for kind in one.kinds).items()):
        figures.say(f"  texts with {kind} held back", 100 * held[kind] / many, "%", of=many)
    texts = [one.text for one in told]
    phone = re.compile(r"1[3-9]\d{9}")
    one_pattern = _microseconds(phone.search, texts)
    took = _microseconds(screen, texts)
    figures.say("time a text", took, "µs", ratio_to_one_pattern=f"{took / one_pattern:.0f}")


def _microseconds(look: Callable[[str], object], texts: list[str]) -> float:
    began = time.perf_counter()
    for _round in range(_ROUNDS):
        for text in texts:
            look(text)
    return (time.perf_counter() - began) / _ROUNDS / len(texts) * 1e6


if __name__ == "__main__":
    main()

"""What an audit found: differences, by name, with a few examples of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 10


@dataclass
class Found:
    """``counts`` by name; for each name the first ``EXAMPLES`` with what tells them apart."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # Worth a look, but no contradiction.
    remarks: Counter[str] = field(default_factory=Counter)

    def differs(self, name: str, /, **example: Any) -> None:
        self.count(name, 1, **example)

    def count(self, name: str, number: int, /, **example: Any) -> None:
        if number <= 0:
            return
        self.counts[name] += number
        shown = self.examples.setdefault(name, [])
        if example and len(shown) < EXAMPLES:
            shown.append(example)

    def join(self, other: Found) -> None:
        self.counts.update(other.counts)
        self.remarks.update(other.remarks)
        for name, examples in other.examples.items():
            shown = self.examples.setdefault(name, [])
            shown += examples[: EXAMPLES - len(shown)]

    def remark(self, name: str, number: int = 1) -> None:
        if number > 0:
            self.remarks[name] += number


# What each difference means, for people.
MEANINGS = {
    # The log against GET /api/v1/published
    "published_missing": "entries of the log are not in GET /api/v1/published",
    "published_other_bytes": "published entries are not the ones in the log",
    "published_other_hash": "published hashes are not those of the entries",
    "published_other_index": "published entries have another place than in the log",
    "published_epochs_out_of_order": "published epochs go backwards",
    "published_malformed": "GET /api/v1/published has not the documented form",
    "entry_malformed": "entries of the log are not what the documentation says",
    # The log against GET /api/v1/figures
    "figure_other_number": "published figures are not the sums of the log",
    "figure_missing": "figures are not published",
    "figures_behind": "the published figures are many epochs behind the log",
    "figures_ahead": "the published figures are of an epoch that the log does not have",
    "figures_malformed": "GET /api/v1/figures has not the documented form",
    # The log against the database of this installation
    "leaf_missing": "entries of the log have no place in the database (log_leaf)",
    "leaf_of_another_epoch": "entries are of another epoch in the database than was published",
    "entry_altered": "rows of log_entry are not the entries of the log",
    "entry_of_another_body": "rows of log_entry belong to another organisation than they say",
    "entry_backdated": "rows of log_entry bear a time after their epoch was sealed",
    "epoch_altered": "rows of log_epoch do not fit the entries",
    "review_missing": "reviews of the log have no row in the database",
    "review_altered": "reviews are not what they were when they entered the log",
    "review_backdated": "reviews bear another time of acceptance than their entry",
    "review_stray": "reviews in the database have no entry of their own",
    "import_missing": "chunks of imported reviews in the log have no row in the database",
    "import_altered": "imported reviews are not the ones that their entry in the log binds",
    "import_miscounted": "entries count other imported reviews than there are",
    "step_missing": "steps of the log have no row in the database",
    "step_altered": "steps are not what they were when they entered the log",
    "step_backdated": "steps bear another time than their entry",
    "step_stray": "steps in the database have no entry of their own",
    "reply_altered": "replies are not what they were when they entered the log",
    "entries_kept_out": "entries neither have a place in the log nor wait for one",
    "matter_misplaced": "matters do not stand where their last step left them",
    "tally_differs": "tallies in the database are not the sums of the log",
}
REMARKS = {
    "figures_moved": "figures were not compared: epochs were sealed all the while; try again",
    "figures_held_back": "figures are held back (too few cases), and so cannot be compared",
    "figures_of_another_version": "figures have another version of their definition than here",
    "tallies_are_newer": "tallies were not compared: an epoch was sealed meanwhile; try again",
    "identifier_is_newer": "rows have an identifier made more than five minutes after their time: "
    "a clock that was set back, or a time that was changed by hand",
}

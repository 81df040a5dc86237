"""What an entry is made of."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from huiyin.log import entries

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["day", "level", "等级"]), _JSON))
def test_the_leaf_hash_covers_exactly_the_published_bytes(public: dict[str, object]) -> None:
    made = entries.make("review", public, {})
    assert made.leaf_hash == hashlib.sha256(b"\x00" + made.canonical).digest()
    assert json.loads(made.canonical) == public | {"v": 1, "kind": "review", "private": {}}


def test_the_order_of_members_does_not_change_the_hash() -> None:
    one = entries.make("review", {"a": 1, "b": 2}, {})
    other = entries.make("review", {"b": 2, "a": 1}, {})
    assert one.leaf_hash == other.leaf_hash


def test_a_hidden_part_can_be_checked_but_not_guessed() -> None:
    made = entries.make("review", {}, {"text": "等了三个小时"})
    again = entries.make("review", {}, {"text": "等了三个小时"})
    committed = json.loads(made.canonical)["private"]["text"]
    assert "等了" not in made.canonical.decode()
    assert committed == entries.commitment(made.salts, "等了三个小时").hex()
    # Trying all likely texts needs the salt: equal texts do not look equal.
    assert committed != json.loads(again.canonical)["private"]["text"]

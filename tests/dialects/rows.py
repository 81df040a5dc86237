"""Fields as clients send them, for the tests of codecs: possible values, and outlandish ones."""

from __future__ import annotations

from hypothesis import strategies as st

from huiyin.dialects.structs import EVENT_NAMES

# What a form, XML and JSON all can hold. Spaces around a value mean nothing to anybody.
VALUES = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=60)
    .map(str.strip)
    .filter(lambda text: "\ufffe" not in text and "\uffff" not in text)
)
_PLAIN = [
    name for name in EVENT_NAMES if name not in {"areaCode", "userProp", "projectType", "projectNo"}
]
EVENTS = st.fixed_dictionaries(
    {"projectNo": st.from_regex(r"[A-Z0-9]{1,50}", fullmatch=True)},
    optional={
        **{name: VALUES.filter(bool) for name in _PLAIN},
        "areaCode": st.sampled_from(["330106", "330106000000", "350128000000"]),
        "userProp": st.sampled_from(["1", "2"]),
        "projectType": st.sampled_from(["1", "2"]),
    },
)
RARE_NAMES = ["𠮷田", "王䶮", "𬭳𬭬", "㐂"]

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace

import pytest
from django.template import engines
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from huiyin.kernel import clock
from huiyin.web.templatetags import huiyin as tags

NOON = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)  # 14:05 in Shanghai
MIDNIGHT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # the end of the 23rd in Shanghai


@pytest.fixture(params=["zh-hans", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with translation.override(request.param):
        yield request.param


def rendered(source: str, **context: object) -> str:
    return engines["django"].from_string("{% load huiyin %}" + source).render(context)


def test_moments_are_shown_in_local_time_as_the_language_writes_them(language: str) -> None:
    expected = {"zh-hans": "2026年11月23日 14:05", "en": "23 Nov 2026, 14:05"}
    assert tags.local_datetime(NOON) == expected[language]


def test_days_are_shown_as_the_language_writes_them(language: str) -> None:
    expected = {"zh-hans": "2026年3月4日", "en": "4 Mar 2026"}
    assert tags.local_date(date(2026, 3, 4)) == expected[language]


def test_a_deadline_at_midnight_belongs_to_the_day_that_ends(language: str) -> None:
    expected = {"zh-hans": "2026年11月23日 24:00", "en": "23 Nov 2026, 24:00"}
    assert tags.local_due(MIDNIGHT) == expected[language]
    assert tags.local_due(NOON) == tags.local_datetime(NOON)


@pytest.mark.parametrize(
    ("length", "chinese", "english"),
    [
        (timedelta(milliseconds=350), "0.35 秒", "0.35 s"),
        (timedelta(seconds=42.1), "42.1 秒", "42.1 s"),
        (timedelta(seconds=59.99), "59.9 秒", "59.9 s"),
        (timedelta(0), "0 秒", "0 s"),
        (timedelta(minutes=1), "1 分钟", "1 minute"),
        (timedelta(hours=2, minutes=5, seconds=59), "2 小时 5 分钟", "2 hours 5 minutes"),
        (timedelta(days=3, hours=1, minutes=9), "3 天 1 小时", "3 days 1 hour"),
        (timedelta(days=3, minutes=9), "3 天", "3 days"),
    ],
)
def test_lengths_of_time_are_said_in_two_units(
    length: timedelta, chinese: str, english: str
) -> None:
    with translation.override("zh-hans"):
        assert tags.human(length) == chinese
    with translation.override("en"):
        assert tags.human(length) == english


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "—"),
        (0, "0%"),
        (0.0001, "< 0.1%"),
        (0.984, "98.4%"),
        (0.9997, "99.9%"),
        (Fraction(999_999, 1_000_000), "99.9%"),
        (1, "100%"),
    ],
)
def test_shares_are_rounded_honestly(share: float | None, text: str) -> None:
    assert tags.percent(share) == text


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_only_all_of_them_is_a_hundred_per_cent(denominator: int, numerator: int) -> None:
    numerator %= denominator
    assert not tags.share(numerator, denominator).startswith("100")
    assert tags.share(denominator, denominator) == "100%"


def test_a_share_of_no_cases_is_not_a_number() -> None:
    assert tags.share(0, 0) == "—"


@pytest.mark.parametrize(
    ("state", "due", "warn", "stopped"),
    [("ok", 9, 6, None), ("soon", 1, -1, None), ("late", -1, -3, None), ("stopped", 1, 0, -1)],
)
def test_a_clock_says_its_state_and_its_due_time(
    language: str, state: str, due: int, warn: int, stopped: int | None
) -> None:
    with clock.frozen(NOON):
        row = SimpleNamespace(
            due_at=NOON + timedelta(days=due),
            warn_at=NOON + timedelta(days=warn),
            stopped_at=None if stopped is None else NOON + timedelta(days=stopped),
        )
        html = rendered("{% clock_chip row %}", row=row)
    assert f"chip-{state}" in html
    shown = row.stopped_at or row.due_at
    assert tags.local_datetime(shown) in html
    assert "14:05" in html


@pytest.mark.parametrize(("seconds", "said"), [(-7.5, "刚刚超期"), (7.5, "剩余不到 1 分钟")])
def test_a_clock_counts_no_seconds(seconds: float, said: str) -> None:
    with translation.override("zh-hans"), clock.frozen(NOON):
        row = SimpleNamespace(due_at=NOON + timedelta(seconds=seconds), breached=seconds < 0)
        html = rendered("{% clock_chip row %}", row=row)
    assert said in html
    assert "秒" not in html


def test_a_clock_that_stopped_after_its_due_time_says_so() -> None:
    with translation.override("en"):
        row = SimpleNamespace(due_at=NOON, stopped_at=NOON + timedelta(days=1), provisional=True)
        html = rendered("{% clock_chip row %}", row=row)
    assert "Finished late" in html
    assert "provisional" in html


def test_a_face_always_comes_with_its_words() -> None:
    with translation.override("zh-hans"):
        assert "非常满意" in rendered("{% level_face 5 %}")
        assert 'aria-label="非常不满意"' in rendered("{% level_face 1 words=False %}")


def test_the_rating_sends_each_levels_tags_under_their_own_name() -> None:
    html = rendered(
        "{% level_group tags chosen=2 chosen_tags=chosen %}",
        tags={2: [("201", "慢"), ("202", "<远>")]},
        chosen=["201"],
    )
    assert html.count('type="radio"') == 5
    assert 'value="2" id="level-2" required checked' in html
    assert re.search(r'name="tags_2" value="201"[^>]* checked>', html)
    assert not re.search(r'name="tags_2" value="202"[^>]* checked>', html)
    assert "&lt;远&gt;" in html
    assert "tags-title-5" not in html


def test_blocks_keep_their_markup_and_escape_what_people_typed() -> None:
    html = rendered(
        "{% card title=typed %}<p>{{ typed }}</p>{% endcard %}", typed="<script>x</script>"
    )
    assert "<p>&lt;script&gt;" in html
    assert "<script>" not in html
    assert 'role="alert"' in rendered('{% banner kind="error" %}x{% endbanner %}')
    assert 'role="status"' in rendered("{% banner %}x{% endbanner %}")


def test_codes_are_grouped_for_people() -> None:
    assert rendered("{{ code|grouped }}", code="K3F92MZQ7") == "K3F9-2MZQ-7"

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from huiyin.intake.channels.web import form


def _query(**fields: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update(fields)
    return data


def test_only_the_tags_of_the_chosen_level_count_and_all_ticks_are_kept_to_be_shown_again() -> None:
    filled = form.decode(QueryDict("key=k&level=2&tags_2=213&tags_2=214&tags_5=510&text=x"))
    assert filled.tags == ["213", "214"]
    assert sorted(filled.all_ticked) == ["213", "214", "510"]


def test_a_level_is_one_plain_digit_from_1_to_5() -> None:
    for sent in ("", "0", "6", "05", "5 ", "٥", "５", "-1", "1e0"):
        assert form.decode(_query(level=sent)).level is None


def test_a_form_becomes_a_review_that_carries_its_key() -> None:
    filled = form.decode(QueryDict("key=abc&level=4&text=x&hide_name_from_public=on"))
    review, problems = form.review_of(filled, [])
    assert not problems
    assert review
    assert (review.level, review.idempotency_key, review.text) == (4, "abc", "x")
    assert (review.hide_name_from_public, review.hide_name_from_unit) == (True, False)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    broken = SimpleUploadedFile("a.jpg", b"no picture", "image/jpeg")
    review, problems = form.review_of(form.decode(QueryDict("")), [broken])
    assert review is None
    assert [problem.field for problem in problems] == ["level", "photos"]
    assert "a.jpg" in str(problems[1])

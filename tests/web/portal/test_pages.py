"""What the public pages say, and what they never say."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from huiyin.matters import services as matters
from huiyin.matters.table import State
from huiyin.reviews.services import NewReview
from tests import factories

pytestmark = pytest.mark.django_db


def page(client: Client, address: str, language: str = "en") -> str:
    answer = client.get(address, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


class TestAnEmptySystem:
    @pytest.mark.parametrize("address", ["/", "/reviews/", "/about/", "/privacy/", "/regions/33/"])
    def test_its_pages_make_sense(self, client, publish, address) -> None:
        if address == "/regions/33/":
            assert client.get(address).status_code == 404
            address = "/regions/330000/"
        assert "yet" in page(client, address) or address == "/privacy/"

    def test_the_front_page_asks_for_the_receipt(self, client, publish) -> None:
        told = page(client, "/")
        assert 'action="/s/"' in told
        assert 'name="code"' in told


class TestFigures:
    def test_each_stands_with_what_it_is_made_of(self, client, publish) -> None:
        unit = factories.organisation("西湖区测试局")
        for level in [5] * 12 + [3] * 6 + [2] * 6:
            tags = {"tags": ["212"]} if level == 2 else {}
            factories.review(factories.event(unit), level=level, **tags)
        publish()
        for address in ("/", "/regions/330106/", f"/organisations/{unit.uscc}/"):
            told = page(client, address)
            assert "75.0%" in told
            assert "18 of 24" in told
        assert "西湖区测试局" in page(client, "/", "zh-hans")

    def test_a_small_count_is_not_shown_and_a_share_of_nothing_is_not_zero(
        self, client, publish
    ) -> None:
        unit = factories.organisation()
        for level in [5] * 30 + [1] * 2:
            text = {"text": "太慢"} if level == 1 else {}
            factories.review(factories.event(unit), level=level, **text)
        publish()
        answer = client.get(f"/organisations/{unit.uscc}/")
        states = {figure.indicator.code: figure.state.value for figure in answer.context["figures"]}
        assert states["good_rate"] == states["bad_rate"] == "suppressed"
        assert states["active_reviews"] == "shown"
        assert states["follow_up_good_rate"] == "no_data"
        # The only other level would give the small one away.
        assert [level.count for level in answer.context["levels"]] == [None, 0, 0, 0, None]

    def test_unknown_places_are_not_found(self, client, publish) -> None:
        for address in ("/regions/999999/", "/organisations/X/", "/reviews/?region=1"):
            assert client.get(address).status_code == 404


class TestStories:
    def test_a_loop_is_told_in_order(self, client, publish) -> None:
        factories.loop(State.CLOSED, text="等了三个小时。")
        publish()
        told = page(client, "/reviews/", "zh-hans")
        order = ["等了三个小时。", "高峰时段已增开窗口", "窗口还是没有开。"]
        places = [told.index(words) for words in order]
        assert places == sorted(places)
        # Round two: the second reply comes after the follow-up.
        assert told.rindex("高峰时段已增开窗口") > places[2]

    def test_the_front_page_shows_the_newest_replies(self, client, publish) -> None:
        factories.loop(State.TOLD, text="等了三个小时。")
        factories.loop(State.APPROVED, text="还没有答复。")
        publish()
        told = page(client, "/", "zh-hans")
        assert "等了三个小时。" in told
        assert "还没有答复。" not in told

    def test_a_draft_is_never_shown(self, client, publish) -> None:
        made = factories.loop(State.REPLY_DRAFTED)
        matters.return_reply(**made.now(made.approver), reason="请再核实一次。")
        publish()
        told = page(client, "/reviews/", "zh-hans")
        assert "高峰时段已增开窗口" not in told
        assert "请再核实" not in told
        assert "系统当天确有故障" not in told

    def test_the_name_is_masked_or_hidden(self, client, publish) -> None:
        factories.loop()
        factories.loop(hide_name_from_public=True)
        publish()
        told = page(client, "/reviews/")
        assert "张**" in told
        assert "Anonymous" in told
        assert factories.NAME not in told
        assert factories.MOBILE not in told

    @pytest.mark.parametrize("text", ["电话13800001234", "请找王科长", "身份证330106199001011234"])
    def test_words_that_may_name_somebody_are_held_back_visibly(
        self, client, publish, text
    ) -> None:
        factories.review(level=1, text=text)
        publish()
        told = page(client, "/reviews/", "zh-hans")
        assert text not in told
        assert "暂不公开：可能含个人信息" in told

    def test_a_reply_that_may_name_somebody_is_held_back_too(self, client, publish) -> None:
        made = factories.loop(State.RECTIFYING)
        matters.draft_reply(
            **made.now(made.handler),
            text="张先生您好，已为您补办。",
            result_class="explained",
            legal_reason="依照《条例》第八条。",
        )
        matters.approve_reply(**made.now(made.approver))
        matters.tell(matter=made.again(), via="relay")
        publish()
        told = page(client, "/reviews/", "zh-hans")
        assert "张先生" not in told
        assert "暂不公开：可能含个人信息" in told

    def test_words_are_text_and_never_markup(self, client, publish) -> None:
        factories.review(text="<script>alert(1)</script>")
        publish()
        assert "<script>alert" not in page(client, "/reviews/")

    def test_no_time_of_day_is_published(self, client, publish, frozen_clock) -> None:
        frozen_clock.move_by(hours=3, minutes=17)
        factories.loop(State.TOLD)
        frozen_clock.move_by(minutes=30)
        publish()
        for address in ("/reviews/", "/api/v1/published"):
            told = page(client, address)
            assert "13:17" not in told
            assert "05:17" not in told

    def test_the_number_of_queries_does_not_grow_with_the_page(self, client, publish) -> None:
        counts = []
        for _ in range(2):
            for _ in range(4):
                made = factories.loop(State.TOLD)
                factories._rate_again(made, NewReview(level=4))
            publish()
            client.get("/reviews/")
            with CaptureQueriesContext(connection) as context:
                page(client, "/reviews/")
            counts.append(len(context))
        assert counts[0] == counts[1] <= 14

    def test_pages_follow_each_other_without_gap_or_repeat(self, client, publish) -> None:
        for _ in range(24):
            factories.review()
        publish()
        for _ in range(19):
            factories.review()
        publish()
        seen: list[int] = []
        address = "/reviews/"
        while address:
            answer = client.get(address)
            seen += [story.index for story in answer.context["stories"]]
            address = answer.context["older_url"]
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == len(set(seen)) == 43

    def test_a_foreign_cursor_is_refused_kindly(self, client, publish) -> None:
        factories.review()
        publish()
        assert client.get("/reviews/?cursor=abc").status_code == 400

    def test_one_organisation_or_region_can_be_picked(self, client, publish) -> None:
        here, there = (
            factories.organisation(),
            factories.organisation(at=factories.region("331181000000")),
        )
        for unit in (here, there):
            factories.review(factories.event(unit))
        publish()
        for query in (f"organisation={here.uscc}", "region=330100"):
            answer = client.get(f"/reviews/?{query}")
            assert [story.organisation for story in answer.context["stories"]] == [here]

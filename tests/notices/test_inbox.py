"""The inbox: what its owner may see, what is read, what it says."""

import pytest
from django.utils.translation import override

from huiyin.directory.models import Role
from huiyin.matters.table import TRANSITIONS, Event, Party, State
from huiyin.notices import queries, services, wording
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Outbox
from tests import factories
from tests.notices.support import drain
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def test_the_inbox_shows_only_what_its_owner_may_still_see(dispatcher: Dispatcher) -> None:
    loop = factories.loop()
    drain(dispatcher)
    assert [item.outbox.matter for item in queries.inbox(loop.handler)] == [loop.matter]
    assert not queries.inbox(loop.outsider).exists()
    loop.handler.duties.all().delete()
    assert not queries.inbox(loop.handler).exists()
    assert queries.unread_count(loop.handler) == 0


def test_looking_at_a_matter_reads_its_items(dispatcher: Dispatcher) -> None:
    loop, other = factories.loop(), factories.loop()
    other.handler.duties.create(role=Role.HANDLER, organisation=loop.organisation)
    factories.loop()
    drain(dispatcher)
    matters = [loop.matter, other.matter]
    assert queries.unread_matters(loop.handler, matters) == {loop.matter.pk}
    services.mark_read(staff=loop.handler, matter=loop.matter)
    assert queries.unread_matters(loop.handler, matters) == set()
    assert queries.unread_count(loop.handler) == 0
    assert queries.unread_count(loop.supervisor) == 1
    first = queries.inbox(loop.handler).get().read_at
    services.mark_read(staff=loop.handler, matter=loop.matter)
    assert queries.inbox(loop.handler).get().read_at == first


def test_numbers_count_up_for_each_person(dispatcher: Dispatcher) -> None:
    loop = factories.loop()
    assert queries.last_number(loop.handler) == 0
    drain(dispatcher)
    factories.review(factories.event(loop.organisation), level=1, text="还是不行。")
    drain(dispatcher)
    assert [item.number for item in queries.inbox(loop.handler)] == [2, 1]
    assert queries.last_number(loop.handler) == 2
    assert [item.number for item in queries.after(queries.inbox(loop.handler), 1, 10)] == [2]


def test_an_item_is_said_in_its_readers_language(
    frozen_clock: FrozenClock, dispatcher: Dispatcher
) -> None:
    loop = factories.loop()
    drain(dispatcher)
    to_handler = queries.inbox(loop.handler).get().outbox
    to_supervisor = queries.inbox(loop.supervisor).get().outbox
    code = loop.matter.code
    with override("zh-hans"):
        assert wording.for_staff(to_handler) == (
            f"差评件 {code} 已送达，请在 3月5日 24:00 前回访。"
        )
        assert wording.for_staff(to_supervisor) == (
            f"差评件 {code} 已送达承办单位，回访期限为 3月5日 24:00。"
        )
    with override("en"):
        assert wording.for_staff(to_handler) == (
            f"Matter {code} has arrived. Please call the citizen back by 5 March 24:00."
        )


def test_who_stands_in_is_told_why() -> None:
    unit = factories.organisation()
    factories.staff(Role.SUPERVISOR, of=unit)
    factories.review(factories.event(unit), level=1, text="不行。")
    notice = Outbox.objects.select_related("matter__organisation").get()
    with override("en"):
        assert wording.for_staff(notice).endswith(
            "You are told because nobody is on duty as handler."
        )


@pytest.mark.parametrize(
    ("event", "party"),
    sorted({(row.event, party) for row in TRANSITIONS for party in row.tells}),
)
def test_every_notice_of_the_table_has_words_in_both_languages(event: Event, party: Party) -> None:
    loop = factories.loop()
    notice = Outbox.objects.select_related("matter__organisation").get(staff=loop.handler)
    notice.event, notice.audience = event, party
    notice.payload |= {"clock": "callback", "due_day": "2024-03-05"}
    with override("zh-hans"):
        chinese = wording.for_staff(notice)
    with override("en"):
        english = wording.for_staff(notice)
    assert chinese.startswith("差评件")
    assert chinese != english
    assert "–" not in english


def test_the_story_brings_each_player_what_concerns_them(dispatcher: Dispatcher) -> None:
    loop = factories.loop(State.CLOSED)
    drain(dispatcher)

    def events(of: str) -> list[str]:
        items = queries.inbox(getattr(loop, of)).order_by("number")
        return [item.outbox.event for item in items]

    assert events("handler") == ["open", "object"]
    assert events("approver") == ["draft_reply"]
    assert events("arbiter") == ["draft_reply"]
    assert events("supervisor") == ["open", "object"]
    assert events("outsider") == []

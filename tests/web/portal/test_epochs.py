"""Nobody can read a rating from the difference of two looks at the public pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from django.test import Client

from huiyin.indicators.services import fold_sealed
from huiyin.log import checkpoints, publishing, tiles
from huiyin.log.models import Entry, Leaf
from huiyin.log.sealing import seal_if_due
from huiyin.matters.sweeper import sweep
from huiyin.matters.table import State
from tests import factories

pytestmark = pytest.mark.django_db

# Form tokens differ at every look and tell nothing.
_TOKEN = re.compile(rb"[A-Za-z0-9]{64}")
# What the server adds to every answer alike; everything else must stay as it is.
_IGNORED_HEADERS = {"Set-Cookie"}


class Attacker:
    """Somebody who looks at everything public, again and again."""

    def __init__(self, organisation: str) -> None:
        self._client = Client()
        self._addresses = [
            *("/", "/reviews/", "/about/", "/privacy/"),
            *(f"/regions/{code}/" for code in ("330000", "330100", "330106")),
            f"/organisations/{organisation}/",
            f"/reviews/?organisation={organisation}",
            "/reviews/?region=330106",
            "/api/v1/figures",
            "/api/v1/figures?region=330106",
            f"/api/v1/figures?organisation={organisation}",
            "/api/v1/figures?from=2024-03-01&to=2024-03-31",
            *(f"/api/v1/figures/slices?by={by}" for by in ("channel", "item", "level")),
            f"/api/v1/figures/slices?by=tag&period=2024-03&organisation={organisation}",
            "/api/v1/published",
            "/breakdown/?by=item",
            f"/breakdown/?by=level&period=2024-03&organisation={organisation}",
            *("/log/checkpoint", "/log/keys"),
            *_log_files(),
            *(
                f"/log/find/{bytes(one.leaf_hash).hex()}"
                for one in Entry.objects.order_by("pk")[:2]
            ),
        ]
        # The first look brings the cookie that validators depend on.
        self._client.get("/")

    def also_at(self, *addresses: str) -> None:
        self._addresses += addresses

    def look(self) -> dict[str, tuple[object, ...]]:
        return {address: self._seen(address) for address in self._addresses}

    def _seen(self, address: str) -> tuple[object, ...]:
        answer = self._client.get(address)
        headers = {
            name: value for name, value in answer.headers.items() if name not in _IGNORED_HEADERS
        }
        return answer.status_code, headers, _TOKEN.sub(b"", answer.content)


def _log_files() -> list[str]:
    """The files of the log that there are, and those that will come next."""
    size = Leaf.objects.count()
    names = []
    for at in (size, size + 1, size + 2):
        partials = [tiles.partial(level, at) for level in (None, *tiles.levels(at))]
        names += [tile.path for tile in partials if tile]
    return [f"/log/tile/{name}" for name in (*names, "0/000", "entries/000")]


@pytest.fixture
def unit() -> Iterator:
    factories.reference_data()
    return factories.organisation(
        parent=factories.organisation("上级机关", at=factories.region(factories.PREFECTURE))
    )


def something_published(unit, publish) -> None:
    for level in [5] * 9 + [4] * 8 + [3] * 7:
        factories.review(factories.event(unit), level=level)
    publish()


@pytest.mark.parametrize(
    "said",
    [
        {"level": 5, "text": "很好"},
        {"level": 1, "tags": ["115"], "text": "等了三个小时"},
        {"level": 2, "text": "不满意", "hide_name_from_public": True},
    ],
    ids=["good", "bad", "bad and hidden"],
)
def test_a_review_between_two_sealings_changes_no_byte(unit, publish, frozen_clock, said) -> None:
    something_published(unit, publish)
    attacker = Attacker(unit.uscc)
    before = attacker.look()
    assert all(
        status == 200 or address.startswith("/log/")
        for address, (status, _headers, _body) in before.items()
    )
    assert before["/log/checkpoint"][0] == 200
    factories.review(factories.event(unit), **said)
    assert attacker.look() == before
    # Nor does time alone: a page says the same at the end of the month.
    frozen_clock.move_by(hours=20)
    assert not seal_if_due()
    assert attacker.look() == before
    publish()
    assert attacker.look() != before


def test_good_and_bad_cannot_be_told_apart_before_the_sealing(unit, publish) -> None:
    something_published(unit, publish)
    attacker = Attacker(unit.uscc)
    before = attacker.look()
    factories.review(factories.event(unit), level=5)
    after_good = attacker.look()
    factories.review(factories.event(unit), level=1, text="太慢了")
    assert after_good == attacker.look() == before


def test_no_step_of_the_loop_shows_before_its_sealing(publish, frozen_clock) -> None:
    made = factories.loop()
    publish()
    attacker = Attacker(made.organisation.uscc)
    before = attacker.look()
    for step in (factories._verify, factories._plan, factories._draft, factories._approve):
        step(made)
        assert attacker.look() == before
    factories._tell(made)
    assert attacker.look() == before
    made.again()
    factories.confirm(made)
    assert made.matter.state == State.CLOSED
    while sweep():
        pass
    assert attacker.look() == before
    publish()
    after = attacker.look()
    assert after["/reviews/"] != before["/reviews/"]


def test_pages_wait_for_the_figures_so_that_all_of_them_move_together(
    unit, publish, frozen_clock
) -> None:
    something_published(unit, publish)
    attacker = Attacker(unit.uscc)
    before = attacker.look()
    factories.review(factories.event(unit))
    frozen_clock.move_by(days=1)
    assert seal_if_due()
    sealed = attacker.look()
    # Verifiers may be some seconds ahead: with the same entries, all of them sealed.
    moved = {address for address in sealed if sealed[address] != before[address]}
    assert moved == {"/api/v1/published"}
    publishing.publish()
    moved = {address for address, seen in attacker.look().items() if seen != before[address]}
    assert {address.split("/")[1] for address in moved} == {"api", "log"}
    assert fold_sealed()
    assert attacker.look()["/"] != before["/"]


def test_a_browser_that_asks_again_is_told_that_nothing_moved(unit, publish) -> None:
    something_published(unit, publish)
    client = Client()
    client.get("/")
    first = client.get("/")
    assert first["Last-Modified"]
    assert "no-cache" in first["Cache-Control"]
    factories.review(factories.event(unit), level=1, text="太慢了")
    again = client.get("/", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again["ETag"]) == (304, first["ETag"])
    publish()
    moved = client.get("/", headers={"if-none-match": first["ETag"]})
    assert moved.status_code == 200
    english = client.get("/", headers={"if-none-match": moved["ETag"], "accept-language": "en"})
    assert english.status_code == 200


def test_the_next_epoch_is_announced_by_the_rule_and_not_by_what_waits(unit, publish) -> None:
    something_published(unit, publish)
    client = Client()
    quiet = client.get("/about/").context["earliest_next"]
    factories.review(factories.event(unit))
    assert client.get("/about/").context["earliest_next"] == quiet


def test_an_entry_that_waits_is_not_in_the_log_for_who_knows_its_hash(unit, publish) -> None:
    """The unit is told of a bad review at once; still nobody sees that its entry waits."""
    something_published(unit, publish)
    attacker = Attacker(unit.uscc)
    unheard_of = f"/log/find/{'0' * 64}"
    given = [factories.review(factories.event(unit), level=level, text="慢") for level in (5, 1)]
    waiting = [f"/log/find/{receipt.entry_hash}" for receipt in given]
    attacker.also_at(unheard_of, *waiting)
    seen = attacker.look()
    assert seen[unheard_of][0] == 404
    assert seen[waiting[0]] == seen[waiting[1]] == seen[unheard_of]


def test_who_of_two_citizens_rated_what_is_in_nothing_that_the_log_says(
    unit, publish, frozen_clock
) -> None:
    """Whoever saw both citizens, knows who came first and looks all the time learns nothing from
    the log: the same files, times and headers whichever of the two said which."""
    something_published(unit, publish)
    seen: list[list[object]] = []
    for first, second in ((5, 1), (1, 5)):
        frozen_clock.move_by(minutes=1)
        attacker = Attacker(unit.uscc)
        looks: list[object] = [attacker.look()]
        start = Leaf.objects.count()
        for level in (first, second):
            factories.review(factories.event(unit), level=level, text="很慢")
            frozen_clock.move_by(minutes=10)
            looks.append(attacker.look())
        assert looks[0] == looks[1] == looks[2]
        publish()
        # What is sealed says the day, and no order.
        sealed = Leaf.objects.filter(index__gte=start, entry__kind="review")
        told = [json.loads(leaf.entry.public) for leaf in sealed.order_by("index")]
        for one in told:
            del one["private"]
            assert not re.search(r"\d{2}:\d{2}", json.dumps(one))
        seen.append(sorted(({**one, "day": ""} for one in told), key=json.dumps))
    assert seen[0] == seen[1]


def test_the_place_in_the_log_says_nothing_of_who_came_first(unit, publish) -> None:
    """Of two reviews, the earlier one is as often behind as before the later one."""
    places = []
    for _ in range(24):
        first = factories.review(factories.event(unit), level=5)
        second = factories.review(factories.event(unit), level=1, text="慢")
        publish()
        index_of = [checkpoints.index_of(bytes.fromhex(one.entry_hash)) for one in (first, second)]
        places.append(index_of == sorted(index_of))
    # One in eight million that chance alone keeps to one of them.
    assert len(set(places)) == 2

from __future__ import annotations

import pytest

from huiyin.directory.models import Role
from huiyin.matters import services
from huiyin.matters.models import SupervisionOrder
from tests import factories
from tests.support.clock import FrozenClock
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


def _give(signed_in: SignedIn, loop: factories.Loop, **changes: object):
    form = {"version": loop.again().version, "demand": "三日内说明为何未回访。"} | changes
    return signed_in(loop.supervisor).post(f"/cockpit/orders/{loop.matter.code}", form)


def test_a_supervisor_gives_an_order_and_sees_it_with_its_clock(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    loop = factories.bad_review()
    client = signed_in(loop.supervisor)
    assert "What you demand" in client.get(f"/cockpit/orders/{loop.matter.code}").content.decode()
    assert _give(signed_in, loop)["Location"] == "/cockpit/orders/"
    page = client.get("/cockpit/orders/").content.decode()
    assert "三日内说明为何未回访。" in page
    assert "left" in page
    assert "三日内" not in client.get("/cockpit/orders/?show=overdue").content.decode()

    frozen_clock.move_by(days=10)
    assert "三日内" in client.get("/cockpit/orders/?show=overdue").content.decode()
    services.answer_order(**loop.now(loop.handler), answer="已补回访。")
    assert "三日内" not in client.get("/cockpit/orders/").content.decode()
    assert "已补回访。" in client.get("/cockpit/orders/?show=answered").content.decode()


def test_there_is_one_open_order_at_a_time(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    _give(signed_in, loop)
    page = signed_in(loop.supervisor).get(f"/cockpit/orders/{loop.matter.code}").content.decode()
    assert "An order waits for its answer" in page
    assert 'name="demand"' not in page
    assert _give(signed_in, loop).status_code == 422
    assert SupervisionOrder.objects.count() == 1


def test_an_order_without_words_comes_back(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    answer = _give(signed_in, loop, demand=" ")
    assert answer.status_code == 422
    assert not SupervisionOrder.objects.exists()


def test_what_was_typed_is_kept_when_the_matter_moved_on(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    answer = _give(signed_in, loop, version=loop.matter.version - 1)
    assert answer.status_code == 409
    assert "三日内说明为何未回访。" in answer.content.decode()
    assert not SupervisionOrder.objects.exists()


def test_an_auditor_looks_and_orders_nothing(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    auditor = factories.staff(Role.AUDITOR, of=loop.organisation.parent)
    client = signed_in(auditor)
    address = f"/cockpit/orders/{loop.matter.code}"
    page = client.get(address).content.decode()
    assert "Only the supervisor" in page
    assert 'name="demand"' not in page
    form = {"version": loop.matter.version, "demand": "请说明。"}
    assert client.post(address, form).status_code == 403
    assert not SupervisionOrder.objects.exists()


def test_a_matter_of_another_scope_does_not_exist(signed_in: SignedIn) -> None:
    loop, other = factories.bad_review(), factories.bad_review()
    client = signed_in(other.supervisor)
    for code in (loop.matter.code, "AAAAAAAAA"):
        assert client.get(f"/cockpit/orders/{code}").status_code == 404
        assert client.post(f"/cockpit/orders/{code}", {"demand": "x"}).status_code == 404

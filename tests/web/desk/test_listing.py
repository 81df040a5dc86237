"""Working on the list: narrowing it, keeping it, giving several matters away at once."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from huiyin.directory.models import Role
from huiyin.matters.models import Matter
from huiyin.matters.table import State
from tests import factories
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


def _shown(client: Client, query: str) -> list[Matter]:
    return [row.matter for row in client.get(f"/desk/?{query}").context["rows"]]


@pytest.fixture
def loop() -> factories.Loop:
    """A unit with two matters: one delivered, one in rectification."""
    made = factories.loop(State.RECTIFYING)
    factories.review(factories.event(made.organisation), level=1, tags=["115"])
    return made


def test_the_list_is_narrowed_by_state_unit_and_person(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    handler = signed_in(loop.handler)
    assert len(_shown(handler, "show=open")) == 2
    assert _shown(handler, "show=open&state=rectifying") == [loop.matter]
    assert _shown(handler, "show=open&given=me") == []
    assert len(_shown(handler, f"show=open&unit={loop.organisation.uscc}")) == 2
    assert "No matter fits" in handler.get("/desk/?show=open&given=me").content.decode()


@pytest.mark.parametrize("nonsense", ["state=x", "unit=x", "given=x", "unit=%00"])
def test_nonsense_narrows_nothing(signed_in: SignedIn, loop: factories.Loop, nonsense: str) -> None:
    assert len(_shown(signed_in(loop.handler), f"show=open&{nonsense}")) == 2


def test_a_unit_out_of_scope_cannot_be_asked_for(signed_in: SignedIn, loop: factories.Loop) -> None:
    other = factories.loop()
    assert _shown(signed_in(loop.handler), f"show=open&unit={other.organisation.uscc}") != [
        other.matter
    ]


def test_several_matters_are_given_to_one_person_at_once(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    colleague = factories.staff(Role.HANDLER, of=loop.organisation)
    codes = [matter.code for matter in Matter.objects.all()]
    elsewhere = factories.loop()
    answer = signed_in(loop.handler).post(
        "/desk/give",
        {"code": [*codes, elsewhere.matter.code], "to": colleague.username, "list": "show=open"},
        follow=True,
    )
    assert "2 matters were given." in answer.content.decode()
    assert {matter.handler for matter in Matter.objects.filter(code__in=codes)} == {colleague}
    assert elsewhere.again().handler is None
    assert _shown(signed_in(colleague), "show=open&given=me")


def test_nothing_is_given_to_somebody_from_outside(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    for to in (loop.outsider.username, "nobody"):
        page = signed_in(loop.handler).post(
            "/desk/give", {"code": [loop.matter.code], "to": to}, follow=True
        )
        assert "Choose somebody from the list." in page.content.decode()
    assert loop.again().handler is None


def test_a_list_is_kept_under_a_name_and_deleted_by_its_owner_only(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    handler = signed_in(loop.handler)
    kept = {"name": "Waiting  for a plan", "list": "show=open&state=verified&next=//evil"}
    page = handler.post("/desk/views", kept, follow=True)
    assert page.redirect_chain[-1][0] == "/desk/?show=open&state=verified"
    view = loop.handler.saved_views.get()
    assert (view.name, view.query) == ("Waiting for a plan", "show=open&state=verified")
    assert "Waiting for a plan" in handler.get("/desk/").content.decode()
    address = reverse("desk:delete-view", args=[view.pk])
    assert signed_in(loop.approver).post(address).status_code == 404
    handler.post(address)
    assert not loop.handler.saved_views.exists()


def test_a_matter_prints_as_a_page_without_forms(signed_in: SignedIn, loop: factories.Loop) -> None:
    address = f"/desk/matters/{loop.matter.code}/print"
    page = signed_in(loop.handler).get(address).content.decode()
    assert "<form" not in page
    assert "等了三个小时。" in page
    assert factories.MOBILE not in page
    assert signed_in(loop.outsider).get(address).status_code == 404

"""Joint handling, one improvement for several matters, and the clerk's own side."""

import pytest

from huiyin.kernel.problems import Invalid, NotFound
from huiyin.kernel.uploads import AcceptedFile
from huiyin.matters import queries, services
from huiyin.matters.errors import NotYours, Refused
from huiyin.matters.models import Concerned, Matter
from huiyin.matters.table import Event, State
from tests import factories

pytestmark = pytest.mark.django_db
FILE = AcceptedFile(name="hall.jpg", media_type="image/jpeg", suffix=".jpg", content=b"picture")


def test_a_joint_unit_sees_contributes_and_adds_evidence_until_it_is_released() -> None:
    made = factories.loop(State.RECTIFYING, joint=True)
    assert queries.get_visible(made.joint_handler, made.matter.code) == made.matter
    services.contribute(**made.now(made.joint_handler), text="已核查取号系统。")
    services.add_evidence(**made.now(made.joint_handler), file=FILE)
    assert made.again().steps.last().party == "co_handler"
    with pytest.raises(NotYours):
        services.draft_reply(**made.now(made.joint_handler), text="x", result_class="solved")
    services.end_co_unit(**made.now(made.supervisor), unit=made.neighbour, reason="已完成。")
    with pytest.raises(NotYours):
        services.contribute(**made.now(made.joint_handler), text="x")
    with pytest.raises(NotFound):
        queries.get_visible(made.joint_handler, made.matter.code)
    assert made.again().evidence.count() == 1


def test_the_joint_unit_is_asked_by_who_supervises_both_and_once() -> None:
    made = factories.loop(joint=True)
    with pytest.raises(Invalid):
        services.add_co_unit(**made.now(made.supervisor), unit=made.neighbour, task="x")
    elsewhere = made.outsider.organisation
    with pytest.raises(Refused):
        services.add_co_unit(**made.now(made.supervisor), unit=elsewhere, task="x")
    with pytest.raises(NotYours):
        services.add_co_unit(**made.now(made.handler), unit=elsewhere, task="x")
    with pytest.raises(Invalid):
        services.end_co_unit(**made.now(made.supervisor), unit=elsewhere, reason="x")


def _another(made: factories.Loop) -> Matter:
    """A second, verified matter of the same unit."""
    event = factories.event(made.organisation)
    factories.review(event, level=1, tags=["115"], text="也等了三个小时。")
    matter = Matter.objects.latest("opened_at", "pk")
    second = factories.Loop(**{**vars(made), "matter": matter})
    factories.reach(second)
    services.verify(**second.now(made.handler), facts="同一故障。")
    return second.again()


def _acting(made: factories.Loop, matter: Matter) -> dict[str, object]:
    matter.refresh_from_db()
    return {"matter": matter, "staff": made.handler, "seen_version": matter.version}


def test_matters_about_one_fault_share_the_improvement_and_each_citizen_is_answered() -> None:
    made = factories.loop(State.RECTIFYING)
    services.add_evidence(**made.now(made.handler), file=FILE)
    second = _another(made)
    services.merge(**_acting(made, second), lead=made.again())
    second.refresh_from_db()
    assert second.state == State.RECTIFYING
    plan = queries.plan_of(second)
    assert plan is not None
    assert plan == queries.plan_of(made.matter)
    assert queries.evidence_of(second).get().matter == made.matter
    # “Solved” is shown by the evidence of the improvement; the reply is the matter's own.
    services.draft_reply(**_acting(made, second), text="已增开窗口。", result_class="solved")
    assert (second.replies.count(), made.matter.replies.count()) == (1, 0)


def test_only_a_matter_of_the_unit_in_rectification_leads() -> None:
    made, other = factories.loop(State.RECTIFYING), factories.loop(State.RECTIFYING)
    second = _another(made)
    for lead in (second, other.matter, factories.loop(State.VERIFIED).matter):
        with pytest.raises(Refused) as refused:
            services.merge(**_acting(made, second), lead=lead)
        assert refused.value.field == "lead"
    services.merge(**_acting(made, second), lead=made.again())
    third = _another(made)
    with pytest.raises(Refused):
        services.merge(**_acting(made, third), lead=second)


def test_a_matter_taken_out_again_needs_a_plan_of_its_own() -> None:
    made = factories.loop(State.RECTIFYING)
    with pytest.raises(Refused):
        services.split(**made.now(made.handler))
    second = _another(made)
    services.merge(**_acting(made, second), lead=made.again())
    services.split(**_acting(made, second))
    second.refresh_from_db()
    assert (second.state, second.improvement_of) == (State.VERIFIED, None)
    assert queries.plan_of(second) is None


def test_the_clerk_whose_work_it_is_sees_it_and_may_state_their_side() -> None:
    made = factories.loop()
    assert Concerned.objects.get(matter=made.matter).staff == made.clerk
    assert queries.get_visible(made.clerk, made.matter.code) == made.matter
    services.state_side(**made.now(made.clerk), text="系统当天中断。")
    step = made.again().steps.last()
    assert (step.event, step.party) == (Event.STATE_SIDE, "concerned")
    assert "系统当天中断" not in step.entry.public
    with pytest.raises(NotYours):
        services.state_side(**made.now(made.outsider), text="x")
    with pytest.raises(NotYours):
        services.verify(**made.now(made.clerk), facts="x")


def test_a_citizen_who_hid_the_name_is_not_betrayed_by_the_clerk() -> None:
    made = factories.loop(hide_name_from_unit=True)
    assert not Concerned.objects.filter(matter=made.matter).exists()
    with pytest.raises(NotFound):
        queries.get_visible(made.clerk, made.matter.code)


def test_a_login_of_another_body_makes_nobody_concerned() -> None:
    made = factories.loop()
    stranger = {"loginName": made.outsider.username, "name": "李四"}
    event = factories.event(made.organisation, evaluatedPersonInfo=[stranger])
    factories.review(event, level=1, tags=["115"])
    assert not Concerned.objects.filter(staff=made.outsider).exists()

"""Appeal, hearing, stepping back and ruling, and every way in which they must not go."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from huiyin.appeals import queries, services
from huiyin.appeals.errors import NoOpenAppeal, SaidEnough
from huiyin.appeals.models import Appeal, Effect, Ground, Ruling, Side
from huiyin.directory.models import Role, Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid, NotFound
from huiyin.kernel.uploads import AcceptedFile
from huiyin.log.models import Entry
from huiyin.matters import services as matters
from huiyin.matters.errors import Moved, NotNow, NotYours, Refused
from huiyin.matters.models import Assignment, FollowUp, ResultClass, Step
from huiyin.matters.queries import get_visible, told_replies, visible_to
from huiyin.matters.table import ClockKind, Event, State
from huiyin.notices.models import Outbox
from huiyin.reviews import services as reviews
from huiyin.reviews.services import NewReview
from tests import factories
from tests.appeals.support import FILE, appealed, heard, reported
from tests.factories import Loop
from tests.support.clock import FrozenClock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


def _rule(made: Loop, upheld: bool = True, **said: Any) -> Ruling:
    who = said.pop("by", made.arbiter)
    return services.rule(
        **made.now(who), upheld=upheld, **({"reasons": "录像与办件记录相互印证。"} | said)
    )


def _waiting(arbiter: Staff) -> list[UUID]:
    page = queries.to_decide(arbiter, cursor=None, size=9)
    return [matter.pk for matter in page.rows]


def _public(made: Loop, event: Event) -> dict[str, Any]:
    step = Step.objects.select_related("entry").get(matter=made.matter, event=event)
    return dict(json.loads(step.entry.public))


def test_an_appeal_starts_the_ruling_clock_and_asks_the_citizen() -> None:
    made = factories.loop()
    appeal = appealed(made, Ground.FAKE)
    matter = made.again()
    assert (matter.state, matter.appealed, matter.arbitrated) == (State.DELIVERED, True, True)
    ruling = matter.clocks.get(kind=ClockKind.RULING)
    # Monday 4 March and five working days; two for the citizen to speak.
    assert ruling.last_day.isoformat() == "2024-03-11"
    assert clock.local(appeal.hearing_until).isoformat() == "2024-03-07T00:00:00+08:00"
    assert (appeal.side, appeal.other_side) == (Side.UNIT, Side.CITIZEN)
    assert appeal.evidence.get().sha256 == hashlib.sha256(FILE.content).hexdigest()
    told = set(Outbox.objects.filter(event=Event.APPEAL).values_list("audience", flat=True))
    assert {"arbiter", "citizen"} <= told
    assert _public(made, Event.APPEAL)["ground"] == "fake"
    assert "伪造" not in Entry.objects.latest("appended_at").public


def test_an_appeal_needs_a_ground_words_and_evidence() -> None:
    made = factories.loop()
    for said, field in (
        ({"ground": "fake_rectification"}, "ground"),
        ({"ground": "spite"}, "ground"),
        ({"statement": " "}, "statement"),
        ({"files": []}, "evidence"),
        ({"files": [FILE] * 6}, "evidence"),
    ):
        with pytest.raises(Invalid) as refusal:
            appealed(made, **said)
        assert refusal.value.field == field
    assert not Appeal.objects.exists()
    assert made.again().appealed is False


def test_a_unit_appeals_once_and_only_within_the_window(frozen_clock: FrozenClock) -> None:
    made, late = factories.loop(), factories.loop()
    appealed(made)
    _rule(made, False, **heard(made))
    with pytest.raises(Refused):
        appealed(made)
    # Three working days from Monday end with Thursday.
    frozen_clock.move_to(datetime(2024, 3, 7, 23, 59, 59, tzinfo=clock.LOCAL))
    too_late = factories.Loop(**vars(late))
    with transaction.atomic():
        assert appealed(late)
        transaction.set_rollback(True)
    frozen_clock.move_to(datetime(2024, 3, 8, tzinfo=clock.LOCAL))
    with pytest.raises(Refused):
        appealed(too_late)


def test_only_a_handler_of_the_unit_appeals_and_on_what_they_saw() -> None:
    made = factories.loop()
    for who in (made.approver, made.supervisor, made.arbiter, made.outsider):
        with pytest.raises(NotYours):
            appealed(made, by=who)
    with pytest.raises(Moved):
        services.file_appeal(
            matter=made.matter,
            staff=made.handler,
            seen_version=made.matter.version - 1,
            ground=Ground.FAKE,
            statement="…",
            files=[FILE],
        )


def test_no_ruling_before_the_other_side_has_spoken_or_had_its_time(
    frozen_clock: FrozenClock,
) -> None:
    made = factories.loop()
    appealed(made)
    with pytest.raises(Refused):
        _rule(made)
    services.be_heard(**_unit(made), text="补充说明。")
    with pytest.raises(Refused):
        _rule(made)
    frozen_clock.move_by(days=3)
    assert _rule(made).upheld


def _unit(made: Loop) -> dict[str, Any]:
    return made.now(made.handler)


def test_both_sides_speak_and_each_only_so_often() -> None:
    made = factories.loop()
    with pytest.raises(NoOpenAppeal):
        services.be_heard(matter=made.matter, text="我没有……")
    appealed(made)
    for _time in range(services.MAX_STATEMENTS):
        said = services.be_heard(matter=made.again(), text="我确实去过窗口。")
    assert (said.side, said.staff) == (Side.CITIZEN, None)
    with pytest.raises(SaidEnough):
        services.be_heard(matter=made.again(), text="还有……")
    theirs = services.be_heard(**_unit(made), text="监控显示……")
    assert (theirs.side, theirs.staff) == (Side.UNIT, made.handler)
    [appeal] = queries.appeals_of(made.matter)
    assert len(appeal.statements.all()) == services.MAX_STATEMENTS + 1


def test_a_voided_review_stays_and_is_told_and_closes_the_matter() -> None:
    made = factories.loop(level=2, tags=["214"], text="差")
    appealed(made, Ground.WRONG_LEVEL)
    ruling = _rule(made, **heard(made))
    matter = made.again()
    assert (matter.state, matter.result_class) == (State.APPROVED, ResultClass.VOIDED)
    assert matter.follow_up == FollowUp.NOT_OFFERED
    assert not matter.clocks.filter(stopped_at__isnull=True).exists()
    public = _public(made, Event.VOID)
    assert public["review"] == {
        "organisation": made.organisation.uscc,
        "region": made.organisation.region.code,
        "level": 2,
        "channel": "web",
        "trust": "verified",
        "day": "2024-03-04",
        "item": made.event.case.item_code,
        "tags": ["214"],
    }
    assert (public["ground"], public["upheld"], public["effect"]) == (
        "wrong_level",
        True,
        "voided",
    )
    assert public["arbiter"] == made.arbiter.organisation.uscc
    assert "录像" not in json.dumps(public, ensure_ascii=False)
    matters.tell(matter=matter, via="relay")
    assert made.again().state == State.CLOSED
    assert matter.pk == ruling.appeal.matter_id
    assert told_replies(made.matter) == []


def test_a_draft_of_a_voided_matter_is_never_called_a_reply() -> None:
    made = factories.loop(State.RECTIFYING)
    appealed(made)
    matters.draft_reply(
        **made.now(made.handler), text="草稿", result_class="explained", legal_reason="无"
    )
    _rule(made, **heard(made))
    matters.tell(matter=made.again(), via="relay")
    assert made.again().state == State.CLOSED
    assert told_replies(made.matter) == []


def test_a_dismissed_appeal_changes_nothing_but_is_on_record() -> None:
    made = factories.loop()
    appealed(made, Ground.MALICIOUS)
    ruling = _rule(made, False, effect=Effect.VOIDED, **heard(made))
    assert (ruling.upheld, ruling.effect, ruling.unit) == (False, Effect.NONE, None)
    assert made.again().state == State.DELIVERED
    assert made.matter.result_class == ""
    assert _public(made, Event.DISMISS)["upheld"] is False
    with pytest.raises(NoOpenAppeal):
        _rule(made)


def test_reasons_are_mandatory_and_effects_fit_the_ground() -> None:
    made = factories.loop()
    appealed(made, Ground.FAKE)
    heard(made)
    for said, field in (
        ({"reasons": "  "}, "reasons"),
        ({"effect": Effect.REDIRECTED}, "effect"),
        ({"precedents": [made.matter.pk]}, "precedents"),
    ):
        with pytest.raises(Invalid) as refusal:
            _rule(made, **said)
        assert refusal.value.field == field
    assert not Ruling.objects.exists()


def test_the_wrong_unit_is_relieved_and_the_right_one_begins_with_the_same_deadline() -> None:
    made = factories.loop(State.RECTIFYING)
    due = made.matter.clocks.get(kind=ClockKind.RECTIFICATION).due_at
    right = factories.organisation("正确单位", at=made.organisation.region)
    theirs = factories.staff(Role.HANDLER, of=right)
    appealed(made, Ground.MISTAKEN)
    heard(made)
    for unit in (None, made.organisation, factories.organisation("无人值守")):
        with pytest.raises(Invalid) as refusal:
            _rule(made, unit=unit)
        assert refusal.value.field == "unit"
    _rule(made, unit=right)
    matter = made.again()
    assert (matter.state, matter.organisation) == (State.DELIVERED, right)
    assert matter.clocks.get(kind=ClockKind.RECTIFICATION).due_at == due
    assert matter.clocks.filter(kind=ClockKind.CALLBACK, stopped_at__isnull=True).count() == 1
    lead = matter.assignments.filter(part=Assignment.Part.LEAD)
    assert [row.organisation for row in lead] == [made.organisation, right]
    assert lead[0].until == lead[1].since
    public = _public(made, Event.REDIRECT)
    assert public["from"]["organisation"] == made.organisation.uscc
    assert (public["to"], public["organisation"]) == (right.uscc, right.uscc)
    # The former unit sees it no longer, the new one does and plans anew in the same round.
    assert matter not in visible_to(made.handler)
    assert matter in visible_to(theirs)
    made.handler = theirs
    factories._verify(made)
    factories._plan(made)
    assert made.again().rectifications.count() == 2
    matters.reach_milestone(**made.now(theirs), place=1)
    # What the arbiter has decided holds.
    with pytest.raises(Refused) as refused:
        appealed(made, Ground.MISTAKEN)
    assert refused.value.field == "ground"
    assert appealed(made, Ground.FAKE).organisation == right


def test_an_arbiter_of_the_same_line_or_with_a_duty_there_is_refused() -> None:
    made = factories.loop()
    appealed(made)
    heard(made)
    above = made.organisation.parent
    inside = [
        factories.staff(Role.ARBITER, of=of) for of in (made.organisation, above) if of is not None
    ]
    below = factories.staff(Role.ARBITER, of=factories.organisation(parent=made.organisation))
    both = factories.staff(Role.ARBITER, over=factories.region(factories.PROVINCE))
    both.duties.create(role=Role.SUPERVISOR, region=factories.region(factories.PROVINCE))
    for who in inside:
        with pytest.raises(Refused):
            _rule(made, by=who)
    with pytest.raises(NotYours):
        _rule(made, by=below)
    with pytest.raises(Refused):
        _rule(made, by=both)
    for who in (made.handler, made.approver, made.supervisor, made.outsider):
        with pytest.raises(NotYours):
            _rule(made, by=who)


def test_who_steps_back_neither_rules_nor_sees_the_matter_any_more() -> None:
    made = factories.loop()
    with pytest.raises(Refused):
        services.recuse(**made.now(made.arbiter), reason="认识当事人。")
    appealed(made)
    heard(made)
    other = factories.staff(Role.ARBITER, over=factories.region(factories.PROVINCE))
    assert list(queries.other_arbiters(made.arbiter, made.again())) == [other]
    services.recuse(**made.now(made.arbiter), reason="认识当事人。")
    with pytest.raises(NotFound):
        get_visible(made.arbiter, made.matter.code)
    assert _waiting(made.arbiter) == []
    assert _waiting(other) == [made.matter.pk]
    for do in (
        lambda: _rule(made),
        lambda: services.recuse(**made.now(made.arbiter), reason="再次"),
    ):
        with pytest.raises(Refused):
            do()
    assert _rule(made, by=other).arbiter == other


def test_a_reported_pretence_reopens_at_once_and_the_second_say_stays_open() -> None:
    made = factories.loop(State.TOLD)
    appeal = reported(made)
    matter = made.again()
    assert (matter.state, matter.round) == (State.REOPENED, 2)
    assert (matter.follow_up, matter.confirmed) == (FollowUp.NOT_ASKED, False)
    assert (matter.result_class, matter.told_at) == ("", None)
    assert (appeal.side, appeal.filed_by) == (Side.CITIZEN, None)
    with pytest.raises(Refused):
        _rule(made)
    services.be_heard(**_unit(made), text="已按计划整改。")
    ruling = _rule(made)
    assert ruling.effect == Effect.RECORDED
    assert "review" not in _public(made, Event.UPHOLD)
    assert made.again().state == State.REOPENED
    for step in (factories._plan, factories._draft, factories._approve, factories._tell):
        step(made)
    assert made.again().follow_up == FollowUp.ASKED
    follow_up = reviews.follow_up_token(made.matter)
    assert follow_up
    reviews.submit(token=follow_up, review=NewReview(level=4))
    assert made.again().state == State.CLOSED
    assert made.matter.confirmed is True


def test_a_pretence_is_reported_only_while_the_second_say_is_open_and_no_appeal_is() -> None:
    made = factories.loop()
    with pytest.raises(NotNow):
        reported(made)
    made = factories.loop(State.TOLD)
    matters.decline_follow_up(matter=made.matter)
    with pytest.raises(NotNow):
        reported(made)
    made = factories.loop(State.RECTIFYING)
    appealed(made)
    for step in (factories._draft, factories._approve, factories._tell):
        step(made)
    with pytest.raises(Refused):
        reported(made)


def test_a_unit_does_not_appeal_while_the_citizens_report_is_open() -> None:
    made = factories.loop(State.TOLD)
    reported(made)
    with pytest.raises(Refused):
        appealed(made)


def test_a_matter_withdrawn_meanwhile_closes_with_the_ruling() -> None:
    made = factories.loop()
    appealed(made)
    matters.withdraw(matter=made.matter, reason="算了")
    assert made.again().state == State.TOLD
    heard(made)
    _rule(made, False)
    assert made.again().state == State.CLOSED
    assert made.matter.result_class == ResultClass.WITHDRAWN


def test_a_second_reply_is_not_approved_by_an_arbiter_who_stepped_back() -> None:
    made = factories.loop(State.REPLY_DRAFTED, in_round=2)
    assert _waiting(made.arbiter) == [made.matter.pk]
    services.recuse(**made.now(made.arbiter), reason="曾经办理过此事。")
    with pytest.raises(Refused):
        matters.approve_reply(**made.now(made.arbiter))


def test_reasons_that_may_name_somebody_are_held_back() -> None:
    made = factories.loop()
    appealed(made)
    ruling = _rule(made, reasons=f"{factories.NAME}当天并未到过窗口。", **heard(made))
    assert ruling.held_back == ["known"]


def test_precedents_are_rulings_on_the_same_ground_and_can_be_searched() -> None:
    first, second, other = factories.loop(), factories.loop(), factories.loop()
    for made, ground in (
        (first, Ground.FAKE),
        (second, Ground.FAKE),
        (other, Ground.MALICIOUS),
    ):
        appealed(made, ground)
        heard(made)
    cited = _rule(first, reasons="办件记录证明无人到场。")
    _rule(other)
    [appeal] = queries.appeals_of(second.matter)
    assert queries.precedents(appeal) == [cited]
    assert queries.precedents(appeal, "无人到场") == [cited]
    assert queries.precedents(appeal, "别的事") == []
    ruling = _rule(second, precedents=[cited.pk])
    assert list(ruling.precedents.all()) == [cited]


@pytest.mark.parametrize("name", ["Appeal", "AppealEvidence", "Statement", "Ruling"])
def test_the_database_refuses_to_change_or_delete(name: str) -> None:
    from django.apps import apps

    made = factories.loop()
    appealed(made)
    _rule(made, **heard(made))
    rows = apps.get_model("appeals", name).objects.all()
    assert rows.exists()
    for do in (lambda: rows.update(id=made.matter.pk), rows._raw_delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            do(*(["default"] if do == rows._raw_delete else []))


def test_a_file_that_is_refused_with_its_appeal_is_not_kept() -> None:
    made = factories.loop()
    with pytest.raises(NotYours):
        appealed(
            made,
            by=made.approver,
            files=[AcceptedFile("a.pdf", "application/pdf", ".pdf", b"%PDF-")],
        )
    assert not Appeal.objects.exists()

"""An agent rings, and records what was said; a call centre does so by lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from openpyxl import Workbook

from huiyin.directory.models import Organisation, Role, Staff
from huiyin.intake.channels.hotline import errors, queries, services
from huiyin.intake.channels.hotline.models import Action, Call, ListedCall, Outcome
from huiyin.intake.channels.hotline.services.agents import Said
from huiyin.intake.invitations import services as invitations
from huiyin.intake.invitations.models import OptOut
from huiyin.kernel import clock
from huiyin.kernel.problems import Forbidden, Invalid, NotFound
from huiyin.matters.models import Step
from huiyin.notices import relay
from huiyin.notices.services import call_came_to as matters_call
from huiyin.reviews import services as reviews
from huiyin.reviews.errors import TagOfAnotherLevel
from huiyin.reviews.models import Review, ReviewOrigin, ServiceEvent
from tests import factories
from tests.notices.support import ObedientRelay

pytestmark = pytest.mark.django_db


class Telephone(ObedientRelay):
    """Calls what is asked under its own key by the name we know."""

    def place_call(self, subject: Any, staff: Any, *, to: Any, key: str, own_number: str) -> Any:
        super().place_call(subject, staff, to=to, key=key, own_number=own_number)
        return relay.Placed(relay.reference_of(key))


@pytest.fixture
def telephone() -> Iterator[Telephone]:
    using = Telephone()
    before = relay.use(using)
    yield using
    relay.use(before)


@pytest.fixture
def hotline() -> Organisation:
    return factories.organisation(
        "热线", at=factories.region(factories.PROVINCE), kind=Organisation.Kind.HOTLINE
    )


@pytest.fixture
def agent(hotline: Organisation) -> Staff:
    return factories.staff(Role.HANDLER, of=hotline)


@pytest.fixture
def chief(hotline: Organisation) -> Staff:
    return factories.staff(Role.SUPERVISOR, of=hotline)


def listed(event: ServiceEvent | None = None) -> ListedCall:
    event = event or factories.event()
    services.list_calls([services.Wanted(event, clock.now() - timedelta(minutes=1))])
    return ListedCall.objects.get(event=event, purpose="rating")


def calling(agent: Staff) -> ListedCall:
    """The next call of ``agent``, placed."""
    taken = services.take_next(staff=agent)
    assert taken is not None
    services.place(listed=taken, staff=agent)
    return taken


def rated(level: int = 5, **more: Any) -> Said:
    return Said(Outcome.RATED, level, **more)


def test_an_agent_rates_what_was_said_in_a_call(agent: Staff, telephone: Telephone) -> None:
    event = listed().event
    taken = calling(agent)
    receipt = services.record(listed=taken, staff=agent, said=rated(1, text="等了两个小时。"))
    assert receipt is not None
    review = Review.objects.get()
    assert (review.event_id, review.level, review.channel) == (event.pk, 1, "hotline")
    assert review.text == "等了两个小时。"
    call = Call.objects.get()
    assert ReviewOrigin.objects.get().reference == call.code
    # The citizen gets the page of what becomes of it, by text message.
    assert receipt.status_url in telephone.messages[-1][1]
    verbs = Action.objects.filter(listed=taken).values_list("verb", "staff", "detail")
    assert list(verbs) == [
        ("listed", None, ""),
        ("taken", agent.pk, ""),
        ("placed", agent.pk, ""),
        ("recorded", agent.pk, "rated"),
    ]


def test_nobody_rates_without_a_call(agent: Staff, telephone: Telephone) -> None:
    listed()
    taken = services.take_next(staff=agent)
    assert taken is not None
    with pytest.raises(errors.NoCallPlaced):
        services.record(listed=taken, staff=agent, said=rated())
    telephone.down = True
    with pytest.raises(errors.RelayCannotCall):
        services.place(listed=taken, staff=agent)
    with pytest.raises(errors.NoCallPlaced):
        services.record(listed=taken, staff=agent, said=rated())
    assert not Review.objects.exists()
    assert Action.objects.filter(verb="not_placed", staff=agent).count() == 1


def test_a_call_that_nobody_answered_is_no_rating(agent: Staff, telephone: Telephone) -> None:
    listed()
    taken = calling(agent)
    call = Call.objects.get()
    assert services.call_came_to(reference=call.code, outcome="ringing")
    assert services.call_came_to(reference=call.code, outcome="no_answer")
    # What comes late changes nothing.
    assert services.call_came_to(reference=call.code, outcome="answered", seconds=3)
    with pytest.raises(errors.NobodyAnswered):
        services.record(listed=taken, staff=agent, said=rated())
    services.record(listed=taken, staff=agent, said=Said(Outcome.NOT_REACHED))
    assert not Review.objects.exists()


def test_that_nobody_answered_a_rated_call_is_on_record(
    agent: Staff, chief: Staff, telephone: Telephone
) -> None:
    listed()
    services.record(listed=calling(agent), staff=agent, said=rated())
    call = Call.objects.get()
    assert not matters_call(reference=call.code, outcome="busy")
    assert services.call_came_to(reference=call.code, outcome="busy")
    assert list(queries.contradictions(chief)) == [call]
    assert Action.objects.filter(verb="contradicted", call=call).exists()
    assert Review.objects.count() == 1  # nothing is deleted


def test_what_is_on_record_is_not_recorded_again(agent: Staff, telephone: Telephone) -> None:
    listed()
    taken = calling(agent)
    services.record(listed=taken, staff=agent, said=rated(4))
    for said in (rated(4), rated(1, text="x"), Said(Outcome.REFUSED)):
        with pytest.raises(errors.NotYourCall):
            services.record(listed=taken, staff=agent, said=said)
    assert Review.objects.get().level == 4


def test_an_answer_that_was_lost_does_not_rate_twice(
    agent: Staff, telephone: Telephone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between the lane and the record: the agent sends the form again."""
    from huiyin.intake.channels.hotline.services import agents

    listed()
    taken = calling(agent)
    finish = agents._finish

    def dies(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(agents, "_finish", dies)
    with pytest.raises(ConnectionError):
        services.record(listed=taken, staff=agent, said=rated(4))
    monkeypatch.setattr(agents, "_finish", finish)
    services.record(listed=taken, staff=agent, said=rated(4))
    assert Review.objects.count() == 1
    taken.refresh_from_db()
    assert taken.state == "done"


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Said(Outcome.RATED), Invalid),
        (Said(Outcome.REFUSED, 5), Invalid),
        (Said(Outcome.NOT_REACHED, text="x"), Invalid),
        (Said(Outcome.TOLD, text="x"), Invalid),
        (Said(Outcome.RATED, 5, ("101",)), TagOfAnotherLevel),
    ],
)
def test_what_cannot_have_been_said_changes_nothing(
    agent: Staff, telephone: Telephone, said: Said, problem: type[Exception]
) -> None:
    listed()
    taken = calling(agent)
    from huiyin.reviews.queries import current_tags

    if said.tags:
        other = next(code for code, tag in current_tags().items() if tag.level == 1)
        said = Said(Outcome.RATED, 5, (other,))
    with pytest.raises(problem):
        services.record(listed=taken, staff=agent, said=said)
    assert not Review.objects.exists()
    assert Call.objects.get().outcome == ""


def test_who_is_not_reached_waits_and_who_refuses_is_left_alone(
    agent: Staff, telephone: Telephone
) -> None:
    first = listed()
    services.record(listed=calling(agent), staff=agent, said=Said(Outcome.NOT_REACHED))
    first.refresh_from_db()
    assert (first.state, first.tries) == ("waiting", 1)
    assert services.take_next(staff=agent) is None
    with clock.frozen(clock.now() + timedelta(hours=5)):
        services.record(listed=calling(agent), staff=agent, said=Said(Outcome.REFUSED))
    first.refresh_from_db()
    assert (first.state, first.outcome) == ("done", "refused")


def test_who_wants_to_be_called_later_is_called_then(agent: Staff, telephone: Telephone) -> None:
    listed()
    at = clock.now() + timedelta(days=2)
    services.record(listed=calling(agent), staff=agent, said=Said(Outcome.LATER, again_at=at))
    with clock.frozen(at - timedelta(minutes=1)):
        assert services.take_next(staff=agent) is None
    with clock.frozen(at + timedelta(minutes=1)):
        assert services.take_next(staff=agent) is not None


def test_who_opts_out_is_called_by_nobody_any_more(agent: Staff, telephone: Telephone) -> None:
    for event in (factories.event(), factories.event()):  # of the same number
        listed(event)
    services.record(listed=calling(agent), staff=agent, said=Said(Outcome.OPT_OUT))
    assert OptOut.objects.get().by == agent
    assert services.take_next(staff=agent) is None
    assert not ListedCall.objects.exclude(state="done").exists()


def test_who_opts_out_while_a_call_is_taken_is_not_rung(agent: Staff, telephone: Telephone) -> None:
    taken = listed()
    services.take_next(staff=agent)
    invitations.opt_out(bytes(taken.number_hash), OptOut.Via.PAGE)
    with pytest.raises(errors.WantsNoCalls):
        services.place(listed=taken, staff=agent)
    assert telephone.calls == []


def test_who_has_rated_is_not_rung(agent: Staff, telephone: Telephone) -> None:
    event = factories.event()
    taken = listed(event)
    services.take_next(staff=agent)
    factories.review(event)
    with pytest.raises(errors.RatedBefore):
        services.place(listed=taken, staff=agent)
    listed_too = factories.event()
    listed(listed_too)
    factories.review(listed_too)
    services.put_back(listed=taken, staff=agent)
    assert services.take_next(staff=agent) is None


def test_who_rates_while_the_agent_types_is_not_rated_twice(
    agent: Staff, telephone: Telephone
) -> None:
    event = factories.event()
    listed(event)
    taken = calling(agent)
    factories.review(event, level=2, text="太慢了。")
    with pytest.raises(errors.RatedBefore):
        services.record(listed=taken, staff=agent, said=rated(5))
    assert Review.objects.get().level == 2
    taken.refresh_from_db()
    assert taken.state == "done"


def test_one_call_is_one_agents(agent: Staff, hotline: Organisation, telephone: Telephone) -> None:
    other = factories.staff(Role.HANDLER, of=hotline)
    taken = listed()
    services.take_next(staff=agent)
    assert services.take_next(staff=other) is None
    for act in (services.place, services.put_back):
        with pytest.raises(errors.NotYourCall):
            act(listed=taken, staff=other)
    with pytest.raises(NotFound):
        queries.get_taken(other, taken.code)
    listed()
    second = services.take_next(staff=other)
    assert second is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        ListedCall.objects.filter(pk=second.pk).update(agent=agent)


def test_what_was_taken_and_forgotten_goes_back(agent: Staff, telephone: Telephone) -> None:
    taken = listed()
    services.take_next(staff=agent)
    with clock.frozen(clock.now() + timedelta(hours=3)):
        services.refresh()
    taken.refresh_from_db()
    assert (taken.state, taken.agent) == ("waiting", None)


def test_an_outsider_sees_no_call(agent: Staff, telephone: Telephone) -> None:
    event = factories.event()
    listed(event)
    elsewhere = factories.organisation(
        "丽水热线", at=factories.region("331100000000"), kind=Organisation.Kind.HOTLINE
    )
    for outsider in (
        factories.staff(Role.HANDLER, of=event.organisation),
        factories.staff(Role.HANDLER, of=elsewhere),
        factories.staff(Role.ARBITER, of=agent.organisation),
        factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE)),
    ):
        assert not queries.visible_to(outsider).exists()
        assert services.take_next(staff=outsider) is None
        with pytest.raises(Forbidden):
            services.export(staff=outsider, kind="csv")
        with pytest.raises(Forbidden):
            services.import_results(staff=outsider, content=b"call,outcome\n")


def test_an_agent_sees_enough_and_no_more(agent: Staff, telephone: Telephone) -> None:
    event = factories.event()
    seen = queries.seen(listed(event))
    assert seen.name == "张**"
    assert seen.organisation == str(event.organisation)
    for field in vars(seen).values():
        assert factories.MOBILE not in str(field)
        assert factories.IDENTITY not in str(field)


def test_the_reasons_of_a_bad_rating_by_key_go_to_its_unit(
    agent: Staff, telephone: Telephone
) -> None:
    loop = factories.bad_review()
    services.list_for_reasons(event=loop.event, matter=loop.matter)
    taken = calling(agent)
    assert queries.seen(taken).wants_reasons
    with pytest.raises(Invalid):
        services.record(listed=taken, staff=agent, said=rated(1))
    services.record(listed=taken, staff=agent, said=Said(Outcome.TOLD, text="窗口中午没有人。"))
    step = Step.objects.get(matter=loop.matter, event="citizen_writes")
    assert step.data == {"text": "窗口中午没有人。", "via": "hotline"}
    taken.refresh_from_db()
    assert taken.state == "done"


def test_whose_person_was_erased_is_not_rung(agent: Staff, telephone: Telephone) -> None:
    event = factories.event()
    taken = listed(event)
    case = event.case
    assert case is not None
    reviews.erase_person(case=case, reason="本人要求", by="x")
    taken.refresh_from_db()
    assert (bytes(taken.number_hash), taken.state) == (b"", "done")
    assert services.take_next(staff=agent) is None


def test_actions_and_what_was_heard_cannot_be_changed(agent: Staff, telephone: Telephone) -> None:
    listed()
    action = Action.objects.get()
    from django.db import DatabaseError

    for change in (lambda: action.delete(), lambda: Action.objects.update(detail="x")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# Lists for a call centre


def _exported(chief: Staff, kind: Any = "csv") -> list[dict[str, str]]:
    content, _count = services.export(staff=chief, kind=kind)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def _results(*rows: str) -> bytes:
    return "\n".join(["call,outcome,level,tags,text", *rows]).encode()


def test_a_list_names_nobody_and_is_left_to_the_centre(
    agent: Staff, chief: Staff, telephone: Telephone
) -> None:
    event = factories.event()
    case = event.case
    assert case is not None
    row = listed(event)
    content, count = services.export(staff=chief, kind="csv")
    assert count == 1
    text = content.decode("utf-8-sig")
    assert row.code in text
    for personal in (factories.NAME, factories.MOBILE, factories.IDENTITY, case.project_no):
        assert personal not in text
    assert case.item_name not in text
    assert services.take_next(staff=agent) is None
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert services.take_next(staff=agent) is not None
    xlsx, _count = services.export(staff=chief, kind="xlsx")
    assert xlsx.startswith(b"PK")


def test_results_count_of_calls_that_were_placed(chief: Staff, telephone: Telephone) -> None:
    first, second = listed(), listed()
    [one, other] = _exported(chief)
    assert {one["call"], other["call"]} == {first.code, second.code}
    placed = services.place_for_centre(code=first.code, line="057112345")
    file = _results(
        f"{first.code},rated,2,,窗口没有人",
        f"{second.code},rated,5,,",
        "NOSUCHCODE,rated,5,,",
        "",
    )
    verdicts = services.import_results(staff=chief, content=file)
    assert [one.state for one in verdicts] == ["taken", "refused", "refused"]
    assert verdicts[1].row == 3
    review = Review.objects.get()
    assert (review.level, review.text) == (2, "窗口没有人")
    assert ReviewOrigin.objects.get().reference == placed.code
    again = services.import_results(staff=chief, content=file)
    assert [one.state for one in again] == ["repeated", "refused", "refused"]
    other_words = services.import_results(staff=chief, content=_results(f"{first.code},rated,5,,"))
    assert [one.state for one in other_words] == ["refused"]
    assert Review.objects.get().level == 2


def test_a_list_that_was_not_given_out_places_no_call(telephone: Telephone) -> None:
    row = listed()
    with pytest.raises(errors.CallUnknown):
        services.place_for_centre(code=row.code, line="057112345")
    assert telephone.calls == []


@pytest.mark.parametrize(
    "row",
    ["{code},praised,5,,", "{code},rated,6,,", "{code},rated,,,", "{code},refused,5,,"],
)
def test_a_row_that_says_nonsense_is_refused(chief: Staff, telephone: Telephone, row: str) -> None:
    call = listed()
    _exported(chief)
    services.place_for_centre(code=call.code, line="057112345")
    [verdict] = services.import_results(staff=chief, content=_results(row.format(code=call.code)))
    assert verdict.state == "refused"
    assert verdict.refused
    assert not Review.objects.exists()


def test_results_are_read_from_xlsx_and_gb18030(chief: Staff, telephone: Telephone) -> None:
    first, second = listed(), listed()
    _exported(chief)
    for row in (first, second):
        services.place_for_centre(code=row.code, line="057112345")
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["call", "outcome", "level", "tags", "text"])
    sheet.append([first.code, "rated", 4, "", "很好"])
    written = io.BytesIO()
    book.save(written)
    [one] = services.import_results(staff=chief, content=written.getvalue())
    assert one.state == "taken"
    file = _results(f"{second.code},not_reached,,,").decode().encode("gb18030")
    [other] = services.import_results(staff=chief, content=file)
    assert other.state == "taken"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04garbage", b"a,b\n1,2", b"\xff\xfe\x00"])
def test_what_is_no_list_is_refused(chief: Staff, content: bytes) -> None:
    with pytest.raises(Invalid):
        services.import_results(staff=chief, content=content)

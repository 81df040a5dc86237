"""Words that administrators put in the place of ours, and what they may not hold."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from huiyin.directory.models import Role, Staff
from huiyin.kernel.problems import Invalid
from huiyin.matters.kinds import Contact
from huiyin.notices import services, wording, wordings
from huiyin.notices.models import Outbox, Template
from tests import factories

# Says nothing of the database, and takes long.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    wordings.forget()
    yield
    wordings.forget()


@pytest.fixture
def administrator() -> Staff:
    return factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))


@pytest.fixture
def browser(administrator: Staff) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(administrator)
    return client


def _word(by: Staff, text: str, **other: str) -> Template:
    said = {"event": "open", "audience": "", "form": "short", "language": "zh-hans", **other}
    made = services.word(**said, text=text, by=by)
    wordings.forget()  # on commit, outside of tests
    return made


def _notice(audience: str = "handler") -> Outbox:
    factories.loop()
    return Outbox.objects.get(event="open", audience=audience)


def test_the_newest_words_hold_and_none_bring_ours_back(administrator: Staff) -> None:
    notice = _notice()
    ours = wording.for_staff(notice)
    _word(administrator, "新差评 {code}，{due} 前回访。")
    assert (
        wording.for_staff(notice)
        == f"新差评 {notice.about.code}，{wording._due(notice.payload)} 前回访。"
    )
    with override("en"):
        assert "Please call the citizen back" in wording.for_staff(notice)
    _word(administrator, "请看 {code}。")
    assert wording.for_staff(notice) == f"请看 {notice.about.code}。"
    first = Template.objects.get(version=1)
    assert services.word_again(template=first, by=administrator).version == 3
    wordings.forget()
    assert wording.for_staff(notice).startswith("新差评")
    _word(administrator, "")
    assert wording.for_staff(notice) == ours
    assert Template.objects.count() == 4


def test_words_for_one_audience_come_before_those_for_all(administrator: Staff) -> None:
    handler = _notice()
    supervisor = Outbox.objects.get(event="open", audience="supervisor")
    _word(administrator, "全体：{code}")
    _word(administrator, "承办：{code}", audience="handler")
    assert wording.for_staff(handler).startswith("承办：")
    assert wording.for_staff(supervisor).startswith("全体：")


def test_citizens_are_told_in_words_of_their_own(administrator: Staff) -> None:
    notice = _notice()
    notice.event = "approve_reply"
    _word(administrator, "{unit}已答复：{url}", event="approve_reply", audience="citizen")
    _word(administrator, "员工：{code}", event="approve_reply")
    said = wording.for_citizen(notice, Contact("", status_url="http://testserver/r/1"))
    assert said == f"{notice.about.organisation}已答复：http://testserver/r/1"


@pytest.mark.parametrize(
    "text",
    [
        "{mobile}",
        "{code.pk}",
        "{code!r}",
        "{code:>10}",
        "{}",
        "{code",
        "}",
        "请拨打 13800001234",
        "请拨打 0571-8888 8888",
        "证件 330106199001011234",
        "写信到 li.si@example.gov.cn",
        "见 https://elsewhere.example/",
        "见 //elsewhere.example/x",
        "见 www.elsewhere.example",
        "两行\n不行",
    ],
)
def test_what_could_give_somebody_away_or_lead_astray_is_refused(
    administrator: Staff, text: str
) -> None:
    with pytest.raises(Invalid):
        _word(administrator, text)
    assert not Template.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["{code} {organisation} {event} {clock} {due} {role} {url}", "用 {{花括号}}", "12345 热线"],
)
def test_what_is_harmless_is_accepted(administrator: Staff, text: str) -> None:
    assert _word(administrator, text).version == 1


def test_a_link_to_ourselves_is_accepted(administrator: Staff) -> None:
    _word(administrator, "见 http://testserver/help", form="long")


@pytest.mark.parametrize(
    ("event", "audience", "form"),
    [("digest", "handler", "short"), ("open", "platform", "short"), ("open", "citizen", "title")],
)
def test_words_that_nobody_would_hear_are_refused(
    administrator: Staff, event: str, audience: str, form: str
) -> None:
    with pytest.raises(Invalid):
        _word(administrator, "x", event=event, audience=audience, form=form)


def test_versions_cannot_be_changed(administrator: Staff) -> None:
    made = _word(administrator, "{code}")
    with pytest.raises(DatabaseError), transaction.atomic():
        Template.objects.filter(pk=made.pk).update(text="other")


def test_words_are_looked_at_before_they_hold(browser: Client) -> None:
    typed = {"event": "open", "audience": "handler", "form": "short", "language": "zh-hans"}
    address = reverse("admin:notices_template_add")
    page = browser.post(address, {**typed, "text": "新差评 {code}"}).content.decode()
    assert "新差评 ABCDE12345" in page
    assert "Please call the citizen back" in page, "the other language beside it"
    assert not Template.objects.exists()
    again = browser.post(address, {**typed, "text": "新差评 {code}", "_edit": "1"})
    assert "新差评 {code}" in again.content.decode()
    assert not Template.objects.exists()
    done = browser.post(address, {**typed, "text": "新差评 {code}", "_confirm": "1"})
    assert done.status_code == 302
    assert Template.objects.get().text == "新差评 {code}"


def test_what_is_refused_says_why(browser: Client) -> None:
    typed = {"event": "open", "form": "short", "language": "en", "text": "Call 13800001234"}
    page = browser.post(reverse("admin:notices_template_add"), typed)
    assert "nothing personal" in page.content.decode()
    assert not Template.objects.exists()


def test_every_event_can_be_looked_at(browser: Client) -> None:
    for event, _label in Template._meta.get_field("event").choices:
        for audience, form in (("", "short"), ("", "title"), ("", "long"), ("citizen", "short")):
            if event == "digest" and audience:
                continue
            typed = {"event": event, "audience": audience, "form": form, "language": "en"}
            page = browser.post(reverse("admin:notices_template_add"), {**typed, "text": "{url}"})
            assert "Nothing has changed yet" in page.content.decode(), (event, audience, form)


def test_an_earlier_version_is_put_in_force_again_from_the_list(
    browser: Client, administrator: Staff
) -> None:
    first = _word(administrator, "一")
    _word(administrator, "二")
    browser.post(
        reverse("admin:notices_template_changelist"),
        {"action": "again", "_selected_action": [first.pk]},
    )
    assert Template.objects.order_by("-version").first().text == "一"  # type: ignore[union-attr]

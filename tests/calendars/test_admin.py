from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from django.test import Client

from huiyin.calendars import services
from huiyin.calendars.forms import NoticeForm, as_lines, days_in
from huiyin.calendars.models import CalendarYear
from huiyin.directory.models import Role
from huiyin.matters.models import Step
from huiyin.matters.table import ClockKind, Event
from tests import factories
from tests.calendars.test_notices import EXTENDED_2020, NOTICES
from tests.support.clock import FrozenClock

PAGES = "/admin/calendars/calendaryear/"


def typed(**changed: object) -> dict[str, object]:
    return {
        "year": 2031,
        "region": "",
        "source": "a notice",
        "published_on": "2030-11-02",
        "off": "2031-01-01\n2031-01-22 ~ 2031-01-24",
        "worked": "2031-01-18, 2031-01-19",
    } | changed


@pytest.fixture
def administrator() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))
    )
    return client


def seen(page: str) -> dict[str, str]:
    """The hidden fields of a page, as the browser sends them back."""
    found = re.findall(r'<input type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def publish(client: Client, given: dict[str, object], **more: str) -> str:
    """Look at the preview, then publish what it shows; the page that follows."""
    page = client.post(f"{PAGES}add/", given).content.decode()
    answer = client.post(f"{PAGES}add/", {**seen(page), "publish": "Publish", **more}, follow=True)
    return unescape(answer.content.decode())


def test_dates_and_spans_are_read_as_people_write_them() -> None:
    text = "2026-02-15 至 2026-02-17；2026-01-01、2026-05-01..2026-05-02"

    days = list(days_in(text))
    assert list(map(str, days)) == [
        "2026-02-15", "2026-02-16", "2026-02-17", "2026-01-01", "2026-05-01", "2026-05-02",
    ]  # fmt: skip
    assert as_lines(days) == "2026-01-01\n2026-02-15 ~ 2026-02-17\n2026-05-01 ~ 2026-05-02"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("off", "next Monday"),
        ("off", "2031-02-30"),
        ("off", "2031-03-05 ~ 2031-03-01"),
        ("off", "2030-11-30"),
        ("off", "2032-01-01"),
        ("off", "1000-01-01 ~ 9999-01-01"),
        ("off", ""),
        ("worked", "2031-01-01"),
        ("worked", "2029-12-31"),
        ("year", ""),
        ("year", "20260"),
        ("region", "45"),
        ("source", ""),
    ],
)
def test_a_notice_that_makes_no_sense_is_refused(field: str, value: str) -> None:
    form = NoticeForm(typed(**{field: value}))

    assert not form.is_valid()
    assert field in form.errors


@pytest.mark.django_db
def test_nothing_is_published_before_it_was_looked_at(administrator: Client) -> None:
    page = administrator.post(f"{PAGES}add/", typed()).content.decode()

    assert "Nothing is published yet." in page
    assert "2031-01-22" in page
    assert "No open deadline would move." in page
    assert not CalendarYear.objects.filter(year=2031).exists()


@pytest.mark.django_db
def test_a_notice_becomes_the_next_revision_and_old_ones_stay(administrator: Client) -> None:
    assert "Published: CN-2031.1." in publish(administrator, typed())
    row = CalendarYear.objects.get(year=2031)
    begun = administrator.get(f"{PAGES}add/?amends={row.pk}").content.decode()
    assert "2031-01-22 ~ 2031-01-24" in begun
    preview = administrator.post(f"{PAGES}add/", typed(off="2031-01-01")).content.decode()
    assert "Compared with CN-2031.1" in preview
    publish(administrator, typed(off="2031-01-01"))

    first, second = CalendarYear.objects.filter(year=2031).order_by("revision")
    assert (first.revision, second.revision) == (1, 2)
    assert first.table().off == {date(2031, 1, day) for day in (1, 22, 23, 24)}
    assert second.table().off == {date(2031, 1, 1)}
    assert second.table().is_working(date(2031, 1, 19))
    assert first.published_on == date(2030, 11, 2)
    for verb in ("change", "delete"):
        answer = administrator.post(f"{PAGES}{first.pk}/{verb}/", {"post": "yes"})
        assert answer.status_code == 403


@pytest.mark.django_db
def test_what_was_published_meanwhile_is_not_overwritten_unseen(administrator: Client) -> None:
    page = administrator.post(f"{PAGES}add/", typed()).content.decode()
    services.publish_year(year=2031, days={"2031-01-02": "off"}, source="another")
    answer = administrator.post(f"{PAGES}add/", {**seen(page), "publish": "Publish"})

    assert "Somebody published another version meanwhile." in answer.content.decode()
    assert CalendarYear.objects.filter(year=2031).count() == 1


@pytest.mark.django_db
def test_the_text_of_a_notice_becomes_days_to_be_checked(administrator: Client) -> None:
    text = NOTICES[2026].replace("2026", "2031").replace("（周四）", "").replace("（周六）", "")
    page = administrator.post(f"{PAGES}read/", {"text": text, "year": "", "region": ""})
    shown = unescape(page.content.decode())

    assert "Nothing is published yet" in shown
    assert "2031-02-15 ~ 2031-02-23" in shown
    assert "国务院办公厅关于2031年部分节假日安排的通知（国办发明电〔2025〕7号）" in shown
    # The weekdays that were left in are those of 2026.
    assert "The weekday is not that of the date" in shown
    assert not CalendarYear.objects.filter(year=2031).exists()


@pytest.mark.django_db
def test_an_amendment_begins_with_the_days_that_it_changes(administrator: Client) -> None:
    page = administrator.post(f"{PAGES}read/", {"text": EXTENDED_2020}).content.decode()

    assert "2020-01-24 ~ 2020-02-02" in page
    assert "2020-10-01 ~ 2020-10-08" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "required"),
        ("放假", "names no year"),
        ("2026年的通知：好好工作。", "No day off and no worked weekend"),
    ],
)
def test_a_text_without_days_is_refused(administrator: Client, text: str, reason: str) -> None:
    assert reason in administrator.post(f"{PAGES}read/", {"text": text}).content.decode()


@pytest.mark.django_db
def test_a_long_new_year_is_published_for_both_years(administrator: Client) -> None:
    publish(administrator, typed())
    page = publish(
        administrator, typed(year=2032, off="2031-12-31 ~ 2032-01-02", worked="2031-12-28")
    )

    assert "Published: CN-2031.2, CN-2032.1." in page
    amended = CalendarYear.objects.get(year=2031, revision=2).table()
    assert date(2031, 1, 22) in amended.off
    assert not amended.is_working(date(2031, 12, 31))


@pytest.mark.django_db
def test_publishing_moves_nothing_unless_it_is_asked_to(
    frozen_clock: FrozenClock, administrator: Client
) -> None:
    loop = factories.loop()
    days = CalendarYear.objects.get(year=2024).table()
    given = typed(
        year=2024, off=as_lines({*days.off, date(2024, 3, 5)}), worked=as_lines(days.worked)
    )
    preview = administrator.post(f"{PAGES}add/", given).content.decode()
    assert "2 open deadlines would move." in preview
    assert loop.matter.code in preview
    assert 'name="move"' in preview
    assert "checked" not in preview
    publish(administrator, given)

    assert not Step.objects.filter(event=Event.RECOMPUTE).exists()
    page = administrator.get(f"{PAGES}deadlines/").content.decode()
    assert "2 open deadlines would move." in page
    assert "a notice" in page


@pytest.mark.django_db
def test_deadlines_are_moved_with_the_publication_when_it_is_confirmed(
    frozen_clock: FrozenClock, administrator: Client
) -> None:
    loop = factories.loop()
    days = CalendarYear.objects.get(year=2024).table()
    given = typed(
        year=2024, off=as_lines({*days.off, date(2024, 3, 5)}), worked=as_lines(days.worked)
    )
    page = publish(administrator, given, move="on")

    assert "2 deadlines were moved." in page
    assert "No open deadline would move." in page
    assert loop.matter.clocks.get(kind=ClockKind.CALLBACK).last_day == date(2024, 3, 6)
    assert Step.objects.filter(event=Event.RECOMPUTE).first().data["reason"] == "a notice"


@pytest.mark.django_db
def test_deadlines_can_be_moved_later_with_a_reason(
    frozen_clock: FrozenClock, administrator: Client
) -> None:
    loop = factories.loop()
    services.publish_year(year=2024, days={"2024-03-05": "off"}, source="x", region="330000000000")

    assert "required" in administrator.post(f"{PAGES}deadlines/", {"reason": " "}).content.decode()
    assert not Step.objects.filter(event=Event.RECOMPUTE).exists()
    administrator.post(f"{PAGES}deadlines/", {"reason": "三月五日放假"})
    assert loop.matter.clocks.get(kind=ClockKind.CALLBACK).last_day == date(2024, 3, 6)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["add/", "read/", "deadlines/"])
@pytest.mark.parametrize("role", [Role.HANDLER, Role.SUPERVISOR, Role.ARBITER, Role.AUDITOR])
def test_only_administrators_get_there(address: str, role: Role) -> None:
    client = Client()
    client.force_login(factories.staff(role))

    for answer in (client.get(PAGES + address), client.post(PAGES + address, typed())):
        assert answer.status_code in {302, 403}
    assert not CalendarYear.objects.filter(year=2031).exists()


@pytest.mark.django_db
def test_the_list_and_a_year_lead_to_what_can_be_done(administrator: Client) -> None:
    row = CalendarYear.objects.get(year=2026)
    listed = administrator.get(PAGES).content.decode()
    shown = administrator.get(f"{PAGES}{row.pk}/change/").content.decode()

    assert f"{PAGES}read/" in listed
    assert f"{PAGES}deadlines/" in listed
    assert f"?amends={row.pk}" in shown
    assert "2026-02-15 ~ 2026-02-23" in shown
    assert administrator.get(f"{PAGES}add/?amends=nonsense").status_code == 200


@pytest.mark.django_db
def test_no_page_needs_inline_script_or_style(administrator: Client) -> None:
    row = CalendarYear.objects.get(year=2026)
    for page in (
        administrator.get(f"{PAGES}add/"),
        administrator.get(f"{PAGES}read/"),
        administrator.get(f"{PAGES}deadlines/"),
        administrator.get(f"{PAGES}{row.pk}/change/"),
        administrator.post(f"{PAGES}add/", typed()),
    ):
        assert page.status_code == 200
        assert not re.search(r"\sstyle=|<style|onclick=|<script>", page.content.decode())

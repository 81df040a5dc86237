"""Scanning a sheet and rating: nothing is stored before the review, and each thing that may be
wrong has its answer."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from huiyin.directory.models import Role
from huiyin.intake.channels.qr import lifting, sheets
from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.reviews import services, tokens
from huiyin.reviews.models import Place, PlaceReport, Review, ReviewOrigin, ServiceEvent
from tests import factories

pytestmark = pytest.mark.django_db
DIGITS = factories.MOBILE[-4:]


@pytest.fixture(autouse=True)
def _fresh_throttles(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, burst in (("_of_visit", 5), ("_of_place", 60), ("_of_number", 10)):
        monkeypatch.setattr(lifting, name, lifting.Throttle(burst=burst, per_minute=1))


@pytest.fixture
def place() -> Place:
    factories.reference_data()
    unit = factories.organisation("人社局")
    counter = factories.counter(number="A01")
    return factories.place(unit, counter=counter, item=factories.item(unit))


@pytest.fixture
def phone() -> Client:
    return Client(headers={"accept-language": "en"})


def scan(phone: Client, place: Place) -> str:
    """The address of the form that the sheet of ``place`` leads to."""
    answer = phone.get(sheets.path_of(place))
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Cache-Control"].startswith("max-age=0")
    return answer["Location"]


def send(phone: Client, form: str, **said: Any) -> Any:
    key = re.search(r'name="key" value="([^"]+)"', phone.get(form).content.decode())
    assert key
    return phone.post(form, {"key": key[1], "level": "5", **said})


def test_opening_a_sheet_stores_nothing_and_shows_where_one_is(phone: Client, place: Place) -> None:
    form = scan(phone, place)
    page = phone.get(form).content.decode()
    for shown in ("测试大厅", "A01", "社会保障卡申领", "人社局", "I am not here"):
        assert shown in page
    assert ServiceEvent.objects.count() == 0


def test_a_review_is_given_and_leads_to_its_receipt(phone: Client, place: Place) -> None:
    form = scan(phone, place)
    answer = send(phone, form, level="4")
    assert re.fullmatch(r"/s/[0-9A-Z]{16}", answer["Location"])
    review = Review.objects.select_related("event").get()
    assert (review.channel, review.trust, review.level) == ("qr", "on_site", 4)
    assert review.event.place == place
    assert not ReviewOrigin.objects.exists()
    assert "Your review has been recorded" in phone.get(answer["Location"]).content.decode()
    page = phone.get(answer["Location"]).content.decode()
    assert "社会保障卡申领" in page


def test_a_form_sent_twice_is_one_review_and_one_receipt(phone: Client, place: Place) -> None:
    form = scan(phone, place)
    said = {"key": "k", "level": "5"}
    first, second = phone.post(form, said), phone.post(form, said)
    assert first["Location"] == second["Location"]
    assert Review.objects.count() == 1


def test_the_same_browser_is_told_that_it_has_just_rated(phone: Client, place: Place) -> None:
    other_form = scan(phone, place)
    answer = send(phone, scan(phone, place))
    code = answer["Location"].removeprefix("/s/")
    for told in (phone.get(sheets.path_of(place)), phone.get(other_form)):
        assert told.status_code == 200
        assert "You have just rated here" in told.content.decode()
        # Whoever borrows the phone next learns nothing.
        assert code not in told.content.decode()
    assert phone.post(other_form, {"key": "x", "level": "1", "text": "差"}).status_code == 409
    assert Review.objects.count() == 1
    assert code not in phone.cookies["huiyin_on_site"].value
    # Another place, another phone, or later: all is as ever.
    scan(phone, factories.place())
    scan(Client(), place)
    with clock.frozen(clock.now() + timedelta(seconds=601)):
        scan(phone, place)


def test_a_made_up_cookie_is_none(phone: Client, place: Place) -> None:
    for value in ("x", "{}", "a:b:c"):
        phone.cookies["huiyin_on_site"] = value
        scan(phone, place)


def test_what_fills_the_hidden_field_is_asked_to_send_again(phone: Client, place: Place) -> None:
    form = scan(phone, place)
    answer = send(phone, form, website="https://spam.example")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Please send it once more" in page
    assert "spam.example" not in page
    assert Review.objects.count() == 0
    assert send(phone, form).status_code == 302


def test_old_and_withdrawn_sheets_say_so(phone: Client, place: Place) -> None:
    first = sheets.path_of(place)
    place = services.rotate_place(place, grace=timedelta(days=1))
    assert phone.get(first).status_code == 302
    with clock.frozen(clock.now() + timedelta(days=2)):
        old = phone.get(first)
        assert old.status_code == 410
        assert "This sheet is out of date, please use the new one" in old.content.decode()
    form = scan(phone, place)
    services.revoke_place(place)
    assert phone.get(sheets.path_of(place)).status_code == 410
    closed = phone.get(form)
    assert closed.status_code == 410
    assert "has ended" in closed.content.decode()
    assert phone.post(form, {"key": "k", "level": "5"}).status_code == 410
    assert phone.get("/q/nonsense").status_code == 404
    assert Review.objects.count() == 0


# The case number


def lifted(phone: Client, place: Place, number: str, digits: str, **said: Any) -> Any:
    return send(phone, scan(phone, place), case_number=number, case_digits=digits, **said)


def test_the_case_number_lifts_the_review_to_verified(phone: Client, place: Place) -> None:
    event = factories.event(place.organisation)
    answer = lifted(phone, place, event.case.project_no, DIGITS, level="2", text="慢")
    assert answer.status_code == 302, answer.content.decode()
    review = Review.objects.get()
    assert (review.event_id, review.trust, review.channel) == (event.pk, "verified", "qr")
    assert ReviewOrigin.objects.get().reference == place.code
    assert ServiceEvent.objects.filter(case=None).count() == 0
    assert Matter.objects.count() == 1


def test_of_several_services_the_latest_that_nobody_rated(phone: Client, place: Place) -> None:
    row = factories.event_row(place.organisation)
    early, late = (
        factories.event(place.organisation, projectNo=row["projectNo"], serviceNumber=number)
        for number in ("1", "2")
    )
    ServiceEvent.objects.filter(pk=late.pk).update(occurred_at=clock.now())
    factories.review(late)
    assert lifted(phone, place, row["projectNo"], DIGITS).status_code == 302
    assert Review.objects.filter(event=early).exists()


def test_a_hall_counter_serves_the_other_bodies_of_its_region(phone: Client, place: Place) -> None:
    event = factories.event(factories.organisation("公安局"))
    assert lifted(phone, place, event.case.project_no, DIGITS).status_code == 302
    abroad = factories.event(factories.organisation(at=factories.region("331100000000")))
    other = Client(headers={"accept-language": "en"})
    assert lifted(other, place, abroad.case.project_no, DIGITS).status_code == 422


def test_whatever_is_wrong_with_the_case_is_answered_alike(phone: Client, place: Place) -> None:
    """Nobody learns whether a case exists, nor whether it was rated."""
    event, rated = factories.event(place.organisation), factories.event(place.organisation)
    factories.review(rated)
    form = scan(phone, place)
    pages = set()
    for number, digits in (
        ("NOSUCHCASE", DIGITS),
        (event.case.project_no, "0000"),
        (event.case.project_no, ""),
        (rated.case.project_no, DIGITS),
    ):
        key = {"key": "k", "level": "5"}
        answer = phone.post(form, {**key, "case_number": number, "case_digits": digits})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "No service that can be rated fits" in page
        page = re.sub(r'name="case_\w+"[^>]*value="[^"]*"', "", page)
        pages.add(re.sub(r'(csrfmiddlewaretoken" value=|"X-CSRFToken": )"[^"]+"', "", page))
    assert len(pages) == 1
    assert Review.objects.count() == 1
    # Without it the review counts all the same.
    assert send(phone, form).status_code == 302
    assert Review.objects.get(trust="on_site").event.place == place


def test_the_same_form_with_a_case_number_sent_twice_is_one_review(
    phone: Client, place: Place
) -> None:
    event = factories.event(place.organisation)
    said = {"key": "k", "level": "5", "case_number": event.case.project_no, "case_digits": DIGITS}
    form = scan(phone, place)
    first, second = phone.post(form, said), phone.post(form, said)
    assert first["Location"] == second["Location"]
    assert Review.objects.count() == 1


def test_guessing_is_slowed_down_and_harms_nobody_else(phone: Client, place: Place) -> None:
    event = factories.event(place.organisation)
    form = scan(phone, place)
    said = {"key": "k", "level": "5", "case_number": event.case.project_no}
    for number in range(5):
        assert "fits" in phone.post(form, {**said, "case_digits": f"{number:04}"}).content.decode()
    # Now even the right digits are not looked at.
    answer = phone.post(form, {**said, "case_digits": DIGITS})
    assert answer.status_code == 422
    assert "Too many attempts" in answer.content.decode()
    assert Review.objects.count() == 0
    # The number itself is watched as well, whoever tries it from wherever.
    for number in range(5):
        other = Client(headers={"accept-language": "en"})
        lifted(other, factories.place(place.organisation), event.case.project_no, f"{number:04}")
    answer = lifted(Client(headers={"accept-language": "en"}), place, event.case.project_no, DIGITS)
    assert "Too many attempts" in answer.content.decode()
    # Others at the same place notice nothing.
    another = factories.event(place.organisation)
    assert lifted(Client(), place, another.case.project_no, DIGITS).status_code == 302


def test_the_digits_need_not_be_asked_for(phone: Client, place: Place, settings: Any) -> None:
    settings.HUIYIN_QR_CASE_DIGITS = 0
    event = factories.event(place.organisation)
    assert "case_digits" not in phone.get(scan(phone, place)).content.decode()
    assert lifted(phone, place, event.case.project_no, "").status_code == 302
    assert Review.objects.get().event_id == event.pk


def test_a_wrong_number_to_call_is_said_where_it_stands(phone: Client, place: Place) -> None:
    answer = send(phone, scan(phone, place), mobile="12")
    assert answer.status_code == 422
    assert 'href="#mobile"' in answer.content.decode()


# I am not here


def test_who_is_elsewhere_reports_it_and_is_led_to_the_right_counter(
    phone: Client, place: Place
) -> None:
    next_door = factories.counter(place.counter.organisation, "A02")
    right = factories.place(place.organisation, counter=next_door, label="A02")
    gone = factories.place(place.organisation, counter=place.counter, label="gone")
    services.revoke_place(gone)
    factories.place(label="B7 elsewhere")
    form = scan(phone, place)
    page = phone.get(f"{form}/not-here").content.decode()
    assert "A02" in page
    assert "gone" not in page
    assert "B7 elsewhere" not in page
    answer = phone.post(f"{form}/not-here", {"place": right.code})
    report = PlaceReport.objects.get()
    assert (report.place, report.where, report.settled_at) == (place, "A02", None)
    led = answer["Location"]
    assert led.endswith("?from=list")
    token = led.removeprefix("/r/").removesuffix("?from=list")
    assert tokens.read(token).place_id == right.pk
    assert 'name="from" value="list"' in phone.get(led).content.decode()
    assert phone.post(led, {"key": "k", "level": "5", "from": "list"}).status_code == 302
    assert ReviewOrigin.objects.get().sub_channel == "chosen_from_list"


def test_who_is_in_another_hall_says_where(phone: Client, place: Place) -> None:
    form = scan(phone, place)
    page = phone.post(f"{form}/not-here", {"where": "余杭大厅 B3"}).content.decode()
    assert "Thank you, it is noted" in page
    assert PlaceReport.objects.get().where == "余杭大厅 B3"
    phone.post(f"{form}/not-here", {"place": "NOSUCH", "where": "a\x00b"})
    assert PlaceReport.objects.latest("at").where == ""


def test_reports_of_one_place_do_not_pile_up(phone: Client, place: Place) -> None:
    form = scan(phone, place)
    for _ in range(30):
        assert phone.post(f"{form}/not-here", {}).status_code == 200
    assert 1 <= PlaceReport.objects.count() <= 20
    by = factories.staff(Role.SUPERVISOR, of=place.organisation)
    kept = PlaceReport.objects.count()
    assert services.settle_reports(place, by=by) == kept
    assert services.settle_reports(place, by=by) == 0


def test_only_a_sheet_can_hang_wrong(phone: Client) -> None:
    kiosk = factories.visit(factories.place(kind="kiosk"))
    assert "I am not here" not in phone.get(f"/r/{kiosk}").content.decode()
    for token in (kiosk, factories.token(), "nonsense"):
        assert phone.get(f"/r/{token}/not-here").status_code == 403

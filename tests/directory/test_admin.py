import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from huiyin.directory import codes, services
from huiyin.directory.models import Counter, Duty, Organisation, Region, Role, ServiceItem, Staff

pytestmark = pytest.mark.django_db

XLSX, CSV = "0", "1"


@pytest.fixture
def admin(demo: list[services.Account]) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Staff.objects.get(username="administrator"))
    return client


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def upload(admin: Client, model: str, content: bytes, form: str = XLSX) -> HttpResponse:
    file = SimpleUploadedFile("table.xlsx" if form == XLSX else "table.csv", content)
    return admin.post(
        reverse(f"admin:directory_{model}_import"),
        {"import_file": file, "format": form, "resource": "0"},
    )


def confirm(admin: Client, model: str, preview: HttpResponse) -> HttpResponse:
    return admin.post(
        reverse(f"admin:directory_{model}_process_import"),
        preview.context["confirm_form"].initial,
        follow=True,
    )


def exported(admin: Client, model: str, form: str) -> bytes:
    return admin.post(
        reverse(f"admin:directory_{model}_export"), {"format": form, "resource": "0"}
    ).content


HEADER = ["uscc", "name", "kind", "region", "parent"]


def usccs(count: int) -> list[str]:
    bodies = [f"11330106XXXX9{n:03}0" for n in range(count)]
    return [body + codes.uscc_check_character(body) for body in bodies]


def test_a_good_file_is_previewed_and_written_only_when_confirmed(admin: Client) -> None:
    one, two = usccs(2)
    before = Organisation.objects.count()
    preview = upload(
        admin,
        "organisation",
        workbook(
            HEADER,
            [one, "西湖区司法局", "department", 330106000000, ""],
            [two, "北山司法所", "department", "330106002000", one],
        ),
    )

    assert Organisation.objects.count() == before
    assert "New: 2. Changed: 0." in preview.content.decode()

    done = confirm(admin, "organisation", preview)
    assert "2 new" in done.content.decode()
    child = Organisation.objects.get(uscc=two)
    assert child.parent is not None
    assert child.parent.uscc == one
    assert child.path == f"{child.parent.path}{child.id.hex}/"
    assert LogEntry.objects.filter(object_id=str(child.pk)).exists()


def test_a_file_with_faults_tells_every_row_and_changes_nothing(admin: Client) -> None:
    good, other = usccs(2)
    market = Organisation.objects.get(name="西湖区市场监督管理局")
    preview = upload(
        admin,
        "organisation",
        workbook(
            HEADER,
            [good, "Good", "department", "330106000000", ""],
            [other[:17] + ("0" if other[17] != "0" else "1"), "Typo", "hall", "330106000000", ""],
            [other, "Nowhere", "department", "339999000000", ""],
            [market.uscc, "Renamed", "department", "330106000000", "XXXX"],
            ["", "", "", "", ""],
            [other, "", "guild", "", ""],
        ),
    )
    text = preview.content.decode()

    assert "confirm_form" not in preview.context
    kinds = [row.import_type for row in preview.context["result"].rows]
    assert kinds[:4] == ["new", "invalid", "invalid", "invalid"]
    assert kinds[5] == "invalid"
    assert "whose last one checks" in text
    assert "There is no region “339999000000”." in text
    assert "There is no organisation “XXXX”." in text
    assert re.search(r"<code>kind</code>.*guild", text)
    assert "Nothing will be imported until every row is right." in text
    market.refresh_from_db()
    assert market.name == "西湖区市场监督管理局"
    assert not Organisation.objects.filter(uscc__in=[good, other]).exists()


def test_importing_a_ring_is_refused(admin: Client) -> None:
    government = Organisation.objects.get(name="杭州市人民政府")
    office = Organisation.objects.get(name="西湖区市场监督管理局")
    preview = upload(
        admin, "organisation", workbook(["uscc", "parent"], [government.uscc, office.uscc])
    )

    assert "An organisation cannot report to itself." in preview.content.decode()


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"this is no workbook", XLSX),
        (b"", XLSX),
        (b"PK\x03\x04" + b"\0" * 200, XLSX),
        (b'uscc,name\n"open', CSV),
        (b"uscc,name\na,b,c,d\n", CSV),
        (b"\x80\x81\xff\xff", CSV),
        (b"", CSV),
        (b"uscc,name\n", CSV),
    ],
)
def test_a_file_that_is_not_what_it_says_gets_a_plain_answer(
    admin: Client, content: bytes, form: str
) -> None:
    before = Organisation.objects.count()
    answer = upload(admin, "organisation", content, form)

    assert answer.status_code == 200
    assert answer.context["form"].errors["import_file"]
    assert "Traceback" not in answer.content.decode()
    assert Organisation.objects.count() == before


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (["uscc", "nmae"], "Column “nmae” is not known."),
        (["name"], "Column “uscc” is missing."),
        (["uscc", "name", "name"], "Column “name” is there twice."),
        (["id", "uscc"], "Column “id” is not known."),
    ],
)
def test_columns_that_do_not_fit_are_named(
    admin: Client, header: list[object], complaint: str
) -> None:
    answer = upload(admin, "organisation", workbook(header, ["x"] * len(header)))

    assert complaint in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
    assert "confirm_form" not in answer.context


def test_control_characters_are_refused_with_their_column(admin: Client) -> None:
    [code] = usccs(1)
    row = f"{code},a\x00b,department,330106000000,\n"
    answer = upload(admin, "organisation", (",".join(HEADER) + "\n" + row).encode(), CSV)

    assert re.search(r"<code>name</code> There is a control", answer.content.decode())


def test_a_spreadsheet_saved_as_gb18030_is_read(admin: Client) -> None:
    [code] = usccs(1)
    row = f"{code},西湖区司法局,department,330106000000,\n"
    preview = upload(admin, "organisation", (",".join(HEADER) + "\n" + row).encode("gb18030"), CSV)
    confirm(admin, "organisation", preview)

    assert Organisation.objects.get(uscc=code).name == "西湖区司法局"


@pytest.mark.parametrize("form", [XLSX, CSV])
@pytest.mark.parametrize(
    "model", ["region", "organisation", "counter", "serviceitem", "staff", "duty"]
)
def test_what_was_exported_comes_back_unchanged(admin: Client, model: str, form: str) -> None:
    Organisation.objects.filter(kind="hall").update(name='=HYPERLINK("http://x","y")')
    preview = upload(admin, model, exported(admin, model, form), form)
    totals = preview.context["result"].totals

    assert totals["skip"] > 0
    assert sum(totals.values()) == totals["skip"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_exported_cell_runs_as_a_formula(admin: Client, name: str) -> None:
    Counter.objects.update(name=name)
    book = openpyxl.load_workbook(io.BytesIO(exported(admin, "counter", XLSX)))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]

    assert all(cell.data_type != "f" for cell in cells)
    assert f"'{name}" in {cell.value for cell in cells}
    assert f",'{name}" in exported(admin, "counter", CSV).decode("utf-8-sig")


def test_a_confirmed_file_that_no_longer_fits_changes_nothing(admin: Client) -> None:
    hall = Organisation.objects.get(name="龙泉市政务服务中心")
    preview = upload(
        admin,
        "counter",
        workbook(["organisation", "number"], [hall.uscc, "98"], [hall.uscc, "99"]),
    )
    Counter.objects.filter(organisation=hall).delete()
    Organisation.objects.filter(pk=hall.pk).delete()
    answer = confirm(admin, "counter", preview)

    assert "Nothing was imported" in answer.content.decode()
    assert not Counter.objects.filter(number__in=["98", "99"]).exists()


def test_confirming_twice_asks_for_the_file_again(admin: Client) -> None:
    hall = Organisation.objects.get(name="龙泉市政务服务中心")
    preview = upload(admin, "counter", workbook(["organisation", "number"], [hall.uscc, "99"]))
    confirm(admin, "counter", preview)
    answer = confirm(admin, "counter", preview)

    assert "The uploaded file is gone." in answer.content.decode()
    assert Counter.objects.filter(number="99").count() == 1


def test_items_and_counters_are_keyed_within_their_organisation(admin: Client) -> None:
    unit = Organisation.objects.get(name="西湖区市场监督管理局")
    item = ServiceItem.objects.filter(organisation=unit).first()
    assert item is not None
    preview = upload(
        admin,
        "serviceitem",
        workbook(
            ["organisation", "code", "name"],
            [unit.uscc, item.code, "A better name"],
            [unit.uscc, item.code[:-1] + "9", "Another"],
            ["nobody", item.code, "x"],
            [unit.uscc, "short", "x"],
        ),
    )

    kinds = [row.import_type for row in preview.context["result"].rows]
    assert kinds == ["update", "new", "invalid", "invalid"]
    assert "<del>" in str(preview.context["result"].rows[0].diff)


def test_names_in_a_preview_are_shown_as_text(admin: Client) -> None:
    unit = Organisation.objects.get(name="西湖区市场监督管理局")
    preview = upload(
        admin,
        "organisation",
        workbook(["uscc", "name"], [unit.uscc, "<script>alert(1)</script>"]),
    )

    assert "&lt;script&gt;alert(1)" in preview.content.decode()
    assert "<script>alert(1)" not in preview.content.decode()


def test_imported_staff_cannot_sign_in_until_a_password_is_set(admin: Client) -> None:
    unit = Organisation.objects.get(name="西湖区市场监督管理局")
    header = ["username", "display_name", "organisation"]
    confirm(admin, "staff", upload(admin, "staff", workbook(header, ["new", "新人", unit.uscc])))
    staff = Staff.objects.get(username="new")
    assert not staff.has_usable_password()

    address = reverse("admin:auth_user_password_change", args=[staff.pk])
    weak = {"password1": "1234567890", "password2": "1234567890", "usable_password": "true"}
    assert admin.post(address, weak).status_code == 200
    strong = weak | {"password1": "celadon-kiln-63", "password2": "celadon-kiln-63"}
    assert admin.post(address, strong).status_code == 302
    staff.refresh_from_db()
    assert staff.check_password("celadon-kiln-63")


def test_duties_are_imported_by_codes(admin: Client) -> None:
    preview = upload(
        admin,
        "duty",
        workbook(
            ["staff", "role", "organisation", "region", "starts_on", "ends_on"],
            ["auditor", "auditor", "", "330100000000", "2026-01-01", "2026-12-31"],
            ["ghost", "auditor", "", "330100000000", "2026-01-01", ""],
            ["auditor", "auditor", "", "", "2026-01-01", ""],
            ["auditor", "auditor", "", "330200000000", "2026-01-01", "2025-01-01"],
            ["auditor", "emperor", "", "330200000000", "soon", ""],
        ),
    )

    kinds = [row.import_type for row in preview.context["result"].rows]
    assert kinds == ["new", "invalid", "invalid", "invalid", "invalid"]
    assert "Give either an organisation or a region." in preview.content.decode()


def test_somebody_is_added_with_a_password_and_duties_on_one_page(admin: Client) -> None:
    unit = Organisation.objects.get(name="西湖区市场监督管理局")
    answer = admin.post(
        reverse("admin:directory_staff_add"),
        {
            "username": "new",
            "display_name": "新人",
            "organisation": unit.pk,
            "usable_password": "true",
            "password1": "celadon-kiln-63",
            "password2": "celadon-kiln-63",
            "duties-TOTAL_FORMS": 1,
            "duties-INITIAL_FORMS": 0,
            "duties-0-role": "handler",
            "duties-0-organisation": unit.pk,
            "duties-0-starts_on": "2026-01-01",
        },
    )

    assert answer.status_code == 302
    added = Staff.objects.get(username="new")
    assert added.check_password("celadon-kiln-63")
    assert added.holds(Role.HANDLER)


def test_referenced_rows_cannot_be_deleted_and_the_page_says_why(admin: Client) -> None:
    region = Region.objects.get(code="330106000000")
    answer = admin.post(reverse("admin:directory_region_delete", args=[region.pk]), {"post": "yes"})

    assert answer.status_code == 200
    assert "protected" in answer.content.decode()
    assert Region.objects.filter(pk=region.pk).exists()


def test_accounts_are_never_deleted(admin: Client) -> None:
    staff = Staff.objects.get(username="auditor")
    address = reverse("admin:directory_staff_delete", args=[staff.pk])

    assert admin.post(address, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("username", ["xihu-supervisor", "arbiter", "auditor", None])
def test_nobody_else_opens_the_administration(
    demo: object, client: Client, username: str | None
) -> None:
    if username:
        client.force_login(Staff.objects.get(username=username))
    for name in ("index", "directory_staff_changelist", "directory_staff_import"):
        assert client.get(reverse(f"admin:{name}")).status_code == 302


@pytest.mark.parametrize(
    "model", ["region", "organisation", "counter", "serviceitem", "staff", "duty"]
)
def test_every_list_opens_and_does_not_ask_a_query_a_row(
    admin: Client, model: str, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for page in ("changelist", "add", "import", "export"):
        assert admin.get(reverse(f"admin:directory_{model}_{page}")).status_code == 200
    with django_assert_max_num_queries(12):
        admin.get(reverse(f"admin:directory_{model}_changelist"))


def test_a_duty_ended_yesterday_closes_the_administration(admin: Client) -> None:
    Duty.objects.filter(role=Role.ADMINISTRATOR).update(
        starts_on="2020-01-01", ends_on="2020-12-31"
    )

    assert admin.get(reverse("admin:index")).status_code == 302

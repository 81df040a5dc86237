import pytest
from django.core.management import CommandError, call_command

from huiyin.directory.models import Organisation, Role, Staff
from tests import factories

pytestmark = pytest.mark.django_db

PASSWORD = "a kiln of celadon 7"


def _add(**options: str) -> None:
    factories.reference_data()
    given = {"username": "first", "name": "范思齐", "organisation_uscc": factories.uscc()}
    call_command("add_administrator", **(given | {"organisation_name": "数据局"} | options))


def test_the_first_administrator_can_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_ADMIN_PASSWORD", PASSWORD)
    _add()
    first = Staff.objects.get(username="first")
    assert first.check_password(PASSWORD)
    assert first.holds(Role.ADMINISTRATOR)
    assert first.is_staff
    assert first.organisation.name == "数据局"


@pytest.mark.parametrize(
    ("options", "password"),
    [
        ({}, "short"),
        ({}, "password123"),
        ({"organisation_uscc": "11330106XXX000010A"}, PASSWORD),
        ({"organisation_name": ""}, PASSWORD),
        ({"username": ""}, PASSWORD),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str], password: str
) -> None:
    monkeypatch.setenv("HUIYIN_ADMIN_PASSWORD", password)
    with pytest.raises(CommandError):
        _add(**options)
    assert not Staff.objects.exists()
    assert not Organisation.objects.exists()


def test_two_passwords_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([PASSWORD, PASSWORD + "!"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    with pytest.raises(CommandError, match="differ"):
        _add()
